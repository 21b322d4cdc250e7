"""The main job on a server of Spark Connect: a client without a JVM, and a lake on a disk that both
share, or on S3."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from entity_extract.commands.main import main
from tests.connect import Server
from tests.jobs.conftest import ROOT, run_job, succeed
from tests.jobs.connect.conftest import OPTIONS, rows
from tests.server import ShopServer

pytest.importorskip("grpc", reason="Spark Connect's client needs grpcio")

THEIRS = {"spark.sql.session.timeZone": "Asia/Tokyo", "my.password": "of the owner"}
ANSWERS = "index,prediction\n0,500 gram\n1,12 volt\n2,12 volt\n3,\n"


def test_in_a_session_of_others_all_is_read_embedded_and_answered_and_it_is_left_as_it_was(
    server: Server, catalog: Path, shop: ShopServer, tmp_path: Path
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
        [sys.executable, script, server.url, json.dumps([THEIRS, told])],
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


def test_catalog_and_lake_may_lie_on_s3(server: Server, catalog: Path, s3: Any) -> None:
    s3.upload_file(str(catalog), "shop", "catalog.csv")
    tables = ["--catalog", "s3a://shop/catalog.csv", "--lake", "s3a://shop/lake"]
    done = run_job("enrich", *tables, *OPTIONS, env={"SPARK_REMOTE": server.url})
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
