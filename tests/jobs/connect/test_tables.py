"""Tables by their names, and all jobs beside the main one, on a server of Spark Connect."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from entity_extract.schema import PREDICTIONS
from tests.connect import Server
from tests.jobs.conftest import ROOT, succeed
from tests.jobs.connect.conftest import OPTIONS, rows
from tests.server import ShopServer

pytest.importorskip("grpc", reason="Spark Connect's client needs grpcio")

# One process for all of it: what costs most is to load pandas and pyspark.
SCRIPT = """
import contextlib, io, json, sys
from entity_extract.commands.main import main
from entity_extract.config import load_config
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.spark.session.remote import connected

server, folder, settings, links, commands = map(json.loads, sys.argv[1:])
weight, volt, none = links
NEW = f"INSERT INTO shop.items VALUES ('{none}', 'c', 'width', '3 inch', 7)"
told = {}

def sql(*statements):
    with connected(server, {}) as spark:
        return [[row.asDict() for row in spark.sql(text).collect()] for text in statements]

sql(
    "CREATE SCHEMA shop",
    "CREATE TABLE shop.items (image_link string, sku string, entity_name string, "
    "entity_value string, `o``dd` int) USING delta",
    f"INSERT INTO shop.items VALUES ('{weight}', 'a', 'item_weight', '500 gram', 1), "
    f"('{volt}', 'b', 'voltage', '13 volt', 2)",
)

config = load_config([], settings)
run = Run("enrich", config)
with connected(server, config.spark) as spark, opened_pipeline(
    spark, run, config, catalog="table:shop.items", lake=f"{folder}/lake",
    answers_columns=["sku", "o`dd", "prediction", "confidence"],
) as pipeline:
    pipeline.open_answers("table:shop.attributes")
    pipeline.read()
    sql(NEW)  # another's
    pipeline.predict(default_bundle())
    pipeline.write_answers("table:shop.attributes")
    pipeline.finish()
    told["seen"] = sorted(row.sku for row in pipeline.catalog.select("sku").collect())
ATTRIBUTES = "SELECT sku, prediction FROM shop.attributes ORDER BY sku"
told["version"] = run.versions["catalog"]
told["first"], told["said"] = sql(ATTRIBUTES, "DESCRIBE TABLE shop.attributes")

told["commands"] = {}
for name, words in commands.items():
    out, err, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            main(words)
        except SystemExit as ended:
            status = ended.code
    told["commands"][name] = [status, out.getvalue(), err.getvalue()]
told["then"], history = sql(ATTRIBUTES, "DESCRIBE HISTORY shop.attributes")
told["operations"] = [row["operation"] for row in reversed(history)]
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tables")


@pytest.fixture(scope="module")
def told(server: Server, shop: ShopServer, folder: Path) -> dict[str, Any]:
    tables = ["--catalog", "table:shop.items", "--lake", str(folder / "lake"), *OPTIONS]
    into = ["--answers", "table:shop.attributes"]
    columns = ["--answers-columns", "sku,o`dd,prediction,confidence"]
    nowhere = ["--catalog", "table:shop.nowhere", *tables[2:]]
    lake = ["--lake", str(folder / "lake")]
    commands = {
        "enrich": ["enrich", *tables, *into, *columns],
        "evaluate": ["evaluate", *tables, "--out", str(folder / "report")],
        "vacuum": ["vacuum", *lake, "--compact", "--retry", "http_error"],
        "status": ["status", *lake],
        "compare": ["compare", *lake, *lake],
        "review": ["review", *lake, "--out", str(folder / "review.html")],
        "nowhere": ["enrich", *nowhere],
        "delta": ["vacuum", *lake, "--set", "lake.format=delta"],
    }
    links = [shop.url(path) for path in ("/a.jpg", "/b.jpg", "/none.jpg")]
    settings = [word for word in OPTIONS if word != "--set"]
    given = (server.url, str(folder), settings, links, commands)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, *map(json.dumps, given)],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SPARK_REMOTE": server.url},
    )
    found: dict[str, Any] = json.loads(succeed(done).splitlines()[-1])
    return found


def succeeded(told: dict[str, Any], name: str) -> str:
    status, out, err = told["commands"][name]
    assert status == 0, err[-3000:]
    return str(out)


def test_a_run_sees_one_version_of_its_catalog_whoever_adds_to_it_meanwhile(
    told: dict[str, Any], folder: Path
) -> None:
    assert told["version"] == "table:shop.items@v1"
    assert told["seen"] == ["a", "b"]
    assert "predict: 1 new row," in succeeded(told, "enrich")  # the other's
    manifests = [json.loads(path.read_text()) for path in sorted(folder.glob("lake/runs/*.json"))]
    versions = [manifest["versions"].get("catalog") for manifest in manifests]
    assert versions[:2] == ["table:shop.items@v1", "table:shop.items@v2"]


def test_answers_are_merged_into_a_table_with_sentences_about_its_columns(
    told: dict[str, Any],
) -> None:
    answers = [("a", "500 gram"), ("b", "12 volt"), ("c", "")]
    found = [[(row["sku"], row["prediction"]) for row in told[name]] for name in ("first", "then")]
    assert found == [answers[:2], answers]
    said = {row["col_name"]: row["comment"] for row in told["said"]}
    assert said["confidence"] == PREDICTIONS.described["confidence"].about
    assert told["operations"] == ["CREATE TABLE", "MERGE", "MERGE"]


def test_answers_are_scored(told: dict[str, Any], folder: Path) -> None:
    assert "F1" in succeeded(told, "evaluate")
    metrics = json.loads((folder / "report/metrics.json").read_text())
    assert metrics["rows"] == 3
    errors = pd.read_csv(folder / "report/errors.csv")
    assert set(errors["entity_name"]) == {"voltage", "width"}
    assert (folder / "report/report.html").stat().st_size > 10_000


def test_a_lake_is_cleaned_and_failures_are_forgotten(told: dict[str, Any], folder: Path) -> None:
    printed = succeeded(told, "vacuum")
    assert "put together" in printed
    assert "images: 1 rows" in printed
    assert sorted(rows(folder / "lake", "images")["status"]) == ["ok", "ok"]
    assert len(rows(folder / "lake", "predictions")) == 2


@pytest.mark.parametrize("name", ["status", "compare", "review"])
def test_who_needs_no_spark_asks_no_server(told: dict[str, Any], name: str) -> None:
    succeeded(told, name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nowhere", "table:shop.nowhere: the session's catalog has no such table"),
        ("delta", "over Spark Connect a lake is of Parquet"),
    ],
)
def test_what_cannot_be_done_is_one_line(told: dict[str, Any], name: str, said: str) -> None:
    status, _, err = told["commands"][name]
    assert status == 2
    assert said in err.splitlines()[-1]
    assert "Traceback" not in err
