"""How many jobs a run asks of Spark: each costs more than the rows of a small catalog do."""

from pathlib import Path
from typing import Any, cast

from pyspark.sql import SparkSession

from entity_extract.config import CatalogConfig, Config
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import opened_pipeline
from tests.server import ShopServer

# One row twice, and a link under two questions, of which one is spelt otherwise.
ASKED = (
    ("/a.jpg", "item_weight"),
    ("/a.jpg", "Item Weight"),
    ("/b.jpg", "voltage"),
    ("/b.jpg", "voltage"),
)


def enriched(spark: SparkSession, config: Config, catalog: Path, lake: Path) -> tuple[int, int]:
    """Spark's jobs, and rows answered."""
    scheduler = cast(Any, spark.sparkContext._jsc).sc().dagScheduler()
    before = scheduler.numTotalJobs()
    run = Run("tests", config)
    with opened_pipeline(spark, run, config, catalog=str(catalog), lake=str(lake)) as pipeline:
        pipeline.read()
        pipeline.predict(default_bundle())
        pipeline.finish()
        jobs = scheduler.numTotalJobs() - before
        answered = pipeline.lake.predictions.read().where("prediction != ''").count()
    return jobs, answered


def test_a_run_over_a_small_catalog_takes_few_jobs_and_one_without_news_fewer(
    spark: SparkSession, config: Config, shop: ShopServer, tmp_path: Path
) -> None:
    catalog = tmp_path / "catalog.csv"
    rows = [f"{shop.url(name)},1.0,{entity}" for name, entity in ASKED]
    catalog.write_text("\n".join(["image_link,group_id,entity_name", *rows, ""]))
    jobs, answered = enriched(spark, config, catalog, tmp_path / "lake")
    assert answered == len(ASKED)
    assert jobs <= 10
    jobs, answered = enriched(spark, config, catalog, tmp_path / "lake")
    assert answered == len(ASKED)
    assert jobs <= 6
    whole = config.model_copy(update={"catalog": CatalogConfig(complete=True)})
    jobs, answered = enriched(spark, whole, catalog, tmp_path / "lake")
    assert answered == len(ASKED)
    assert jobs <= 8
