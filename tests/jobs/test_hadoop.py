"""Jobs on a real YARN and a real HDFS, of one machine: shipped, killed, refused and cut off."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pytest

from entity_extract.lake.files import LakeFiles
from tests.jobs.clusters.hadoop import NAMENODE, Hadoop, NoHadoop, hadoop
from tests.jobs.clusters.submitting import python_without_us, submit
from tests.jobs.conftest import ROOT, Shop, run_job, succeed
from tests.jobs.processes import SPARK_HOME, running
from tests.jobs.test_faults import CARDS, PICTURES, WAVE, options, same, write_catalog
from tests.server import shop_server

pytestmark = pytest.mark.cluster

FEW = 6  # catalog rows
QUICK = ("fetch.allow_private=true", 'ocr.skip=["second_look"]')
# The least that fits one node; and Spark's jars from where they lie, not 300 MB through HDFS.
SMALL = f"""[spark]
"spark.yarn.jars" = "local:{SPARK_HOME}/jars/*"
"spark.executor.instances" = "1"
"spark.executor.memory" = "512m"
"spark.executor.memoryOverhead" = "1g"
"spark.driver.memory" = "1g"
"spark.driver.bindAddress" = "127.0.0.1"
"spark.driver.host" = "127.0.0.1"
"spark.driver.extraJavaOptions" = "-XX:TieredStopAtLevel=1"
"spark.executor.extraJavaOptions" = "-XX:TieredStopAtLevel=1"
"spark.ui.enabled" = "false"
"spark.sql.shuffle.partitions" = "2"
"""


@dataclass(frozen=True)
class Site:
    """The cluster, with catalogs on its HDFS, and what it takes to give it a job."""

    hadoop: Hadoop
    folder: Path
    python: Path
    catalog: Path  # of test_faults; on HDFS it is /shop/catalog.csv, its first rows /shop/few.csv

    @property
    def conf_file(self) -> Path:
        return self.folder / "small.toml"

    def url(self, path: str) -> str:
        return f"{self.hadoop.hdfs}/shop/{path}"

    def web(self, path: str) -> str:
        """The same for those without Hadoop's libraries."""
        return f"{self.hadoop.web.replace('http', 'webhdfs', 1)}/shop/{path}"

    def lake(self, name: str, target: Path) -> Path:
        return self.hadoop.get(f"/shop/{name}", target)

    def submit(
        self, mode: str, catalog: str, lake: str, *typed: str, sets: tuple[str, ...] = QUICK
    ) -> subprocess.CompletedProcess[str]:
        tables = ("--catalog", self.url(catalog), "--lake", self.url(lake))
        conf = ("--conf-file", self.conf_file, *(x for pair in sets for x in ("--set", pair)))
        return submit(
            "yarn",
            self.python,
            *("--deploy-mode", mode, *typed, ROOT / "jobs/enrich.py", *tables, *conf),
            cwd=self.folder,
        )


@contextmanager
def started_hadoop(folder: Path, *, yarn: bool) -> Iterator[Hadoop]:
    try:
        with hadoop(folder, yarn=yarn) as cluster, pytest.MonkeyPatch.context() as patch:
            for name, value in cluster.environment.items():
                patch.setenv(name, value)
            yield cluster
    except NoHadoop as err:
        pytest.skip(str(err))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    (folder / "small.toml").write_text(SMALL)
    with shop_server(CARDS) as server:
        catalog = write_catalog(folder, server)
        few = folder / "few.csv"
        pd.read_csv(catalog, dtype=str).head(FEW).to_csv(few, index=False)
        with started_hadoop(folder / "hadoop", yarn=True) as cluster:
            for file in (catalog, few):
                cluster.put(file, f"/shop/{file.name}")
            yield Site(cluster, folder, python_without_us(folder / "python"), catalog)


def wait_for(seen: Callable[[], object], patience_s: float = 120.0) -> None:
    end = time.monotonic() + patience_s
    while not seen():
        assert time.monotonic() < end, "never seen"
        time.sleep(0.1)


