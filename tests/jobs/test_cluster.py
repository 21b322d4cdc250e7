"""The same jobs by spark-submit, on several processes, the package shipped as a zip."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.jobs.conftest import ROOT, Shop, Trained, run_job, succeed

# Neither the repository nor an installed package may be what the executors import.
ISOLATED = {"PYTHONPATH": "", "PYSPARK_PYTHON": sys.executable}


def submit(master: str, job: str, *args: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """deploy/submit.sh from another folder, as an operator would call it."""
    return subprocess.run(
        [ROOT / "deploy/submit.sh", "--master", master, ROOT / f"jobs/{job}.py", *map(str, args)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=1200,
        env={**os.environ, **ISOLATED},
    )


@pytest.mark.cluster
def test_two_executors_give_the_same_lake_as_local_mode(
    shop: Shop, trained: Trained, tmp_path: Path
) -> None:
    succeed(
        submit(
            "local-cluster[2,1,2048]",
            "enrich",
            *("--catalog", shop.csv, "--lake", tmp_path / "lake", "--model", trained.model),
            *shop.options("spark.executor.memory=1g"),
            cwd=tmp_path,
        )
    )
    keys = ["row_key", "row_copy"]
    local = pd.read_parquet(trained.lake / "predictions").set_index(keys)
    remote = pd.read_parquet(tmp_path / "lake" / "predictions").set_index(keys)
    assert len(remote) == len(remote.index.unique())
    asked = remote.join(local.add_suffix("_local"), how="left")
    assert (asked["prediction"] == asked["prediction_local"]).all()
    assert (asked["status"] == asked["status_local"]).all()


@pytest.mark.cluster
def test_the_distributed_backend_writes_a_bundle_that_local_mode_can_use(
    shop: Shop, trained: Trained, tmp_path: Path
) -> None:
    lake, model = tmp_path / "lake", tmp_path / "model"
    shutil.copytree(trained.lake, lake)
    tables = ["--catalog", shop.csv, "--lake", lake, "--model", model]
    printed = succeed(
        submit(
            "local-cluster[2,1,2048]",
            "train",
            *(*tables, "--labels", shop.labels, "--texts", shop.texts),
            *("--backend", "distributed", "--conf-file", ROOT / "conf/distributed.toml"),
            *shop.options("spark.executor.memory=1g", "fetch.max_attempts=1"),
            cwd=tmp_path,
        )
    )
    assert "embed: 0 new rows" in printed
    assert {path.name for path in model.iterdir()} == {p.name for p in trained.model.iterdir()}
    # Asked by the one code path: lightgbm's own reader, and the arrays of the forest.
    printed = succeed(run_job("predict", *tables, *shop.options()))
    answers = pd.read_parquet(lake / "predictions")
    assert (answers["prediction"] != "").sum() > len(answers) / 5
    assert answers["model_version"].nunique() == 1
