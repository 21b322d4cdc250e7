"""Answers of earlier models, kept beside the latest one's: `predictions` holds one answer to a row,
whatever is asked of it, and what another model said before stands in a table of its own."""

from datetime import UTC, datetime

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.catalog.row_names import ROW_COPY, ROW_KEY
from entity_extract.runs.progress import StageOf
from entity_extract.schema import EARLIER_ANSWERS
from entity_extract.spark.tables.lake import Lake

_KEYS = [ROW_KEY, ROW_COPY]


def keep_earlier(lake: Lake, asked: DataFrame, stage: StageOf, *, model_version: str) -> None:
    """Of the rows that are `asked`, publishes the answers that other models than this gave.

    Before any is replaced: cut off in between, the next run finds those that are left. Until then
    they stand in both tables.
    """
    other = (F.col("model_version") != model_version) & F.col("withdrawn_at").isNull()
    answered = lake.predictions.read().where(other)
    found = answered.join(asked.select(*_KEYS), _KEYS, "left_semi").drop("wave").persist()
    if rows := found.count():
        progress = stage("keep")
        progress.begin(rows)
        kept = found.withColumn("open", F.lit(False))
        with progress.wave(rows) as publish:
            publish(lake[EARLIER_ANSWERS].publish(kept, progress.next_wave, replace=True))
    found.unpersist()


def drop_earlier(lake: Lake, gone: DataFrame, run_id: str) -> None:
    """Of the rows that are `gone` from the catalog, whatever is set by now."""
    table = lake[EARLIER_ANSWERS]
    if not table.by_status():
        return
    leaving = table.read().join(gone.select(*_KEYS), _KEYS, "left_semi").drop("wave")
    marked = leaving.withColumn("withdrawn_at", F.lit(datetime.now(UTC)))
    table.publish(marked, f"{run_id}-leaving00000", replace=True)
    table.drop("withdrawn_at IS NOT NULL", f"{run_id}-left")


def forget_model(lake: Lake, model_version: str, run_id: str) -> int:
    """Removes what this model answered before another did; returns how many rows. Within
    Lake.writing()."""
    named = model_version.replace("\\", "\\\\").replace("'", "\\'")
    return lake[EARLIER_ANSWERS].drop(f"model_version = '{named}'", f"{run_id}-forget")