def rows(lake: Path, table: str) -> pd.DataFrame:
    dataset = LakeFiles(lake).dataset(table)
    assert dataset is not None
    return dataset.to_table().to_pandas()


def assert_all_answered(site: Site, lake: Path) -> None:
    asked = pd.read_csv(site.folder / "few.csv", dtype=str)
    answers = rows(lake, "predictions")
    columns = ["image_link", "entity_name"]
    assert sorted(map(tuple, asked[columns].values)) == sorted(map(tuple, answers[columns].values))
    assert (answers["prediction"] != "").sum() >= FEW / 2


def test_a_driver_on_yarn_answers_every_row_on_hdfs_and_nothing_is_left_running(
    site: Site, tmp_path: Path
) -> None:
    done = site.submit("cluster", "few.csv", "cluster")
    succeed(done)
    assert "yarn logs -applicationId" in done.stderr.splitlines()[0]
    assert_all_answered(site, site.lake("cluster", tmp_path / "lake"))
    wait_for(lambda: not site.hadoop.containers(), 10)
    said = succeed(run_job("status", "--lake", site.web("cluster")))
    assert f"images: {FEW // 2} rows in 1 wave" in said
    assert "enrich succeeded" in said


@pytest.mark.slow
def test_a_driver_of_ours_with_executors_on_yarn_answers_every_row(
    site: Site, tmp_path: Path
) -> None:
    done = site.submit("client", "few.csv", "client")
    assert f"predict: {FEW} new rows" in succeed(done)
    assert_all_answered(site, site.lake("client", tmp_path / "lake"))
    wait_for(lambda: not site.hadoop.containers(), 10)


@pytest.mark.slow
def test_two_executors_on_yarn_learn_a_model_that_local_mode_can_use(
    site: Site, shop: Shop, tmp_path: Path
) -> None:
    site.hadoop.put(shop.csv, "/shop/labelled.csv")
    tables = ["--catalog", site.url("labelled.csv"), "--lake", site.url("learned")]
    model = ["--model", tmp_path / "model"]
    more = ("spark.executor.instances=2", "spark.executor.memory=1g")
    files = ("--conf-file", site.conf_file, "--conf-file", "distributed.toml")
    sets = (x for pair in (*shop.settings(), *more) for x in ("--set", pair))
    backend = ("--backend", "distributed", *files, *sets)
    succeed(
        submit("yarn", site.python, ROOT / "jobs/train.py", *tables, *model, *backend, cwd=tmp_path)
    )
    assert f"predict: {len(pd.read_csv(shop.csv))} new rows" in succeed(
        run_job("predict", "--catalog", shop.csv, *tables[2:], *model, *shop.options())
    )
    answers = rows(site.lake("learned", tmp_path / "lake"), "predictions")
    assert (answers["prediction"] != "").sum() > len(answers) / 5
    wait_for(lambda: not site.hadoop.containers(), 10)


@pytest.mark.slow
def test_driver_and_executors_on_yarn_run_the_python_that_is_shipped_to_them(
    site: Site, tmp_path: Path
) -> None:
    without = replace(site, python=Path("/nowhere/bin/python"))
    succeed(without.submit("cluster", "few.csv", "shipped", "--ship-environment"))
    assert_all_answered(site, site.lake("shipped", tmp_path / "lake"))


@pytest.mark.slow
def test_what_a_driver_on_yarn_refuses_is_a_failed_submission_and_stands_in_its_log_and_its_lake(
    site: Site,
) -> None:
    done = site.submit("cluster", "absent.csv", "refused")
    assert done.returncode == 1
    assert "User application exited with status 2" in done.stderr
    reason = f"{site.url('absent.csv')}: no such file or folder"
    assert f"error: {reason}" in site.hadoop.container_logs()
    status = succeed(run_job("status", "--lake", site.web("refused")))
    assert reason in status

    done = site.submit("cluster", "few.csv", "refused", sets=("fetch.thread=3",))
    assert done.returncode == 2  # said before anything is submitted
    assert "did you mean threads?" in done.stderr


