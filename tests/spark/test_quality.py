"""What a run counts of its answers, as its manifest has it, and as the next is compared with it."""

import json
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from entity_extract.config import Config, QualityConfig
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.quality.figures import OTHER
from entity_extract.quality.judged import Quality, QualityBreached, quality_of
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.spark.quality import answered_figures
from tests.server import ShopServer

ROWS = (
    ("/a.jpg", "item_weight"),
    ("/a.jpg", "item_weight"),  # the same row again
    ("/b.jpg", "voltage"),
    ("/b.jpg", "item_weight"),
    ("/no.jpg", "voltage"),
    ("/a.jpg", "beauty"),
)


def test_each_row_is_counted_once_in_few_rows_and_in_many_and_what_is_not_kept_is_not_accepted(
    spark: SparkSession, config: Config, shop: ShopServer, tmp_path: Path
) -> None:
    catalog, lake = tmp_path / "catalog.csv", tmp_path / "lake"
    rows = [f"{shop.url(name)},1,{entity}" for name, entity in ROWS]
    catalog.write_text("\n".join(["image_link,group_id,entity_name", *rows, ""]))

    def run_of(quality: QualityConfig) -> tuple[Quality, str]:
        run = Run("tests", config.model_copy(update={"quality": quality}))
        with opened_pipeline(
            spark, run, run.config, catalog=str(catalog), lake=str(lake)
        ) as pipeline:
            pipeline.read()
            pipeline.predict(default_bundle())
            said = pipeline.finish()
            many = pipeline.catalog.repartition(2)  # no longer kept on the driver
            counts = {"rows": len(rows), "links": 3, "read": 2}
            counted = answered_figures(pipeline.lake, many, run.config, **counts)
        found = quality_of(json.loads((lake / "runs" / f"{run.id}.json").read_text()))
        assert found is not None
        assert counted == found.figures
        return found, said

    first, said = run_of(QualityConfig())
    figures = first.figures
    assert (figures.rows, figures.links, figures.links_read) == (6, 3, 2)
    assert {name: (part.rows, part.answered) for name, part in figures.entities.items()} == {
        "item_weight": (3, 2),
        "voltage": (2, 1),
        OTHER: (1, 0),
    }
    weight = figures.entities["item_weight"]
    assert weight.units == {"gram": 2}
    assert sum(weight.confidence) == 2  # of rows that have a candidate
    assert weight.candidates[:2] == (1, 2)
    assert weight.statuses == {"ok": 3}
    assert figures.entities["voltage"].statuses == {"http_error": 1, "ok": 1}
    assert first.accepted
    assert "answered 3 of 6 (50.0%), links read 2 of 3" in said
    second, said = run_of(QualityConfig(min_answered=0.6, min_rows=1))
    assert second.reference is not None
    assert {one.psi for one in second.drift} == {0.0}
    assert "not accepted" in said
    with pytest.raises(QualityBreached):
        second.check(QualityConfig())
    third, _ = run_of(QualityConfig())
    assert third.reference == second.reference  # the first, still
