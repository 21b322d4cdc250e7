"""The main job on a server of Spark Connect: a client without a JVM, and a lake on a disk that both
share, or on S3."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pandas as pd
import pytest
from moto.server import ThreadedMotoServer

from entity_extract.commands.main import main
from entity_extract.config import load_config
from entity_extract.lake.files import LakeFiles
from tests import connect
from tests.jobs.conftest import ROOT, run_job, succeed
from tests.jobs.processes import SPARK_HOME, daemon, said
from tests.server import ShopServer, shop_server
from tests.spark.conftest import card

pytest.importorskip("grpc", reason="Spark Connect's client needs grpcio")

SETTINGS = (
    "fetch.allow_private=true",
    "fetch.retries=0",
    "embed.weights=random",
    "embed.image_px=32",
    "reread.looks=[]",
)
OPTIONS = tuple(word for pair in SETTINGS for word in ("--set", pair))
THEIRS = {"spark.sql.session.timeZone": "Asia/Tokyo", "my.password": "of the owner"}


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A client of S3 with a bucket `shop`, for this process and those that it starts."""
    moto = ThreadedMotoServer("127.0.0.1", 0)
    moto.start()
    host, port = moto.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
        patch.setenv("AWS_ALLOW_HTTP", "true")
        patch.setenv("AWS_ACCESS_KEY_ID", "somebody")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        client = boto3.client("s3")
        client.create_bucket(Bucket="shop")
        yield client
    moto.stop()


