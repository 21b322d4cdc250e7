"""Learning curves of the small world, and the figures they are made of, by hand."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from entity_extract.config import RankerParams
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.training.learning_curves import (
    by_pictures,
    draw_pictures,
    f1_at_best,
    history_of,
    learning_curves,
)
from entity_extract.learning.training.model import fit_model, fit_with_folds
from entity_extract.learning.training.out_of_fold import OutOfFold
from tests.unit.learning_cases import SMALL, fit_on, make_products, to_examples

RANKED = SMALL.ranker.model_copy(update={"objective": "lambdarank"})


@cache
def world() -> tuple[Examples, Model, OutOfFold]:
    examples = to_examples(make_products(200, seed=1))
    fitted = fit_with_folds(examples, np.arange(len(examples)), config=SMALL)
    return examples, fitted.model, fitted.sample


def curves(params: RankerParams = SMALL.ranker, *, seed: int = 0) -> dict[str, Any]:
    examples, model, out_of_fold = world()
    history = history_of(model.learners)
    return learning_curves(
        examples.labelled, examples.picture, out_of_fold, history, params, seed=seed
    )


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return curves()


def test_fitting_with_folds_is_fitting() -> None:
    examples, model, _ = world()
    assert (
        fit_model(examples, np.arange(len(examples)), config=SMALL).files()
        == model.files()
        == fit_on(examples).files()
    )


def test_the_loss_out_of_fold_falls_then_flattens(found: dict[str, Any]) -> None:
    trees, loss = found["trees"]["trees"], found["trees"]["out_of_fold"]
    assert trees == sorted(set(trees))
    assert 10 <= len(trees) <= 20
    assert trees[-1] == SMALL.ranker.rounds
    steps = np.diff(loss) / np.diff(trees)  # per tree
    assert loss[-1] < 0.4 * loss[0]
    assert steps[0] < 5 * steps[-1] < 0.01


def test_candidates_learned_from_are_known_better_than_those_held_out(
    found: dict[str, Any],
) -> None:
    trees = found["trees"]
    assert trees["measure"] == "log loss"
    assert all(np.array(trees["learned_from"]) < np.array(trees["out_of_fold"]))


def test_the_last_point_of_the_trees_is_the_log_loss_of_the_whole_rankers(
    found: dict[str, Any],
) -> None:
    _, _, out_of_fold = world()
    scores = out_of_fold.scores(SMALL.ranker, seed=0)
    of_truth = np.where(out_of_fold.right, scores, 1 - scores)
    assert found["trees"]["out_of_fold"][-1] == pytest.approx(-np.log(of_truth).mean(), abs=1e-5)


def test_a_ranker_of_order_is_measured_by_f1() -> None:
    found = curves(RANKED)
    examples, _, out_of_fold = world()
    with_candidate = np.isin(np.arange(len(examples)), out_of_fold.row)
    labelled = with_candidate & np.array([bool(label) for label in examples.labels])
    scores = out_of_fold.scores(RANKED, seed=0)
    best = f1_at_best(scores, out_of_fold.right, out_of_fold.row, labelled)
    assert found["trees"]["measure"] == "1 - F1"
    assert found["trees"]["out_of_fold"][-1] == pytest.approx(1 - best, abs=1e-5)
    assert found["trees"]["learned_from"][-1] < found["trees"]["learned_from"][0]


def test_shares_ascend_to_all_pictures_and_more_of_them_teach_more(found: dict[str, Any]) -> None:
    pictures = found["pictures"]
    examples, _, out_of_fold = world()
    assert pictures["share"] == [0.125, 0.25, 0.5, 1.0]
    in_training = len(np.unique(out_of_fold.row)) * (SMALL.folds - 1) / SMALL.folds
    assert pictures["pictures"] == pytest.approx(np.array(pictures["share"]) * in_training, abs=1.5)
    assert pictures["f1"][0] < pictures["f1"][-1]
    labelled = np.array([bool(label) for label in examples.labels])
    whole = out_of_fold.scores(SMALL.ranker, seed=0)
    expected = f1_at_best(whole, out_of_fold.right, out_of_fold.row, labelled)
    assert pictures["f1"][-1] == pytest.approx(expected, abs=1e-5)


def test_whole_pictures_are_drawn_from_those_seen_and_smaller_shares_are_in_larger_ones() -> None:
    picture = np.repeat(np.arange(80), 3)
    seen = picture % 4 > 0  # 60 of them
    drawn = [draw_pictures(picture, seen, share, seed=7) for share in (0.1, 0.5, 1.0)]
    assert [len(np.unique(picture[part])) for part in drawn] == [6, 30, 60]
    assert [part.sum() for part in drawn] == [18, 90, 180]
    assert not (drawn[0] & ~drawn[1]).any()
    assert not (drawn[1] & ~drawn[2]).any()
    assert (drawn[2] == seen).all()
    assert (draw_pictures(picture, seen, 0.5, seed=8) != drawn[1]).any()


def test_a_share_without_a_right_candidate_is_left_out() -> None:
    examples, _, out_of_fold = world()
    rare = np.zeros(len(out_of_fold.right), bool)
    for k in range(SMALL.folds):  # one picture of each fold has its truth among its words
        rare[np.flatnonzero(out_of_fold.right & (out_of_fold.fold == k))[0]] = True
    few = replace(out_of_fold, right=rare)
    rankers = {k: few.ranker(few.fold != k, SMALL.ranker, seed=0) for k in range(SMALL.folds)}
    labelled = np.ones(len(examples), bool)
    found = by_pictures(few, rankers, labelled, examples.picture, SMALL.ranker, seed=0)
    assert found["share"][-1] == 1.0
    assert 0.125 not in found["share"]
    assert len(found["share"]) == len(found["f1"]) == len(found["pictures"])


def test_the_fusion_nets_epochs_are_there(found: dict[str, Any]) -> None:
    history = history_of(world()[1].learners)
    assert found["fusion"]["epoch"] == list(range(1, len(history) + 1))
    assert found["fusion"]["held_out"] == pytest.approx(
        [loss.held_out for loss in history], abs=1e-5
    )
    assert found["fusion"]["training"][-1] < found["fusion"]["training"][0]


def test_the_same_seed_gives_the_same_numbers_ready_for_json(found: dict[str, Any]) -> None:
    assert curves() == found
    assert curves(seed=1) != found
    assert json.loads(json.dumps(found)) == found


def test_f1_at_the_best_point_by_hand() -> None:
    # Row 0: right first. Row 1: wrong first. Row 2: says nothing, scored low. Row 3: no candidate.
    scores = np.array([0.9, 0.2, 0.6, 0.5, 0.3])
    row, right = np.array([0, 0, 1, 1, 2]), np.array([True, False, False, True, False])
    labelled = np.array([True, True, False, True])
    # From 0.9: TP 1, FN 2 -> 2 / 4. From 0.6: TP 1, FP 1, FN 1 -> 2 / 4. From 0.3: 2 / 5.
    assert f1_at_best(scores, right, row, labelled) == pytest.approx(0.5)
    everything = pytest.approx(2 * 2 / (2 * 2 + 1 + 1))
    assert f1_at_best(scores, ~right, row, labelled) == everything
    assert f1_at_best(scores - 1, ~right, row, labelled) == everything  # as lambdarank's may be
    assert f1_at_best(scores[:0], right[:0], row[:0], labelled) == 0.0


def test_the_rankers_of_the_folds_are_fitted_once_for_the_abstention_threshold_and_the_curves() -> (
    None
):
    _, _, out_of_fold = world()
    rankers = out_of_fold.rankers(SMALL.ranker, seed=0)
    assert out_of_fold.rankers(SMALL.ranker, seed=0) is rankers
    other = out_of_fold.rankers(SMALL.ranker, seed=1)
    assert [ranker.to_text() for ranker in other.values()] != [
        ranker.to_text() for ranker in rankers.values()
    ]
    ranked = out_of_fold.rankers(RANKED, seed=0)
    assert ranked[0].model.params != rankers[0].model.params
