"""Who does a run: this process alone wherever it can, Spark where it must, or was set up for it."""

import sys
from argparse import Namespace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from entity_extract.catalog import few_files
from entity_extract.commands.engine import chosen_engine
from entity_extract.config import load_config
from entity_extract.errors import UserError

ROWS = pd.DataFrame({"image_link": ["https://a/1.jpg"], "entity_name": ["width"]})


@pytest.fixture(autouse=True)
def nothing_is_set_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("SPARK_HOME", "SPARK_CONF_DIR", "SPARK_REMOTE", "PYSPARK_SUBMIT_ARGS"):
        monkeypatch.delenv(name, raising=False)
    for name in ("PYSPARK_GATEWAY_PORT", "HADOOP_CONF_DIR", "YARN_CONF_DIR", "HADOOP_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    ROWS.to_csv("catalog.csv", index=False)


def engine(*settings: str, **options: str) -> str:
    asked = {"catalog": "catalog.csv", "lake": "lake", "answers": None, "engine": None, **options}
    return chosen_engine(Namespace(**asked), load_config([], settings))


def test_a_small_catalog_on_this_machine_needs_no_spark(tmp_path: Path) -> None:
    assert engine() == "local"
    assert engine(lake=(tmp_path / "lake").as_uri()) == "local"
    assert engine(engine="spark") == "spark"
    assert engine("run.engine=spark") == "spark"
    assert engine("run.engine=spark", engine="auto") == "local"
    assert engine("spark.driver.memory=1g", "spark.master=local[2]") == "local"
    assert engine("fetch.refresh_hours=24") == "local"
    for frame, name in ((ROWS, "c.parquet"), (ROWS.assign(at=pd.Timestamp("2024")), "t.parquet")):
        frame.to_parquet(name)
        assert engine(catalog=name) == "local"
    Path("photos").mkdir()
    Path("photos/a.jpg").write_bytes(b"")
    assert engine('catalog.entities=["width"]', catalog="photos") == "local"


def test_where_spark_is_wanted_and_not_installed_it_is_said_what_wants_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "pyspark", None)
    assert engine() == "local"
    with pytest.raises(UserError, match=r"lake\.format = 'delta' wants Spark and Java: pip"):
        engine("lake.format=delta")
    monkeypatch.setattr(few_files, "FEW_BYTES", 10)
    with pytest.raises(UserError, match=r"of this size wants Spark and Java.*--engine local"):
        engine()


@pytest.mark.parametrize(
    ("settings", "options", "reason"),
    [
        (["lake.format=delta"], {}, "lake.format = 'delta'"),
        ([], {"lake": "s3a://bucket/lake"}, "--lake s3a://bucket/lake, which is not on this"),
        ([], {"catalog": "table:shop.rows"}, "--catalog table:shop.rows"),
        ([], {"catalog": "s3a://bucket/c.csv"}, "--catalog s3a://bucket/c.csv"),
        ([], {"answers": "table:shop.answers"}, "--answers table:shop.answers"),
        ([], {"catalog": "lists.parquet"}, "column tags of lists.parquet, list<"),
        ([], {"catalog": "cases.parquet"}, "cases.parquet, of whose columns two differ in case"),
    ],
)
def test_what_only_spark_can_do_is_refused_in_one_line_and_left_to_it_by_auto(
    settings: list[str], options: dict[str, str], reason: str
) -> None:
    listed = pa.Table.from_pandas(ROWS).append_column("tags", pa.array([["new"]]))
    pq.write_table(listed, "lists.parquet")
    pq.write_table(pa.Table.from_pandas(ROWS.assign(a=1, A=2)), "cases.parquet")
    with pytest.raises(UserError) as refused:
        engine(*settings, engine="local", **options)
    said = str(refused.value)
    assert said.startswith("--engine local: ")
    assert said.endswith(" wants Spark: --engine spark")
    assert reason in said
    assert "\n" not in said
    assert engine(*settings, **options) == "spark"


@pytest.mark.parametrize(
    ("name", "value"),
    [("PYSPARK_GATEWAY_PORT", "1"), ("SPARK_HOME", "/opt/spark"), ("SPARK_REMOTE", "sc://host")],
)
def test_whoever_has_set_spark_up_gets_it(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert engine() == "spark"
    assert engine(engine="local") == "local"


def test_a_master_elsewhere_or_a_large_catalog_are_sparks(monkeypatch: pytest.MonkeyPatch) -> None:
    assert engine("spark.master=yarn") == "spark"
    monkeypatch.setattr(few_files, "FEW_BYTES", 10)
    assert engine() == "spark"
    assert engine(engine="local") == "local"


def test_with_hadoops_settings_a_plain_path_may_be_on_hdfs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HADOOP_CONF_DIR", "/etc/hadoop")
    assert engine() == "spark"
    assert engine(lake=(tmp_path / "lake").as_uri()) == "local"
