"""What a run over a lake tells OpenLineage: what was read and written, and how it ended."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from entity_extract.commands.traced import traced
from entity_extract.config import Config, LineageConfig, OcrConfig
from entity_extract.errors import CatalogError
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import Pipeline, opened_pipeline
from tests.server import ShopServer
from tests.unit.lineage.collector import Collector, collecting, faults


@contextmanager
def enriching(
    spark: SparkSession, config: Config, catalog: str, folder: Path, server: Collector
) -> Iterator[Pipeline]:
    """As the command does it, in this session."""
    lineage = LineageConfig(url=server.url)
    ocr = OcrConfig(engine="tesseract")  # the quicker
    run = Run("enrich", config.model_copy(update={"lineage": lineage, "ocr": ocr}))
    args = argparse.Namespace(
        catalog=catalog, lake=str(folder / "lake"), answers=folder / "answers.csv", model=None
    )
    with (
        traced(spark, run, args) as told,
        opened_pipeline(spark, run, run.config, catalog=catalog, lake=args.lake) as pipeline,
    ):
        told.pipeline = pipeline
        yield pipeline


def outputs(event: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"].rpartition("/")[2]: one for one in event["outputs"]}


def test_a_run_tells_what_it_wrote_and_one_without_news_that_it_wrote_nothing(
    spark: SparkSession, config: Config, shop: ShopServer, tmp_path: Path
) -> None:
    catalog = tmp_path / "catalog.csv"
    rows = [f"{shop.url('/a.jpg')},1,item_weight", f"{shop.url('/b.jpg')},1,voltage"]
    catalog.write_text("\n".join(["image_link,group_id,entity_name", *rows, ""]))
    with collecting() as server:
        for _ in range(2):
            with enriching(spark, config, str(catalog), tmp_path, server) as pipeline:
                pipeline.read()
                pipeline.predict(default_bundle())
                pipeline.finish()
    assert [event["eventType"] for event in server.events] == ["START", "COMPLETE"] * 2
    assert [fault for event in server.events for fault in faults(event)] == []
    _, first, _, second = server.events
    (read,) = first["inputs"]
    assert (read["namespace"], read["name"]) == ("file", str(catalog))
    assert {name: rows_of(one) for name, one in outputs(first).items()} == {
        "images": 2,
        "predictions": 2,
        "answers.csv": 2,
    }
    assert outputs(first)["images"]["name"] == str(tmp_path / "lake/images")
    assert first["run"]["facets"]["processing_engine"]["version"] == spark.version
    assert outputs(first)["predictions"]["facets"]["dataQualityMetrics"]["rowCount"] == 2
    assert {name: rows_of(one) for name, one in outputs(second).items()} == {
        "predictions": 0,
        "answers.csv": 2,
    }


def rows_of(dataset: dict[str, Any]) -> int:
    return int(dataset["outputFacets"]["outputStatistics"]["rowCount"])


def test_a_run_that_fails_says_why_whether_or_not_it_had_opened_the_lake(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    catalog = tmp_path / "catalog.csv"
    catalog.write_text("image_link,group_id,entity_name\nhttps://a.example/1.jpg,1,beauty\n")
    with collecting() as server:
        with (
            pytest.raises(CatalogError),
            enriching(spark, config, str(catalog), tmp_path, server) as pipeline,
        ):
            pipeline.check_questions(default_bundle())
        with (
            pytest.raises(CatalogError),
            enriching(spark, config, "table:no.such_items", tmp_path, server),
        ):
            pytest.fail("opened")
    events = server.events
    assert [event["eventType"] for event in events] == ["START", "FAIL"] * 2
    assert [fault for event in events for fault in faults(event)] == []
    for event, said in ((events[1], "beauty"), (events[3], "no.such_items")):
        assert said in event["run"]["facets"]["errorMessage"]["message"]
        assert event["outputs"] == []
    assert events[3]["inputs"][0]["namespace"] == "inmemory://"


def test_a_table_of_sparks_catalog_is_named_by_where_it_lies(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    place = tmp_path / "items"
    spark.sql(
        f"CREATE TABLE lineage_items (image_link string, entity_name string) USING parquet "
        f"LOCATION '{place}'"
    )
    try:
        with (
            collecting() as server,
            enriching(spark, config, "table:lineage_items", tmp_path, server),
        ):
            pass
    finally:
        spark.sql("DROP TABLE lineage_items")
    for event in server.events:
        assert faults(event) == []
        (read,) = event["inputs"]
        assert (read["namespace"], read["name"]) == ("file", str(place))
