"""Answers in a table of the session's catalog: what a session without Delta makes of it, and, in a
session of its own with Delta, three nights of a changing catalog."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from entity_extract.config import Config
from entity_extract.errors import UserError
from entity_extract.runs.run import Run
from entity_extract.schema import PREDICTIONS
from entity_extract.spark.pipeline import opened_pipeline
from tests.jobs.conftest import ROOT

NIGHTS = """
import base64, json, sys
from pathlib import Path
from entity_extract.config import load_config
from entity_extract.learning.prediction.bundle import default_bundle
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.runs.run import Run
from entity_extract.spark.session.session import spark_session
from tests.spark.catalog.test_answer_table import picture

folder = Path(sys.argv[1])
TABLE = "table:shop.attributes"
link = "data:image/png;base64," + base64.b64encode(picture("500 g")).decode()
config = load_config(
    ["local.toml", "delta.toml"],
    ["ocr.engine=tesseract", "reread.looks=[]", "catalog.complete=true", "catalog.key=['sku']"],
)

def night(spark, name, rows):
    catalog = folder / f"{name}.csv"
    lines = [f'"{link}",{sku},item_weight,{price}' for sku, price in rows]
    catalog.write_text("\\n".join(["image_link,sku,entity_name,price", *lines]))
    columns = ["sku", "price", "prediction", "confidence", "box"]
    run = Run("tests", config)
    with opened_pipeline(
        spark, run, config, catalog=str(catalog), lake=str(folder / "lake"), answers_columns=columns
    ) as pipeline:
        pipeline.open_answers(TABLE)
        pipeline.read()
        pipeline.predict(default_bundle())
        pipeline.write_answers(TABLE)
    found = spark.table("shop.attributes").orderBy("sku").collect()
    return [(row["sku"], row["price"], row["prediction"]) for row in found]

brief = {"spark.sql.shuffle.partitions": "1", "spark.sql.warehouse.dir": str(folder / "tables")}
with spark_session("tests", config.spark | brief) as spark:
    spark.sql("CREATE SCHEMA shop")
    told = {
        "first": night(spark, "first", [("a", 1), ("b", 2)]),
        "second": night(spark, "second", [("b", 3), ("c", 4)]),
        "third": night(spark, "third", [("b", 3), ("c", 4)]),
    }
    history = spark.sql("DESCRIBE HISTORY shop.attributes").orderBy("version").collect()
    told["wrote"] = [
        {k: v for k, v in row["operationMetrics"].items() if k.startswith("numTargetRows")}
        for row in history
        if row["operation"] == "MERGE"
    ]
    told["said"] = {
        column.name: column.description
        for column in spark.catalog.listColumns("shop.attributes")
    }
    print(json.dumps(told))
"""


def picture(text: str) -> bytes:
    from PIL import Image, ImageDraw

    from tests.server import encoded

    image = Image.new("RGB", (400, 200), "white")
    ImageDraw.Draw(image).text((60, 70), text, fill="black", font_size=60)
    return encoded(image, "PNG")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    done = subprocess.run(
        [sys.executable, "-c", NIGHTS, str(tmp_path_factory.mktemp("nights"))],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    found: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_rows_are_added_changed_and_taken_away_as_the_catalog_goes(
    told: dict[str, object],
) -> None:
    assert told["first"] == [["a", "1", "500 gram"], ["b", "2", "500 gram"]]
    assert told["second"] == told["third"] == [["b", "3", "500 gram"], ["c", "4", "500 gram"]]


def test_a_night_without_news_writes_no_row(told: dict[str, object]) -> None:
    _, second, third = told["wrote"]  # type: ignore[misc]
    assert int(second["numTargetRowsUpdated"]) == int(second["numTargetRowsDeleted"]) == 1
    assert {int(rows) for name, rows in third.items() if name != "numTargetRowsCopied"} == {0}


def test_columns_have_their_sentences(told: dict[str, object]) -> None:
    said = told["said"]
    assert isinstance(said, dict)
    assert list(said) == ["row_key", "row_copy", "sku", "price", "prediction", "confidence", "box"]
    assert said["confidence"] == PREDICTIONS.described["confidence"].about
    assert said["sku"] is None


def opened(spark: SparkSession, config: Config, folder: Path, table: str) -> None:
    catalog = folder / "catalog.csv"
    catalog.write_text("image_link,group_id,entity_name\nhttp://127.0.0.1:9/a.jpg,7,width\n")
    lake, run = str(folder / "lake"), Run("tests", config)
    with opened_pipeline(spark, run, config, catalog=str(catalog), lake=lake) as pipeline:
        pipeline.open_answers(table)


def test_a_session_without_delta_makes_no_table_that_it_could_not_merge_into(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"table:attributes: is not there.*delta\.toml"):
        opened(spark, config, tmp_path, "table:attributes")


def test_a_table_of_parquet_is_not_overwritten(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    spark.sql("CREATE SCHEMA shelf")
    try:
        spark.range(3).write.saveAsTable("shelf.plain")
        with pytest.raises(UserError, match="parquet tables cannot be merged into"):
            opened(spark, config, tmp_path, "table:shelf.plain")
        assert spark.table("shelf.plain").count() == 3
    finally:
        spark.sql("DROP SCHEMA shelf CASCADE")
