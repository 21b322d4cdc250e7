"""Training on two executor processes: as good as on one machine, and never a hang."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pyspark
import pytest

from entity_extract.errors import UserError
from entity_extract.spark.distributed.lightgbm import Way, check_allocation
from tests.jobs.conftest import ROOT

# SynapseML is for Spark 3.5 alone.
WAYS = [way for way in get_args(Way) if way == "lightgbm" or pyspark.__version__.startswith("3.")]
ROUNDS: Mapping[Way, int] = {"synapseml": 800, "lightgbm": 8000}  # while an executor is killed
Found = dict[str, Any]
pytestmark = pytest.mark.cluster


def found_by(what: str, folder: Path, rounds: int, *ways: Way) -> Found:
    """What tests.jobs.clusters.cluster_training found: one cluster for all that is asked of it."""
    cluster = (sys.executable, "-m", "tests.jobs.clusters.cluster_training")
    done = subprocess.run(
        [*cluster, what, folder, str(rounds), *ways],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=900,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr[-6000:]
    return json.loads((folder / "found.json").read_text())


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Found:
    return found_by("training", tmp_path_factory.mktemp("trained"), 0, *WAYS)


@pytest.fixture(scope="module", params=WAYS)
def suffered(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Found:
    way: Way = request.param
    found = found_by("faults", tmp_path_factory.mktemp("suffered"), ROUNDS[way], way)
    return {**found[way], "rounds": ROUNDS[way]}


@pytest.mark.parametrize("way", WAYS)
def test_f1_is_that_of_the_local_backend_on_the_same_split(found: Found, way: Way) -> None:
    for side in ("train", "validation"):
        local, distributed = (found[name]["metrics"][side] for name in ("local", way))
        assert distributed["rows"] == local["rows"]
        assert distributed["f1"] == pytest.approx(local["f1"], abs=0.02)
        assert distributed["oracle_recall"] == local["oracle_recall"]


@pytest.mark.parametrize("way", WAYS)
def test_the_ranker_learns_as_well_from_predictions_that_stayed_on_the_executors(
    found: Found, way: Way
) -> None:
    local, distributed = (found[name]["curves"]["trees"] for name in ("local", way))
    assert distributed["trees"] == local["trees"]
    for seen in ("learned_from", "out_of_fold"):
        assert distributed[seen][-1] == pytest.approx(local[seen][-1], abs=0.05)


@pytest.mark.parametrize("way", WAYS)
def test_the_model_is_stored_in_the_same_files_and_form(found: Found, way: Way) -> None:
    assert found[way]["files"] == found["local"]["files"]
    assert found[way]["same_when_loaded"]


@pytest.mark.parametrize("way", WAYS)
def test_candidates_of_a_row_are_ranked_together(found: Found, way: Way) -> None:
    assert found[way]["ranked"]["right_first"] > 0.9


@pytest.mark.parametrize("way", WAYS)
def test_no_tree_is_kept_that_held_out_rows_gain_nothing_from(found: Found, way: Way) -> None:
    stopped, unstopped = found[way]["ranked"]["trees_of_chance"]
    assert unstopped == 60
    assert 1 <= stopped < 30


@pytest.mark.parametrize("way", WAYS)
def test_the_same_rows_in_another_order_give_the_same_trees(found: Found, way: Way) -> None:
    first, again = found[way]["ranked"]["trees_by_order"]
    assert first.count("Tree=") == 20
    assert again == first
    assert "127.0.0.1" not in first  # where the workers were


@pytest.mark.slow
@pytest.mark.faults
def test_a_fit_that_takes_too_long_is_ended_and_says_so(suffered: Found) -> None:
    assert "not done in 4 s (learning.fit_timeout_s)" in suffered["overdue"]["error"]


@pytest.mark.slow
@pytest.mark.faults
def test_a_fit_whose_executor_is_killed_succeeds_when_tried_again(suffered: Found) -> None:
    for found in filter(None, (suffered["killed_once"], suffered["worker_killed_once"])):
        assert found.get("trees") == suffered["rounds"], found


@pytest.mark.slow
@pytest.mark.faults
def test_a_fit_that_may_not_be_tried_again_says_that_its_executor_was_lost(
    suffered: Found,
) -> None:
    said = suffered["not_tried_again"]["error"]
    assert "ExecutorLostFailure" in said
    assert "code 137" in said
    assert "refused" not in said


@pytest.mark.slow
@pytest.mark.faults
def test_a_fit_that_may_not_be_tried_again_says_that_its_python_worker_was_killed(
    suffered: Found,
) -> None:
    if suffered["worker_not_tried_again"] is None:
        pytest.skip("SynapseML trains in the JVM")
    assert "Python worker exited unexpectedly" in suffered["worker_not_tried_again"]["error"]


def test_executors_that_come_and_go_are_refused_before_training() -> None:
    with pytest.raises(UserError, match=r"spark\.dynamicAllocation\.enabled"):
        check_allocation({"spark.dynamicAllocation.enabled": "true"})
    check_allocation({"spark.dynamicAllocation.enabled": "false"})