@pytest.fixture(scope="module")
def calm(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The lake, on a local disk, of a run that nothing disturbed."""
    lake = tmp_path_factory.mktemp("calm") / "lake"
    succeed(run_job("enrich", "--catalog", site.catalog, "--lake", lake.as_uri(), *options()))
    return lake


def waves(lake: str) -> int:
    listed = LakeFiles(lake).waves("images")
    return len(listed.waves) if listed else 0


@pytest.mark.slow
def test_a_driver_killed_on_yarn_is_started_again_and_no_row_is_lost_or_doubled(
    site: Site, calm: Path, tmp_path: Path
) -> None:
    sets = (*QUICK, f"lake.wave_links={WAVE}")
    with ThreadPoolExecutor(1) as pool:
        submitted = pool.submit(site.submit, "cluster", "catalog.csv", "killed", sets=sets)
        wait_for(lambda: submitted.done() or waves(site.web("killed")))
        drivers = [p for p, line in site.hadoop.containers().items() if "ApplicationMaster" in line]
        assert drivers, submitted.result().stderr[-3000:]
        for process in drivers:  # the shell that YARN started, and its JVM
            os.kill(process, signal.SIGKILL)
        assert waves(site.web("killed")) < PICTURES / WAVE
        succeed(submitted.result())
    lake = site.lake("killed", tmp_path / "lake")
    same(lake, calm)
    states = [json.loads(path.read_text())["state"] for path in sorted(lake.glob("runs/*.json"))]
    assert states == ["running", "succeeded"]


@pytest.mark.slow
def test_a_lake_on_hdfs_has_one_writer_and_a_run_killed_there_is_made_good_by_the_next(
    site: Site, calm: Path, tmp_path: Path
) -> None:
    args = ["--catalog", site.url("catalog.csv"), "--lake", site.url("mended"), *options()]
    with running("enrich", *args, log=tmp_path / "log") as run:
        run.wait_for(lambda: waves(site.web("mended")))
        refused = run_job("read_images", *args, "--set", "lake.wait_s=0")
        assert refused.returncode == 75
        assert "is being written by run" in refused.stderr.splitlines()[-1]
        assert "being written by" in succeed(run_job("status", "--lake", site.web("mended")))
        run.kill()
    succeed(run_job("enrich", *args))
    same(site.lake("mended", tmp_path / "lake"), calm)
    assert "read: 0 new rows" in succeed(run_job("enrich", *args))


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["gone before the run", "gone in a wave"])
def test_a_name_node_that_is_gone_ends_a_run_with_a_message(
    site: Site, tmp_path: Path, moment: str
) -> None:
    with started_hadoop(tmp_path / "hadoop", yarn=False) as cluster:
        namenode = cluster.daemons[NAMENODE]
        args = ["--catalog", site.catalog, "--lake", f"{cluster.hdfs}/lake", *options()]
        lake = f"{cluster.web.replace('http', 'webhdfs', 1)}/lake"
        if moment == "gone before the run":
            namenode.kill()
        with running("enrich", *args, log=tmp_path / "log") as run:
            if moment == "gone in a wave":
                run.wait_for(lambda: waves(lake))
                namenode.kill()
            assert run.ends() == 2  # in four minutes at most
            assert "the host does not answer" in run.printed().splitlines()[-1]


def test_a_lake_on_hdfs_that_cannot_be_looked_at_is_a_message() -> None:
    done = run_job("status", "--lake", "webhdfs://127.0.0.1:1/lake")
    assert done.returncode == 2
    assert "the name node does not answer" in done.stderr.splitlines()[-1]


@pytest.mark.skipif("ARROW_LIBHDFS_DIR" in os.environ, reason="Hadoop's libhdfs is here")
def test_hdfs_without_hadoops_library_says_what_does_without_it() -> None:
    done = run_job("status", "--lake", "hdfs://127.0.0.1:1/lake")
    assert done.returncode == 2
    assert "webhdfs://" in done.stderr.splitlines()[-1]
