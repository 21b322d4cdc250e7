"""Answers to rows that left the catalog: out of `predictions`, for a time into `history`."""

import time
from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.catalog.row_names import CATALOG_KEY, ROW_COPY, ROW_KEY
from entity_extract.config import CatalogConfig
from entity_extract.lake.withdrawn import check_rows_left
from entity_extract.runs.progress import Progress, StageOf
from entity_extract.schema import HISTORY
from entity_extract.spark.earlier import drop_earlier
from entity_extract.spark.few_rows import counted, counted_where
from entity_extract.spark.tables.lake import Lake

_KEYS = [ROW_KEY, ROW_COPY]
_DAY_S = 86_400


def withdraw(lake: Lake, catalog: DataFrame, config: CatalogConfig, stage: StageOf) -> None:
    """Takes answers out of `predictions` whose rows have left: with catalog.complete all that the
    catalog lacks; else, with catalog.key, those of the keys that it names.

    Each catalog row has its answer. Raises UserError where a whole catalog has no row.
    """
    gone = _gone(lake, catalog, config)
    if gone is None:
        return
    gone = gone.persist()
    marked = F.col("withdrawn_at").isNotNull()  # by a run that was cut off
    counts = counted_where(gone, {"marked": marked, "answers": ~marked})
    if any(counts.values()):
        progress = stage("withdraw")
        progress.begin(counts["answers"])
        if progress.total:
            _mark(lake, gone.where(~marked).drop("wave"), progress)
        drop_earlier(lake, gone, progress.run_id)
        lake.predictions.drop("withdrawn_at IS NOT NULL", f"{progress.run_id}-withdrawn")
        expire(lake, f"{progress.run_id}-expire")
        lake[HISTORY].ensure()
    gone.unpersist()


def _mark(lake: Lake, answers: DataFrame, progress: Progress) -> None:
    """Publishes them in `history`, then where they are, as ones that leave. In this order: cut off
    in between, the next run does it again, and `history` has them once."""
    answers = answers.withColumn("withdrawn_at", F.lit(datetime.now(UTC)))
    with progress.wave(progress.total) as publish:
        if lake.config.history_days:
            kept = answers.withColumn("open", F.lit(False))
            lake[HISTORY].publish(kept, progress.next_wave, replace=True)
        leaving = answers.withColumn("open", F.lit(True))  # no answer that stands
        publish(lake.predictions.publish(leaving, progress.next_wave, replace=True))


def _gone(lake: Lake, catalog: DataFrame, config: CatalogConfig) -> DataFrame | None:
    """Rows of `predictions`; None where none can be among them."""
    if not config.complete and not config.key:
        return None
    held, here = lake.predictions.read(), catalog.select(*_KEYS)
    absent = held.join(here, _KEYS, "left_anti")
    if not config.complete:
        named = catalog.select(CATALOG_KEY).where(F.col(CATALOG_KEY).isNotNull()).distinct()
        return absent.join(named, CATALOG_KEY, "left_semi")
    rows, answers = counted(catalog), counted(held)
    check_rows_left(rows, answers)
    return absent if answers > rows else None


def expire(lake: Lake, wave: str) -> int:
    """Removes what left the catalog longer ago than lake.history_days; returns how many rows.

    `wave` names what is written anew. Within Lake.writing().
    """
    before = int(time.time() - lake.config.history_days * _DAY_S)
    return lake[HISTORY].drop(f"withdrawn_at < timestamp_seconds({before})", wave)
