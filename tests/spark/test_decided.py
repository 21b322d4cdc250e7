"""Failures that configuration decided are asked again once it says something else; only these."""

from pathlib import Path

from pyspark.sql import SparkSession

from entity_extract.config import Config, FetchConfig
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import opened_pipeline
from tests.server import ShopServer


def with_fetch(config: Config, **settings: object) -> Config:
    fetch = FetchConfig.model_validate(config.fetch.model_dump() | settings)
    return config.model_copy(update={"fetch": fetch})


def enriched(spark: SparkSession, config: Config, folder: Path, links: list[str]) -> dict[str, str]:
    """Status by link of all answers that the lake holds; under "asked", how many links were."""
    catalog = folder / "catalog.csv"
    rows = [f"{link},1,item_weight" for link in links]
    catalog.write_text("\n".join(["image_link,group_id,entity_name", *rows, ""]))
    run = Run("tests", config)
    lake = str(folder / "lake")
    with opened_pipeline(spark, run, config, catalog=str(catalog), lake=lake) as pipeline:
        pipeline.read()
        pipeline.predict(default_bundle())
        pipeline.finish()
        held = pipeline.lake.predictions.read().select("image_link", "status").collect()
        images = pipeline.lake.images.read().select("image_link").collect()
    assert len(held) == len({row.image_link for row in held})
    assert len(images) == len({row.image_link for row in images})
    (read, predict) = (stage.rows for stage in run.stages if stage.stage in ("read", "predict"))
    assert read == predict
    return {row.image_link: row.status for row in held} | {"asked": str(read)}


def test_what_was_blocked_is_asked_again_by_the_catalogs_that_have_it_once_the_key_is_another(
    spark: SparkSession, config: Config, shop: ShopServer, tmp_path: Path
) -> None:
    a, b, no = shop.url("/a.jpg"), shop.url("/b.jpg"), shop.url("/no.jpg")
    closed = with_fetch(config, allow_private=False)
    first = enriched(spark, closed, tmp_path, [a, b])
    assert first == {a: "blocked", b: "blocked", "asked": "2"}
    assert enriched(spark, closed, tmp_path, [a, b])["asked"] == "0"
    opened = enriched(spark, config, tmp_path, [a, no])
    assert opened == {a: "ok", b: "blocked", no: "http_error", "asked": "2"}
    small = with_fetch(config, max_bytes=100)  # decides nothing of what has been read, or is gone
    assert enriched(spark, small, tmp_path, [a, no])["asked"] == "0"
    assert enriched(spark, small, tmp_path, [a, b])[b] == "too_large"
    last = enriched(spark, config, tmp_path, [a, b, no])
    assert last == {a: "ok", b: "ok", no: "http_error", "asked": "1"}


def test_each_reason_is_told_and_of_very_many_the_most_frequent(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    links = ["ftp://a/1.jpg", "http://", *(f"gopher://{number}" for number in range(6))]
    catalog = tmp_path / "catalog.csv"
    rows = [f"{link},1,item_weight" for link in links]
    catalog.write_text("\n".join(["image_link,group_id,entity_name", *rows, ""]))
    run, lake = Run("tests", config), str(tmp_path / "lake")
    with opened_pipeline(spark, run, config, catalog=str(catalog), lake=lake) as pipeline:
        pipeline.read()
        said = pipeline.finish()
    assert said.count("    bad_link 1: ") == 5
    assert "    bad_link 3 for 3 more reasons: entity-extract status tells them" in said
