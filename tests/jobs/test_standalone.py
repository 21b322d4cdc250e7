"""spark-submit on a standalone master with two workers, each a process of its own on loopback."""

import os
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from tests.jobs.clusters.standalone import standalone
from tests.jobs.clusters.submitting import python_without_us, submit
from tests.jobs.conftest import ROOT, Shop, succeed

CATALOG_ROWS = 8


@dataclass(frozen=True)
class Cluster:
    """A master that waits for jobs, and the folders in which its two workers run executors."""

    master: str
    workers: tuple[Path, Path]
    python: Path

    def executor_logs(self) -> list[str]:
        """What the executors of each worker have said, one text per worker."""
        return [
            "\n".join(log.read_text() for log in folder.glob("app-*/*/stderr"))
            for folder in self.workers
        ]

    def processes(self) -> list[str]:
        """Command lines of executors, and of the Python workers that they start."""
        return [
            (process / "cmdline").read_text().replace("\0", " ")
            for process in Path("/proc").glob("[0-9]*")
            if _folder_of(process).startswith(str(self.workers[0].parent) + "/worker")
        ]


def _folder_of(process: Path) -> str:
    try:
        return os.readlink(process / "cwd")
    except OSError:  # ended meanwhile, or not ours
        return ""


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with standalone(folder, workers=2) as running:
        one, other = (worker.folder for worker in running.workers)
        yield Cluster(running.master, (one, other), python_without_us(folder / "python"))


@pytest.fixture(scope="module")
def catalog(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("catalog") / "few.csv"
    pd.read_csv(shop.csv, dtype=str).head(CATALOG_ROWS).to_csv(path, index=False)
    return path


def assert_all_answered(catalog: Path, lake: Path) -> None:
    asked = pd.read_csv(catalog, dtype=str, keep_default_na=False)
    answers = pd.read_parquet(lake / "predictions")
    columns = ["image_link", "group_id", "entity_name"]
    assert sorted(map(tuple, asked[columns].values)) == sorted(
        map(tuple, answers[columns].astype(str).values)
    )
    assert (answers["prediction"] != "").sum() > CATALOG_ROWS / 3


@pytest.mark.cluster
def test_both_workers_of_a_standalone_cluster_answer_every_row_and_nothing_is_left_running(
    shop: Shop, cluster: Cluster, catalog: Path, tmp_path: Path
) -> None:
    done = submit(
        cluster.master,
        cluster.python,
        *(ROOT / "jobs/enrich.py", "--catalog", catalog, "--lake", tmp_path / "lake"),
        *shop.options("spark.executor.memory=1g"),
        cwd=tmp_path,
    )
    succeed(done)
    assert_all_answered(catalog, tmp_path / "lake")
    assert ["Finished task" in log for log in cluster.executor_logs()] == [True, True]
    for _ in range(100):
        if not (left := cluster.processes()):
            return
        time.sleep(0.1)
    pytest.fail(f"ten seconds after the job these still run: {left}")


@pytest.mark.cluster
@pytest.mark.slow
def test_executors_run_the_python_that_is_shipped_to_them(
    shop: Shop, cluster: Cluster, catalog: Path, tmp_path: Path
) -> None:
    done = submit(
        cluster.master,
        cluster.python,
        *("--ship-environment", ROOT / "jobs/enrich.py", "--catalog", catalog),
        *("--lake", tmp_path / "lake", *shop.options("spark.executor.memory=1g")),
        cwd=tmp_path,
        timeout_s=1400,
    )
    unpacked = list(cluster.workers[0].parent.glob("worker-*/app-*/*/environment"))
    try:
        succeed(done)
        assert_all_answered(catalog, tmp_path / "lake")
        assert len(unpacked) == len(cluster.workers)
        assert all((folder / "bin/python").exists() for folder in unpacked)
    finally:
        for folder in unpacked:  # 4 GB each
            shutil.rmtree(folder)
