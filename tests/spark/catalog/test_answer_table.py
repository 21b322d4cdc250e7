"""Answers in a table of the session's catalog: what a session without Delta makes of it, and, in a
session of its own with Delta, Hive's metastore and Iceberg, three nights of a changing catalog."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

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
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.spark.catalog.rows import read_catalog
from entity_extract.spark.catalog.source import source_of
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.runs.run import Run
from entity_extract.spark.session.session import spark_session
from tests.spark.catalog.test_answer_table import picture

folder = Path(sys.argv[1])
link = "data:image/png;base64," + base64.b64encode(picture("500 g")).decode()
config = load_config(
    ["local.toml", "iceberg.toml", "delta.toml"],
    ["ocr.engine=tesseract", "reread.looks=[]", "catalog.complete=true", "catalog.key=['sku']"],
)

def night(spark, schema, rows):
    items = [(link, sku, "item_weight", str(price)) for sku, price in rows]
    frame = spark.createDataFrame(items, "image_link string, sku string, entity_name string, "
                                         "price string")
    if schema == "shop":
        frame.write.mode("overwrite").format("parquet").saveAsTable("shop.items")
    else:
        frame.writeTo(f"{schema}.items").using("iceberg").createOrReplace()
    columns = ["sku", "price", "prediction", "confidence", "box"]
    run, table = Run("tests", config), f"table:{schema}.attributes"
    with opened_pipeline(
        spark, run, config, catalog=f"table:{schema}.items", lake=str(folder / "lake"),
        answers_columns=columns,
    ) as pipeline:
        pipeline.open_answers(table)
        pipeline.read()
        pipeline.predict(default_bundle())
        pipeline.write_answers(table)
    found = spark.table(f"{schema}.attributes").orderBy("sku").collect()
    return [(row["sku"], row["price"], row["prediction"]) for row in found]

def moving(spark, schema, kind):
    # A catalog to which somebody adds a row under a run, while executors lose what they have kept:
    # what the run sees of it then, and in which version it was.
    name = f"{schema}.moving"
    spark.sql(f"CREATE TABLE {name} (image_link string, sku string, entity_name string) "
              f"USING {kind}")
    new = f"INSERT INTO {name} VALUES ('l', '{{}}', 'width')"
    spark.sql(new.format("a"))
    named = source_of(spark, f"table:{name}", config.catalog).name
    rows = read_catalog(spark, named, config.catalog)
    before = [row.sku for row in rows.select("sku").collect()]
    spark.sql(new.format("b"))
    spark.catalog.clearCache()
    after = [row.sku for row in rows.select("sku").collect()]
    again = [row.sku for row in read_catalog(spark, named, config.catalog).collect()]
    version = first_with_rows(spark, name, kind).first()[0]
    return {"seen": [before, after, again], "named": named, "first": f"table:{name}@v{version}"}

def first_with_rows(spark, name, kind):
    if kind == "delta":
        writes = spark.sql(f"DESCRIBE HISTORY {name}").where("operation = 'WRITE'")
        return writes.selectExpr("min(version)")
    return spark.sql(f"SELECT snapshot_id FROM {name}.snapshots ORDER BY committed_at")

def nights(spark, schema):
    spark.sql(f"CREATE SCHEMA {schema}")
    return {
        "first": night(spark, schema, [("a", 1), ("b", 2)]),
        "second": night(spark, schema, [("b", 3), ("c", 4)]),
        "third": night(spark, schema, [("b", 3), ("c", 4)]),
        "said": {
            column.name: column.description
            for column in spark.catalog.listColumns(f"{schema}.attributes")
        },
    }

extensions = (
    "io.delta.sql.DeltaSparkSessionExtension,"
    "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions"
)
ours = {
    "spark.sql.shuffle.partitions": "1",
    "spark.sql.extensions": extensions,
    "spark.sql.catalogImplementation": "hive",
    "spark.sql.warehouse.dir": str(folder / "tables"),
    "spark.hadoop.javax.jdo.option.ConnectionURL": f"jdbc:derby:;databaseName={folder}/names;"
                                                   "create=true",
    "spark.sql.catalog.ice": "org.apache.iceberg.spark.SparkCatalog",
    "spark.sql.catalog.ice.type": "hadoop",
    "spark.sql.catalog.ice.warehouse": str(folder / "iceberg"),
}
with spark_session("tests", config.spark | ours, brief=True) as spark:
    told = {"delta": nights(spark, "shop"), "iceberg": nights(spark, "ice.shop")}
    history = spark.sql("DESCRIBE HISTORY shop.attributes").orderBy("version").collect()
    told["delta"]["wrote"] = [
        int(row["operationMetrics"]["numTargetRowsUpdated"])
        + int(row["operationMetrics"]["numTargetRowsInserted"])
        + int(row["operationMetrics"]["numTargetRowsDeleted"])
        for row in history
        if row["operation"] == "MERGE"
    ]
    told["moving"] = {
        kind: moving(spark, schema, kind)
        for schema, kind in (("shop", "delta"), ("ice.shop", "iceberg"))
    }
    snapshots = spark.sql("SELECT summary FROM ice.shop.attributes.snapshots ORDER BY committed_at")
    told["iceberg"]["wrote"] = [int(row[0]["added-records"]) for row in snapshots.collect()]
    print(json.dumps(told))
"""


def picture(text: str) -> bytes:
    from PIL import Image, ImageDraw

    from tests.server import encoded

    image = Image.new("RGB", (400, 200), "white")
    ImageDraw.Draw(image).text((60, 70), text, fill="black", font_size=60)
    return encoded(image, "PNG")


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    folder = tmp_path_factory.mktemp("nights")
    done = subprocess.run(
        [sys.executable, "-c", NIGHTS, str(folder)],
        capture_output=True,
        text=True,
        cwd=folder,  # Derby, the metastore, leaves a log where it stands
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    found: dict[str, dict[str, object]] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("kind", ["delta", "iceberg"])
def test_rows_are_added_changed_and_taken_away_as_the_catalog_goes(
    told: dict[str, dict[str, object]], kind: str
) -> None:
    found = told[kind]
    assert found["first"] == [["a", "1", "500 gram"], ["b", "2", "500 gram"]]
    assert found["second"] == found["third"] == [["b", "3", "500 gram"], ["c", "4", "500 gram"]]


def test_a_night_without_news_writes_nothing(told: dict[str, dict[str, object]]) -> None:
    assert told["delta"]["wrote"] == [2, 3]  # rows: one each changed, added and taken away
    assert told["iceberg"]["wrote"] == [2, 2]  # those of the file that is written anew


@pytest.mark.parametrize("kind", ["delta", "iceberg"])
def test_a_catalog_that_keeps_versions_is_read_in_one_from_begin_to_end(
    told: dict[str, dict[str, Any]], kind: str
) -> None:
    found = told["moving"][kind]
    assert found["seen"] == [["a"]] * 3
    assert found["named"] == found["first"]


@pytest.mark.parametrize("kind", ["delta", "iceberg"])
def test_columns_have_their_sentences(told: dict[str, dict[str, object]], kind: str) -> None:
    said = told[kind]["said"]
    assert isinstance(said, dict)
    assert list(said) == ["row_key", "row_copy", "sku", "price", "prediction", "confidence", "box"]
    assert said["confidence"] == PREDICTIONS.described["confidence"].about
    assert not said["sku"]


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
