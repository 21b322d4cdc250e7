"""Answers of earlier models, kept beside the latest one's, as spark/earlier.py keeps them."""

from collections.abc import Collection
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.compute as pc

from entity_extract.catalog.row_names import ROW_COPY, ROW_KEY
from entity_extract.local.arrow_types import arrow_type
from entity_extract.local.decided import is_one_of
from entity_extract.local.lake import LocalLake
from entity_extract.local.table import WAVE, Key, keys_of, with_column
from entity_extract.runs.progress import StageOf
from entity_extract.schema import EARLIER_ANSWERS

_KEYS = (ROW_KEY, ROW_COPY)
_MARK = "withdrawn_at"


def keep_earlier(
    lake: LocalLake, asked: Collection[Key], stage: StageOf, *, model_version: str
) -> None:
    """Of the rows that are `asked`, publishes the answers that other models than this gave.

    Before any is replaced: cut off in between, the next run finds those that are left. Until then
    they stand in both tables.
    """
    other = (pc.field("model_version") != model_version) & pc.field(_MARK).is_null()
    found = _of(lake.predictions.read(where=other & _among(asked)), asked)
    if found.num_rows:
        progress = stage("keep")
        progress.begin(found.num_rows)
        kept = with_column(found, "open", False, pa.bool_())
        with progress.wave(found.num_rows) as publish:
            publish(lake[EARLIER_ANSWERS].publish(kept, progress.next_wave, replace=True))


def drop_earlier(lake: LocalLake, gone: Collection[Key], run_id: str) -> None:
    """Of the rows that are `gone` from the catalog, whatever is set by now."""
    table = lake[EARLIER_ANSWERS]
    if not table.by_status():
        return
    leaving = _of(table.read(where=_among(gone)), gone)
    if not leaving.num_rows:
        return
    kind, place = arrow_type("timestamp"), leaving.column_names.index(_MARK)
    now = pa.repeat(pa.scalar(datetime.now(UTC), kind), leaving.num_rows)
    marked = with_column(
        leaving.set_column(place, pa.field(_MARK, kind), now), "open", False, pa.bool_()
    )
    table.publish(marked, f"{run_id}-leaving00000", replace=True)
    table.drop(pc.field(_MARK).is_valid(), f"{run_id}-left")


def _among(keys: Collection[Key]) -> pc.Expression:
    return is_one_of(ROW_KEY, {key[0] for key in keys})


def _of(rows: pa.Table, keys: Collection[Key]) -> pa.Table:
    """Those of these keys, as they are published: without where they stand."""
    wanted = set(keys)
    here = pa.array([key in wanted for key in keys_of(rows, _KEYS)], pa.bool_())
    return rows.filter(here).drop_columns([WAVE, "open"])
