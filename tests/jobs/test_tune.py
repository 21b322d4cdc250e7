"""Tuning as a user runs it: a conf file that the other jobs take, and clear refusals."""

from pathlib import Path

import optuna
import pytest

from entity_extract.config import load_config
from entity_extract.learning.tuning.space import PARTS
from tests.jobs.conftest import Shop, Trained, run_job, succeed
from tests.jobs.test_refusals import HEADER, refused


def test_it_writes_a_conf_file_that_jobs_take_and_goes_on(
    shop: Shop, trained: Trained, tmp_path: Path
) -> None:
    out = tmp_path / "tuned.toml"
    command = ["--catalog", shop.csv, "--lake", trained.lake, "--out", out, "--trials", "2"]
    printed = succeed(run_job("tune", *command, *shop.options()))
    assert "read: 0 new rows" in printed
    assert {line.split()[0] for line in printed.splitlines() if " 2 " in line} >= set(PARTS)
    assert load_config([out]).learning.folds == 5  # what was not tuned is not written
    first = out.read_bytes()
    assert succeed(run_job("tune", *command, *shop.options())).count("conf file:") == 1
    assert out.read_bytes() == first
    storage = f"sqlite:///{tmp_path / 'tuned.study.db'}"
    studies = optuna.get_all_study_summaries(storage)
    assert [study.n_trials for study in studies] == [2] * len(PARTS)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--parts", "forest,teacher"], "'teacher'"),
        (["--out", "{folder}"], "cannot be written"),
        (["--out", "{folder}/catalog.csv"], "was not written by entity-extract tune"),
        (["--study", "{folder}/catalog.csv"], "is not a study"),
        (["--trials", "0"], "--trials: must be at least 1"),
    ],
)
def test_a_wrong_option_is_refused_before_spark_starts(
    tmp_path: Path, options: list[str], said: str
) -> None:
    catalog = tmp_path / "catalog.csv"
    catalog.write_text(HEADER + "0,http://127.0.0.1:1/a.jpg,1,width,3 inch\n")
    out = [] if "--out" in options else ["--out", tmp_path / "tuned.toml"]
    given = [option.format(folder=tmp_path) for option in options]
    message = refused("tune", "--catalog", catalog, "--lake", tmp_path / "lake", *out, *given)
    assert said in message
    assert not (tmp_path / "lake").exists()
