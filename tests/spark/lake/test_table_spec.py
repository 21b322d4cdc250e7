"""A table that the package knows nothing of: declared here, and published, cleaned and told of as
one of its own is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from entity_extract.config import CatalogConfig, LakeConfig
from entity_extract.lake.status_report import lake_status
from entity_extract.lake.status_text import status_text
from entity_extract.schema import IMAGES, TABLES, Column, TableSpec, ddl
from entity_extract.spark.catalog.rows import read_catalog
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.tables.vacuum import forget, vacuum
from entity_extract.status import Status

REVIEWS = TableSpec(
    "reviews",
    "What a person says of an answer.",
    {
        "review_id": Column("string", "Which review."),
        "stars": Column("int", "From 1 to 5."),
        "status": Column("string", "What became of it."),
        "reviewer_version": Column("string", "Who gave it."),
    },
    key=("review_id", "reviewer_version"),
    version="reviewer_version",
)


@pytest.fixture
def lake(spark: SparkSession, root: Path) -> Iterator[Lake]:
    lake = Lake(spark, str(root), LakeConfig(wave_links=16), tables=(*TABLES, REVIEWS))
    with lake.writing("test", "tests"):
        yield lake


def reviews(spark: SparkSession, version: str, *rows: tuple[str, int], again: bool) -> DataFrame:
    status = "timeout" if again else "ok"
    made = [(name, stars, status, version, again) for name, stars in rows]
    return spark.createDataFrame(made, f"{ddl(REVIEWS.columns)}, open boolean")


def publish(lake: Lake, wave: str, version: str, *rows: tuple[str, int], again: bool) -> None:
    new = reviews(lake.spark, version, *rows, again=again)
    lake[REVIEWS].publish(new, wave, replace=False)


def stars(lake: Lake) -> dict[tuple[str, str], int]:
    return {(r.review_id, r.reviewer_version): r.stars for r in lake[REVIEWS].read().collect()}


def test_rows_of_a_table_from_outside_count_by_waves_and_replace_those_of_their_key(
    lake: Lake, root: Path
) -> None:
    publish(lake, "r1-review0", "v1", ("a", 5), again=False)
    publish(lake, "r1-review1", "v1", ("b", 1), ("c", 2), again=True)
    publish(lake, "r2-review0", "v1", ("b", 4), again=False)
    publish(lake, "r3-review0", "v2", ("c", 3), again=False)
    assert stars(lake) == {("a", "v1"): 5, ("b", "v1"): 4, ("c", "v1"): 2, ("c", "v2"): 3}
    assert len(pd.read_parquet(root / "reviews")) == 4


def test_it_is_cleaned_by_its_own_version_and_its_small_waves_are_put_together(
    lake: Lake, spark: SparkSession
) -> None:
    publish(lake, "r1-review0", "v1", ("a", 5), ("b", 4), again=False)
    publish(lake, "r2-review0", "v2", ("a", 3), again=False)
    publish(lake, "r2-review1", "v2", ("b", 2), again=False)
    manifest = {"state": "succeeded", "versions": {"reviewer_version": "v2"}}
    lake.storage.write_json("runs/20260101-a.json", manifest)
    done = vacuum(lake, "r3", old_versions=True, compact=True, retain_hours=0)
    assert done == [
        "reviews: 2 rows of other versions than v2",
        "reviews: 1 waves and 1 files fewer, put together",
    ]
    assert stars(lake) == {("a", "v2"): 3, ("b", "v2"): 2}


def test_its_old_versions_stay_where_it_keeps_them_and_its_statuses_are_its_own(
    spark: SparkSession, tmp_path: Path
) -> None:
    kept = replace(REVIEWS, keeps_old_versions=True)
    lake = Lake(spark, str(tmp_path), LakeConfig(), tables=(*TABLES, kept))
    with lake.writing("test", "tests"):
        publish(lake, "r1-review0", "v1", ("a", 5), again=True)
        publish(lake, "r2-review0", "v2", ("a", 3), again=False)
        manifest = {"state": "succeeded", "versions": {"reviewer_version": "v2"}}
        lake.storage.write_json("runs/20260101-a.json", manifest)
        assert vacuum(lake, "r3", old_versions=True, compact=False, retain_hours=0) == []
        assert forget(lake, "r4", [Status.TIMEOUT]) == []
        assert stars(lake) == {("a", "v1"): 5, ("a", "v2"): 3}


def test_jobs_status_and_a_lake_opened_without_it_leave_it_and_tell_of_it(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = Lake(spark, str(tmp_path), LakeConfig(wave_links=16), tables=(*TABLES, REVIEWS))
    with lake.writing("r1", "tests"):
        publish(lake, "r1-review0", "v1", ("a", 5), ("b", 4), again=False)
        publish(lake, "r1-review1", "v1", ("c", 1), again=True)
    plain = Lake(spark, str(tmp_path), LakeConfig(wave_links=16))
    with plain.writing("r2", "tests"):
        assert vacuum(plain, "r2", old_versions=True, compact=True, retain_hours=0) == []
    with pytest.raises(KeyError, match="reviews"):
        plain[REVIEWS]
    status = lake_status(str(tmp_path))
    assert list(status.tables) == [*(table.name for table in TABLES), "reviews"]
    told = status.tables["reviews"]
    assert (told.rows, told.rows_open, told.waves) == (3, 1, 2)
    assert told.by_status == {"ok": 2, "timeout": 1}
    assert "reviews: 3 rows in 2 waves, 1 to be tried again" in status_text(status)


def test_a_catalog_keeps_its_columns_names_but_those_of_tables_that_are_joined(
    spark: SparkSession, tmp_path: Path
) -> None:
    catalog = tmp_path / "catalog.csv"
    catalog.write_text("image_link,group_id,entity_name,phash,split,stars\na,1,width,x,train,5\n")
    columns = read_catalog(spark, str(catalog), CatalogConfig()).columns
    assert {"catalog_phash", "split", "stars"} <= set(columns)
    assert "phash" not in columns


@pytest.mark.parametrize(
    "named", [{"key": ("review",)}, {"version": "version"}, {"described": IMAGES.described}]
)
def test_a_table_whose_key_or_version_is_none_of_its_columns_is_refused(
    named: dict[str, object],
) -> None:
    with pytest.raises(ValueError, match="reviews: no column"):
        replace(REVIEWS, **named)  # type: ignore[arg-type]
