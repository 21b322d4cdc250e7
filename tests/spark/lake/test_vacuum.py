"""Cleaning a lake: rows of other versions go, small waves become one, and no row else changes."""

from pathlib import Path

import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.config import LakeConfig
from entity_extract.lake.compaction import grouped
from entity_extract.lake.waves import Wave
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.tables.vacuum import forget, vacuum
from entity_extract.status import Status


def read_by(spark: SparkSession, version: str, *links: str, status: str = "ok") -> DataFrame:
    rows = [(link, status, version, status != "ok") for link in links]
    return spark.createDataFrame(
        rows, "image_link string, status string, reader_version string, open boolean"
    )


def test_rows_of_other_versions_than_the_latest_run_used_are_removed(
    lake: Lake, spark: SparkSession, root: Path
) -> None:
    lake.images.publish(read_by(spark, "old", "a", "b"), "r1-0", replace=False)
    lake.images.publish(read_by(spark, "new", "a", "b"), "r2-0", replace=False)
    lake.images.publish(read_by(spark, "old", "c", status="timeout"), "r3-0", replace=False)
    ran(lake, "20260101-a", "succeeded", reader_version="old")
    ran(lake, "20260102-b", "succeeded", reader_version="new")
    ran(lake, "20260103-c", "succeeded")
    done = vacuum(lake, "r4", old_versions=True, compact=False, retain_hours=0)
    assert done == ["images: 3 rows of other versions than new"]
    held = pd.read_parquet(root / "images")
    assert sorted(zip(held["image_link"], held["reader_version"], strict=True)) == [
        ("a", "new"),
        ("b", "new"),
    ]
    assert vacuum(lake, "r5", old_versions=True, compact=False, retain_hours=0) == []


def ran(lake: Lake, run_id: str, state: str, **versions: str) -> None:
    lake.storage.write_json(f"runs/{run_id}.json", {"state": state, "versions": versions})


def test_a_run_that_did_not_end_well_or_left_no_row_supersedes_nothing(
    lake: Lake, spark: SparkSession
) -> None:
    lake.images.publish(read_by(spark, "used", "a", "b"), "r1-0", replace=False)
    lake.images.publish(read_by(spark, "mistaken", "a"), "r2-0", replace=False)
    ran(lake, "20260101-a", "succeeded", reader_version="used")
    for number, state in enumerate(("failed", "stopped", "running")):
        ran(lake, f"20260102-{number}", state, reader_version="mistaken")
    done = vacuum(lake, "r3", old_versions=True, compact=False, retain_hours=0)
    assert done == ["images: 1 rows of other versions than used"]
    ran(lake, "20260103-a", "succeeded", reader_version="unseen")  # it had nothing to read
    done = vacuum(lake, "r4", old_versions=True, compact=False, retain_hours=0)
    assert done == ["images: 2 rows kept, since there is none of the latest run's unseen"]
    assert {row.image_link for row in lake.images.read().collect()} == {"a", "b"}


def test_what_is_forgotten_is_missing_from_images_and_predictions_and_nothing_else_is(
    lake: Lake, spark: SparkSession
) -> None:
    for link, status in {"a": "ok", "b": "blocked", "c": "timeout", "d": "crashed"}.items():
        picture = read_by(spark, "v", link, status=status).withColumn("open", F.lit(False))
        lake.images.publish(picture, f"r{link}-0", replace=False)
        answer = picture.select(
            "status", "open", "image_link", F.lit(link).alias("row_key"), F.lit(1).alias("row_copy")
        )
        lake.predictions.publish(answer, f"r{link}-0", replace=False)
    done = forget(lake, "r9", [Status.BLOCKED, Status.CRASHED])
    assert done == ["predictions: 2 rows forgotten", "images: 2 rows forgotten"]
    for table in (lake.images, lake.predictions):
        assert {row.image_link for row in table.read().collect()} == {"a", "c"}
    assert forget(lake, "r10", [Status.BLOCKED]) == []


def test_small_waves_are_put_together_and_open_ones_stay_open(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = Lake(spark, str(tmp_path), LakeConfig(wave_links=16))
    with lake.writing("r", "test"):
        for number, link in enumerate("abc"):
            lake.images.publish(read_by(spark, "v", link), f"r{number}-0", replace=False)
        lake.images.publish(read_by(spark, "v", *"defgh"), "r8-0", replace=False)
        lake.images.publish(read_by(spark, "v", "x", status="timeout"), "r9-0", replace=False)
        done = vacuum(lake, "r10", old_versions=True, compact=True, retain_hours=0)
        rows = {row.image_link: (row.wave, row.open) for row in lake.images.read().collect()}
    assert done == [
        "images: 2 waves and 3 files fewer, put together"
    ]  # one of them of a large wave
    assert len({rows[link] for link in "abc"}) == 1
    assert {link for link, (_, is_open) in rows.items() if is_open} == {"x"}
    assert set(rows) == set("abcdefghx")
    assert len(pd.read_parquet(tmp_path / "images")) == 9


def test_the_columns_of_a_catalog_outlive_compaction(lake: Lake, spark: SparkSession) -> None:
    columns = f"{schema.ddl(schema.SPLITS.columns)}, open boolean"
    first = spark.createDataFrame([("a", "1", "m", False)], columns).selectExpr("*", "7 AS no")
    second = spark.createDataFrame([("b", "1", "m", False)], columns).selectExpr("*", "'x' AS hue")
    lake.splits.publish(first, "r1-0", replace=False)
    lake.splits.publish(second, "r2-0", replace=False)
    assert lake.splits.compact("r3", rows=10) == (1, 1)
    frame = pd.read_parquet(Path(lake.storage.root.removeprefix("file:")) / "splits")
    assert frame.set_index("image_link").loc["a", "no"] == 7
    assert frame.set_index("image_link").loc["b", "hue"] == "x"


def test_waves_are_grouped_up_to_the_size_asked_for_and_none_alone() -> None:
    def wave(name: str, rows: int) -> Wave:
        return Wave(name=f"wave={name}", rows=rows)

    waves = [wave("a", 3), wave("b", 4), wave("c", 9), wave("d", 5), wave("e-open", 1)]
    assert [[w.name for w in group] for group in grouped(waves, 9)] == [["wave=a", "wave=b"]]
    assert grouped([], 9) == []
