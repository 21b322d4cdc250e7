"""Answers to rows that left the catalog: out of `predictions`, for a time into `history`."""

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from entity_extract.catalog.row_names import CATALOG_KEY
from entity_extract.config import CatalogConfig
from entity_extract.lake.withdrawn import check_rows_left
from entity_extract.local.arrow_types import arrow_type
from entity_extract.local.earlier import drop_earlier
from entity_extract.local.held import KEYS
from entity_extract.local.lake import LocalLake
from entity_extract.local.table import WAVE, keys_of, with_column
from entity_extract.runs.progress import Progress, StageOf
from entity_extract.schema import HISTORY

_MARK = "withdrawn_at"


def withdraw(lake: LocalLake, catalog: pa.Table, config: CatalogConfig, stage: StageOf) -> None:
    """Takes answers out of `predictions` whose rows have left: with catalog.complete all that the
    catalog lacks; else, with catalog.key, those of the keys that it names.

    Each catalog row has its answer. Raises UserError where a whole catalog has no row.
    """
    gone = _gone(lake, catalog, config)
    if gone is None or not gone.num_rows:
        return
    unmarked = gone.filter(pc.field(_MARK).is_null())  # others: by a run that was cut off
    progress = stage("withdraw")
    progress.begin(unmarked.num_rows)
    if progress.total:
        _mark(lake, unmarked.drop_columns([WAVE, "open"]), progress)
    drop_earlier(lake, keys_of(gone, KEYS), progress.run_id)
    lake.predictions.drop(pc.field(_MARK).is_valid(), f"{progress.run_id}-withdrawn")
    expire(lake, f"{progress.run_id}-expire")
    lake[HISTORY].ensure()


def _mark(lake: LocalLake, answers: pa.Table, progress: Progress) -> None:
    """Publishes them in `history`, then where they are, as ones that leave. In this order: cut off
    in between, the next run does it again, and `history` has them once."""
    kind = arrow_type("timestamp")
    place = answers.column_names.index(_MARK)
    now = pa.repeat(pa.scalar(datetime.now(UTC), kind), answers.num_rows)
    answers = answers.set_column(place, pa.field(_MARK, kind), now)
    with progress.wave(progress.total) as publish:
        if lake.config.history_days:
            kept = with_column(answers, "open", False, pa.bool_())
            lake[HISTORY].publish(kept, progress.next_wave, replace=True)
        leaving = with_column(answers, "open", True, pa.bool_())  # no answer that stands
        publish(lake.predictions.publish(leaving, progress.next_wave, replace=True))


def _gone(lake: LocalLake, catalog: pa.Table, config: CatalogConfig) -> pa.Table | None:
    """Rows of `predictions`; None where none can be among them."""
    if not config.complete and not config.key:
        return None
    held, here = lake.predictions.read(), set(keys_of(catalog, KEYS))
    absent = held.filter(pa.array([key not in here for key in keys_of(held, KEYS)], pa.bool_()))
    if not config.complete:
        named = pc.drop_null(pc.unique(catalog[CATALOG_KEY]))
        return absent.filter(pc.is_in(absent[CATALOG_KEY], named))
    rows, answers = catalog.num_rows, held.num_rows
    check_rows_left(rows, answers)
    return absent if answers > rows else None


def expire(lake: LocalLake, wave: str) -> int:
    """Removes what left the catalog longer ago than lake.history_days; returns how many rows.

    `wave` names what is written anew. Within LocalLake.writing().
    """
    before = datetime.now(UTC) - timedelta(days=lake.config.history_days)
    return lake[HISTORY].drop(pc.field(_MARK) < pa.scalar(before, arrow_type("timestamp")), wave)
