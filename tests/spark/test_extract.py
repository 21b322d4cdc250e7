"""Answers behind the rows of a DataFrame: in our session, and on a Spark Connect server."""

import json
import os
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pyspark.sql import DataFrame, SparkSession

from entity_extract import schema
from entity_extract.config import Config
from entity_extract.errors import UserError
from entity_extract.spark.extract import extracted, tasks_of
from tests import connect
from tests.server import ShopServer

LINKED = "'a' as image_link, 'b' as entity_name"
COLUMNS = (
    "image_link string, entity_name string, group_id string, price decimal(8,2), since date, "
    "seen timestamp, tags array<string>, sizes map<string,bigint>, `odd.na``me` int, "
    "nested struct<a:int,b:string>, raw binary"
)


def asked(spark: SparkSession, shop: ShopServer) -> DataFrame:
    rest = (Decimal("9.90"), date(1582, 1, 1), datetime(2026, 1, 2, 3, 4, 5), ["x"], {"a": 2**40})
    rest += (None, (1, "b"), b"\x00")  # type: ignore[assignment]
    links = [shop.url(path) for path in ("/a.jpg", "/b.jpg", "/a.jpg", "/none.jpg")]
    entities = ("item_weight", "voltage", "wattage", "width")
    rows = [(link, name, None, *rest) for link, name in zip(links, entities, strict=True)]
    return spark.createDataFrame([*rows, (None, "width", "g", *rest)], COLUMNS)


def test_every_row_comes_back_as_it_was_with_an_answer_behind(
    spark: SparkSession, shop: ShopServer, config: Config
) -> None:
    rows = asked(spark, shop)
    answered = rows.transform(extracted(config, partitions=2))
    assert answered.schema.fields[: len(rows.columns)] == rows.schema.fields
    assert answered.columns == [*rows.columns, *schema.PREDICTION]
    found = answered.collect()
    assert shop.asked["/a.jpg"] == shop.asked["/b.jpg"] == shop.asked["/none.jpg"] == 1
    said = {row["entity_name"]: (row["prediction"], row["status"]) for row in found if row[0]}
    assert said == {
        "item_weight": ("500 gram", "ok"),
        "voltage": ("12 volt", "ok"),
        "wattage": ("", "ok"),
        "width": ("", "http_error"),
    }
    assert sorted(map(str, (row[: len(rows.columns)] for row in found))) == sorted(
        str(tuple(row)) for row in rows.collect()
    )


def test_columns_are_checked_before_anything_runs(spark: SparkSession, config: Config) -> None:
    with pytest.raises(UserError, match="no column entity_name"):
        spark.range(1).selectExpr("'a' as image_link").transform(extracted(config))
    taken = spark.range(1).selectExpr("'a' as image_link", "'b' as entity_name", "1 as status")
    with pytest.raises(UserError, match="rename yours: status"):
        taken.transform(extracted(config))


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ("1 as image_link, 'b' as entity_name", "column image_link is int, not string"),
        ("'a' as image_link, array('b') as entity_name", "entity_name is array<string>, not str"),
        (f"{LINKED}, named_struct('a', 1) as group_id", "group_id is struct<a:int>, not string or"),
        (f"{LINKED}, 'c' as Image_Link", "more than one column image_link"),
        (f"{LINKED}, 'c' as Status", "rename yours: status"),
        ("'a' as Image_Link, 'b' as entity_name", "no column image_link; found Image_Link"),
    ],
)
def test_columns_that_spark_would_stumble_over_are_named(
    spark: SparkSession, config: Config, columns: str, reason: str
) -> None:
    with pytest.raises(UserError, match=reason):
        spark.sql(f"select {columns}").transform(extracted(config))


@pytest.mark.parametrize("partitions", [0, -1])
def test_it_takes_one_partition_at_least(config: Config, partitions: int) -> None:
    with pytest.raises(UserError, match="it takes one at least"):
        extracted(config, partitions=partitions)


def test_a_setting_that_is_no_number_is_left_to_the_default() -> None:
    """Databricks has "auto"; a session of Spark's own takes numbers only."""
    assert (tasks_of("7"), tasks_of("auto"), tasks_of(None)) == (7, 200, 200)


def test_a_link_whose_rows_come_in_many_batches_is_fetched_once(
    spark: SparkSession, shop: ShopServer, config: Config
) -> None:
    names = ["item_weight", "voltage", "width"]
    links = [shop.url(path) for path in ("/a.jpg", "/b.jpg")]
    rows = spark.createDataFrame(
        [(link, name, 7) for name in names for link in links],
        "image_link string, entity_name string, group_id int",
    )
    size = "spark.sql.execution.arrow.maxRecordsPerBatch"
    before = spark.conf.get(size)
    try:
        spark.conf.set(size, "1")
        found = rows.transform(extracted(config, partitions=1)).collect()
    finally:
        spark.conf.set(size, str(before))
    assert sorted(row["prediction"] for row in found) == ["", "", "", "", "12 volt", "500 gram"]
    assert shop.asked["/a.jpg"] == shop.asked["/b.jpg"] == 1


def test_no_rows_are_no_answers(spark: SparkSession, config: Config) -> None:
    rows = spark.createDataFrame([], "image_link string, entity_name string")
    for none in (rows, spark.createDataFrame(spark.sparkContext.emptyRDD(), rows.schema)):
        answered = none.transform(extracted(config))
        assert answered.collect() == []
        assert answered.columns == [*rows.columns, *schema.PREDICTION]


def test_it_runs_on_a_spark_connect_server(shop: ShopServer, tmp_path: Path) -> None:
    pytest.importorskip("grpc", reason="Spark Connect's client needs grpcio")
    script = tmp_path / "client.py"
    script.write_text(_CLIENT)
    done = subprocess.run(
        [sys.executable, script, connect.PACKAGES, shop.url("/a.jpg"), str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"PYSPARK_PYTHON": sys.executable, "SPARK_LOCAL_IP": "127.0.0.1"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    kind, *rows = json.loads(done.stdout.splitlines()[-1])
    assert kind == "pyspark.sql.connect.session"
    assert sorted(rows) == [["item_weight", 7, "500 gram"], ["voltage", 7, ""]]


_CLIENT = """
import json, sys
from pyspark.sql import SparkSession
from entity_extract import load_config
from entity_extract.spark.extract import extracted, tasks_of

coordinates, link, folder = sys.argv[1:]
spark = (
    SparkSession.builder.remote("local[2]")
    .config("spark.jars.packages", coordinates)
    .config("spark.local.dir", folder)
    .config("spark.ui.enabled", "false")
    .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1")
    .getOrCreate()
)
rows = spark.createDataFrame(
    [(link, "item_weight", 7), (link, "voltage", 7)],
    "image_link string, entity_name string, sku int",
)
config = load_config(assignments=["fetch.allow_private=true"])
answered = rows.transform(extracted(config, partitions=2))
said = [[row.entity_name, row.sku, row.prediction] for row in answered.collect()]
print(json.dumps([type(spark).__module__, *said]))
spark.stop()
"""
