"""Spark on one machine, for who gives it no settings."""

import subprocess
import sys
from pathlib import Path

import pytest

from entity_extract.spark.session.local import MASTER, class_archive, local_settings

SHOWN = """
from entity_extract.spark.session.session import spark_session
with spark_session("shown", {"spark.sql.shuffle.partitions": "3"}) as spark:
    conf = spark.sparkContext.getConf()
    print(spark.sparkContext.master, spark.conf.get("spark.sql.shuffle.partitions"))
    print(conf.get("spark.driver.bindAddress"), conf.get("spark.ui.enabled"))
    print(spark.range(2).count())
"""


@pytest.fixture(autouse=True)
def nothing_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    monkeypatch.delenv("PYSPARK_SUBMIT_ARGS", raising=False)


def added(
    given: dict[str, str] | None = None, *, brief: bool = False, **settings: str
) -> dict[str, str]:
    named = {key.replace("_", "."): value for key, value in settings.items()}
    return local_settings(given or {}, named, jvm_to_start=given is None, brief=brief)


def test_without_a_master_it_is_this_machine_and_fit_for_it() -> None:
    found = added()
    assert found["spark.master"] == MASTER
    assert found["spark.sql.shuffle.partitions"] == "4"
    assert "-XX:" in found["spark.driver.extraJavaOptions"]


def test_the_second_compiler_is_left_out_of_brief_runs_alone() -> None:
    assert "TieredStopAtLevel=1" in added(brief=True)["spark.driver.extraJavaOptions"]
    assert "Tiered" not in added()["spark.driver.extraJavaOptions"]


@pytest.mark.parametrize("master", ["local", "local[2]", "local-cluster[2,1,1024]"])
def test_a_master_on_this_machine_keeps_its_name(master: str) -> None:
    found = added(spark_master=master)
    assert "spark.master" not in found or found["spark.master"] == master
    assert found["spark.driver.bindAddress"] == "127.0.0.1"


@pytest.mark.parametrize("master", ["yarn", "spark://host:7077", "k8s://https://host"])
def test_a_cluster_is_left_as_it_is(master: str) -> None:
    assert added(spark_master=master) == {}
    assert added(given={"spark.master": master}) == {}


def test_its_warnings_while_it_starts_are_not_told_unless_someone_has_said_how_it_logs(
    tmp_path: Path,
) -> None:
    option = added()["spark.driver.defaultJavaOptions"]
    assert Path(option.removeprefix("-Dlog4j2.configurationFile=file:")).is_file()
    assert "spark.driver.defaultJavaOptions" not in added(spark_log_level="WARN")
    (tmp_path / "log4j2.properties").write_text("rootLogger.level = info\n")
    assert "spark.driver.defaultJavaOptions" not in added()


def test_under_spark_submit_the_jvm_has_its_options_already() -> None:
    found = added(given={"spark.master": "local[2]"})
    assert found["spark.sql.shuffle.partitions"] == "4"
    assert "spark.driver.extraJavaOptions" not in found


def test_a_master_told_to_spark_by_its_own_means_stands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "spark-defaults.conf").write_text("# ours\n\nspark.master   yarn\n", "utf-8")
    assert added() == {}
    (tmp_path / "spark-defaults.conf").write_text("spark.master=local[3]\n", "utf-8")
    assert "spark.master" not in added()
    monkeypatch.setenv("PYSPARK_SUBMIT_ARGS", "--master yarn pyspark-shell")
    assert added() == {}


def test_a_session_of_this_machine_runs_so(monkeypatch: pytest.MonkeyPatch) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SHOWN], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.splitlines() == [f"{MASTER} 3", "127.0.0.1 false", "2"]


def test_an_archive_of_classes_is_used_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert "SharedArchiveFile" not in added()["spark.driver.extraJavaOptions"]
    class_archive().parent.mkdir(parents=True)
    class_archive().touch()
    assert f"-XX:SharedArchiveFile={class_archive()}" in added()["spark.driver.extraJavaOptions"]


STARTED = """
import os
from entity_extract.spark.session.session import spark_session
with spark_session("t", {}) as spark:
    print(spark.range(3).count(), os.environ.get("SPARK_LOCAL_IP"))
"""


def test_it_starts_where_the_machines_name_has_no_address() -> None:
    renamed = ["unshare", "--uts", "sh", "-c", 'hostname nowhere-at-all && exec "$@"', "sh"]
    if subprocess.run([*renamed, "true"], capture_output=True).returncode != 0:
        pytest.skip("the right to rename this machine is not here")
    command = [*renamed, sys.executable, "-c", STARTED]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.stdout == "3 None\n", done.stderr[-3000:]