@pytest.fixture(scope="module")
def server(s3: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Its address. Its workers run this Python, with this package; it reaches S3."""
    log = tmp_path_factory.mktemp("connect") / "server.log"
    settings = load_config(["s3a.toml"]).spark | {
        "spark.connect.grpc.binding.port": "0",
        "spark.ui.enabled": "false",
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.hadoop.fs.s3a.endpoint": os.environ["AWS_ENDPOINT_URL"],
        "spark.hadoop.fs.s3a.path.style.access": "true",
        "spark.local.dir": str(log.parent),
        "spark.sql.shuffle.partitions": "2",
    }
    settings["spark.jars.packages"] += f",{connect.PACKAGES}" if connect.PACKAGES else ""
    named = [word for key, value in settings.items() for word in ("--conf", f"{key}={value}")]
    words = [
        *(SPARK_HOME / "bin/spark-class", "org.apache.spark.deploy.SparkSubmit"),
        *("--class", "org.apache.spark.sql.connect.service.SparkConnectServer"),
        *("--master", "local[2]", *named, "spark-internal"),
    ]
    ours = {"PYSPARK_PYTHON": sys.executable, "PYTHONPATH": str(ROOT)}
    with daemon(words, log, signal.SIGTERM, SPARK_LOCAL_IP="127.0.0.1", **ours) as process:
        started = said(process, log, r"Spark Connect server started at: .*:\d+", 300)
        yield f"sc://127.0.0.1:{started.rpartition(':')[2]}"


@pytest.fixture(scope="module")
def shop() -> Iterator[ShopServer]:
    with shop_server({"/a.jpg": card("500 grams"), "/b.jpg": card("12 volt")}) as server:
        yield server


@pytest.fixture(scope="module")
def catalog(shop: ShopServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of two pictures, one of them twice, and of a link that is none."""
    asked = [("/a.jpg", "item_weight"), *[("/b.jpg", "Voltage")] * 2, ("/none.jpg", "width")]
    rows = pd.DataFrame([(shop.url(path), name) for path, name in asked])
    path = tmp_path_factory.mktemp("catalog") / "catalog.csv"
    rows.to_csv(path, index=False, header=["image_link", "entity_name"])
    return path


ANSWERS = "index,prediction\n0,500 gram\n1,12 volt\n2,12 volt\n3,\n"


def rows(lake: Path | str, table: str) -> pd.DataFrame:
    found = LakeFiles(lake).dataset(table)
    assert found is not None
    return found.to_table().to_pandas()


def test_in_a_session_of_others_all_is_read_embedded_and_answered_and_it_is_left_as_it_was(
    server: str, catalog: Path, shop: ShopServer, tmp_path: Path
) -> None:
    lake, parquet = tmp_path / "lake", tmp_path / "catalog"
    parquet.mkdir()
    asked = pd.read_csv(catalog, dtype=str)
    seen = pd.Series(pd.to_datetime(["2026-01-02"] * 2)).astype("datetime64[ns]")
    asked.head(2).assign(price=1, seen=seen).to_parquet(parquet / "1.parquet")
    asked.tail(2).assign(price="2 EUR").to_parquet(parquet / "2.parquet")  # Spark reads them apart
    script = tmp_path / "notebook.py"
    script.write_text(_NOTEBOOK)
    answers = {name: tmp_path / f"{name}.csv" for name in ("first", "again")}
    commands = [
        ["enrich", "--catalog", catalog, "--answers", answers["first"]],
        ["embed-images", "--catalog", catalog],
        ["enrich", "--catalog", parquet, "--answers", answers["again"]],
    ]
    told = [[*map(str, command), "--lake", str(lake), *OPTIONS] for command in commands]
    shop.asked.clear()
    done = subprocess.run(
        [sys.executable, script, server, json.dumps([THEIRS, told])],
        capture_output=True,
        text=True,
        timeout=600,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    printed = succeed(done)
    counts = re.findall(r"^  (read|embed|predict): (\d) new rows", printed, re.MULTILINE)
    news = [("read", "3"), ("predict", "4"), ("embed", "2"), ("read", "0"), ("predict", "0")]
    assert counts == news
    assert {path.read_text() for path in answers.values()} == {ANSWERS}
    assert shop.asked == {"/a.jpg": 1, "/b.jpg": 1, "/none.jpg": 1}

    assert sorted(rows(lake, "images")["status"]) == ["http_error", "ok", "ok"]
    assert set(rows(lake, "embeddings")["embedding"].map(len)) == {2048}
    answered = rows(lake, "predictions").sort_values("price")
    assert sorted(answered["row_copy"]) == [1, 1, 1, 2]
    assert [*answered["price"]] == ["1", "1", "2 EUR", "2 EUR"]
    assert set(answered["seen"].dropna()) == {"2026-01-02T00:00:00.000000"}
    assert not list((lake / "_lease").iterdir())
    assert not list((lake / "_staging").iterdir())

    before, after, counted = json.loads(printed.splitlines()[-1])
    assert after == before
    assert {key: after[key] for key in THEIRS} == THEIRS
    assert counted == 3  # it is alive


_NOTEBOOK = """
import json, sys
from pyspark.sql import SparkSession
from entity_extract.commands.main import main

def settings():
    return {row.key: spark.conf.get(row.key) for row in spark.sql("SET").collect()}

server, told = sys.argv[1:]
theirs, commands = json.loads(told)
spark = SparkSession.builder.remote(server).getOrCreate()
for key, value in theirs.items():
    spark.conf.set(key, value)
before = settings()
for words in commands:
    main(words)
print(json.dumps([before, settings(), int(spark.range(3).count())]))
"""


def test_catalog_and_lake_may_lie_on_s3(server: str, catalog: Path, s3: Any) -> None:
    s3.upload_file(str(catalog), "shop", "catalog.csv")
    tables = ["--catalog", "s3a://shop/catalog.csv", "--lake", "s3a://shop/lake"]
    done = run_job("enrich", *tables, *OPTIONS, env={"SPARK_REMOTE": server})
    assert "predict: 4 new rows" in succeed(done)
    assert "lease alone" not in done.stderr  # the store makes a list once or not at all
    answers = rows("s3a://shop/lake", "predictions")
    assert sorted(answers["prediction"]) == ["", "12 volt", "12 volt", "500 gram"]
    keys = [found["Key"] for found in s3.list_objects_v2(Bucket="shop")["Contents"]]
    assert not [key for key in keys if "_staging/" in key or "_lease/" in key]


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("spark.remote=sc://127.0.0.1:1", "nobody answers at 127.0.0.1:1"),
        ("spark.remote=yarn", "it has to be like sc://host:15002"),
        ("lake.format=delta", "over Spark Connect a lake is of Parquet"),
    ],
)
def test_what_a_server_cannot_do_is_said_before_anything_is_read(
    setting: str,
    said: str,
    catalog: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SPARK_REMOTE", "sc://127.0.0.1:1")
    tables = ["--catalog", str(catalog), "--lake", str(tmp_path / "lake")]
    with pytest.raises(SystemExit) as ended:
        main(["enrich", *tables, "--set", setting])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err.splitlines()[-1]
    assert not (tmp_path / "lake").exists()


def test_training_is_not_for_a_server(
    catalog: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = ["--catalog", str(catalog), "--lake", str(tmp_path / "lake")]
    remote = ["--set", "spark.remote=sc://127.0.0.1:1"]
    with pytest.raises(SystemExit):
        main(["train", *tables, "--model", str(tmp_path / "model"), *remote])
    assert "training wants Spark's JVM" in capsys.readouterr().err.splitlines()[-1]
