"""The same jobs by spark-submit, on several processes, the package shipped as a zip."""

from pathlib import Path

import pandas as pd
import pytest

from tests.jobs.clusters.submitting import python_without_us, submit
from tests.jobs.conftest import ROOT, Shop, Trained, run_job, succeed


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return python_without_us(tmp_path_factory.mktemp("python"))


@pytest.mark.cluster
def test_two_executors_give_the_same_lake_as_local_mode(
    shop: Shop, trained: Trained, python: Path, tmp_path: Path
) -> None:
    succeed(
        submit(
            "local-cluster[2,1,2048]",
            python,
            ROOT / "jobs/enrich.py",
            *("--catalog", shop.csv, "--lake", tmp_path / "lake", "--model", trained.model),
            *shop.options("spark.executor.memory=1g"),
            cwd=tmp_path,
        )
    )
    keys = ["row_key", "row_copy"]
    local = pd.read_parquet(trained.lake / "predictions").set_index(keys)
    remote = pd.read_parquet(tmp_path / "lake" / "predictions").set_index(keys)
    assert len(remote.index.unique()) == len(remote) == len(local) > 0
    asked = remote.join(local.add_suffix("_local"), how="left")
    assert (asked["prediction"] == asked["prediction_local"]).all()
    assert (asked["status"] == asked["status_local"]).all()


@pytest.mark.cluster
def test_the_distributed_backend_writes_a_bundle_that_local_mode_can_use(
    shop: Shop, trained: Trained, python: Path, tmp_path: Path
) -> None:
    lake, model = trained.copied_lake(tmp_path), tmp_path / "model"
    tables = ["--catalog", shop.csv, "--lake", lake, "--model", model]
    printed = succeed(
        submit(
            "local-cluster[2,1,2048]",
            python,
            ROOT / "jobs/train.py",
            *(*tables, "--labels", shop.labels, "--texts", shop.texts),
            *("--backend", "distributed", "--conf-file", "distributed.toml"),
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
