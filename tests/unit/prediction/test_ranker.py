"""Ranks within a row, what counts as right, and the stored ranker."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entity_extract.config import RankerParams
from entity_extract.learning.features.examples import correct_candidates
from entity_extract.learning.features.priors import PRIOR_FEATURES
from entity_extract.learning.prediction.evidence import Evidence, rank_within_rows
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.prediction.ranker_features import (
    ranker_feature_names,
    ranker_features,
)
from entity_extract.learning.training.learners.ranker import fit_ranker
from entity_extract.quantities.amounts import Amount
from entity_extract.quantities.scoring import matches
from tests.unit.learning_cases import DOMAIN, Product, printed, small_model, to_examples

NAMES = ranker_feature_names()


@given(st.lists(st.tuples(st.integers(0, 4), st.sampled_from([-1.5, 0.0, 0.5, 2.0]))))
@settings(max_examples=100, deadline=None)
def test_a_rank_is_the_number_of_smaller_keys_in_the_same_row(
    rows: list[tuple[int, float]],
) -> None:
    row = np.array([r for r, _ in rows], int)
    key = np.array([k for _, k in rows], float)
    expected = [sum(r == r2 and k2 < k for r2, k2 in rows) for r, k in rows]
    assert rank_within_rows(key, row).tolist() == expected


@pytest.mark.parametrize(
    ("answer", "labels", "right"),
    [
        (Amount(500, "gram"), [Amount(500.0, "gram")], True),
        (Amount(500, "gram"), [Amount(500, "ounce")], False),
        (Amount(1000, "gram"), [Amount(1, "kilogram")], False),  # the challenge does not convert
        (Amount(12.5, "gram"), [Amount(12.51, "gram")], False),
        (Amount(0.1 + 0.2, "gram"), [Amount(0.3, "gram")], True),
        (Amount(240, "volt"), [Amount(220, "volt"), Amount(240, "volt")], True),
        (Amount(220, "volt"), [Amount(220, "volt"), Amount(240, "volt")], True),
        (Amount(230, "volt"), [Amount(220, "volt"), Amount(240, "volt")], False),
        (Amount(500, "gram"), [], False),
    ],
)
def test_an_answer_is_right_by_number_and_unit_at_either_end_of_a_range(
    answer: Amount, labels: list[Amount], right: bool
) -> None:
    assert matches(answer, labels) is right


def product(text: str, *label: Amount) -> Product:
    return Product("item_weight", "tea", tuple(printed(text)), label)


def test_each_candidate_is_held_against_the_label_of_its_own_row() -> None:
    products = [
        product("500 gram or 2 kilogram", Amount(2.0, "kilogram")),
        product("nothing", Amount(500.0, "gram")),
        product("500 gram", Amount(2.0, "kilogram")),
        product("500 gram", Amount(500.0, "gram")),
    ]
    examples = to_examples(products)
    right = correct_candidates(examples)
    assert examples.owner[right].tolist() == [0, 3]
    assert examples.value[right].tolist() == [2, 500]


def test_the_learned_features_compare_each_candidate_with_the_predictions_for_its_row() -> None:
    examples = to_examples([product("500 gram or 2 kilogram"), product("1 kilogram")])
    gram, kilogram = (DOMAIN.unit_names.index(unit) for unit in ("gram", "kilogram"))
    by_unit = np.zeros((2, len(DOMAIN.unit_names)))
    by_unit[0, gram], by_unit[1, kilogram] = 0.75, 0.25
    half_kilogram = np.log10([0.5, 0.5])
    base = {
        "forest_value": half_kilogram,
        "forest_spread": np.array([0.1, 0.2]),
        "unit": by_unit,
        "fusion_value": half_kilogram + 1,
        "fusion_unit": by_unit / 2,
    }
    priors = np.arange(18.0).reshape(3, len(PRIOR_FEATURES))
    priors[0, 0] = priors[0, 5] = 30  # the likeliest unit, and the commonest quantity
    teacher = np.array([-1.0, 2.0, 0.5])
    evidence = Evidence.of(small_model().learners, examples)
    given = {"priors": dict(zip(PRIOR_FEATURES, priors.T, strict=True)), "teacher": teacher}
    vars(evidence).update(given, base_predictions=base)  # else made when asked for
    columns = dict(zip(NAMES, ranker_features(NAMES, evidence).T, strict=True))
    assert examples.value.tolist() == [500, 2, 1]
    expected = {
        "forest_distance": [0, np.log10(4), np.log10(2)],
        "forest_spread": [0.1, 0.1, 0.2],
        "forest_rank": [0, 1, 0],
        "fusion_distance": [1, 1 - np.log10(4), 1 - np.log10(2)],
        "fusion_rank": [1, 0, 0],
        "classifier_unit": [0.75, 0, 0.25],
        "fusion_unit": [0.375, 0, 0.125],
        "prior_z": [1, 7, 13],
        "prior_unit_rank": [0, 1, 0],
        "prior_distance_rank": [0, 1, 0],
        "quantity_prior_in_category_rank": [0, 1, 0],
        "teacher": [-1, 2, 0.5],
        "teacher_rank": [1, 0, 0],
    }
    for name, numbers in expected.items():
        assert columns[name] == pytest.approx(numbers, abs=1e-6), name


def test_without_a_teacher_there_is_neither_its_score_nor_its_rank() -> None:
    examples = to_examples([product("500 gram or 2 kilogram or 7 ounce")])
    learners = replace(small_model().learners, teacher=None)
    features = ranker_features(NAMES, Evidence.of(learners, examples))
    for name in ("teacher", "teacher_rank"):
        assert np.isnan(features[:, NAMES.index(name)]).all(), name
    assert np.isfinite(features[:, NAMES.index("forest_rank")]).all()


def make_table(width: int) -> tuple[np.ndarray, np.ndarray]:
    features = np.random.default_rng(0).normal(size=(200, width)).astype(np.float32)
    return features, features[:, 0] > 0


def fitted(objective: str = "binary") -> Ranker:
    params = RankerParams(
        objective=objective, rounds=30, learning_rate=0.2, leaves=4, feature_fraction=1.0
    )
    rows = np.repeat(np.arange(40), 5)
    pictures = rows.astype(str)
    table = make_table(len(NAMES))
    return fit_ranker(*table, rows, params, seed=0, picture=pictures, names=NAMES)


@pytest.mark.parametrize("objective", ["binary", "lambdarank"])
def test_no_tree_is_grown_that_held_out_pictures_gain_nothing_from(objective: str) -> None:
    features, _ = make_table(len(NAMES))
    chance = np.random.default_rng(1).random(len(features)) > 0.5  # nothing can be learned of it
    rows = np.repeat(np.arange(40), 5)
    patient = RankerParams(objective=objective, rounds=30, min_leaf=5, held_out_fraction=0.3)
    stopping = patient.model_copy(update={"early_stopping_rounds": 3})
    trees = [
        fit_ranker(
            features, chance, rows, params, seed=0, picture=rows, names=NAMES
        ).model.num_trees()
        for params in (patient, stopping)
    ]
    assert trees[0] == 30
    assert 1 <= trees[1] < 27


@pytest.mark.parametrize("objective", ["binary", "lambdarank"])
def test_a_right_candidate_comes_before_the_wrong_ones_of_its_row(objective: str) -> None:
    features, right = make_table(len(NAMES))
    score = fitted(objective).score(features).reshape(40, 5)
    both = right.reshape(40, 5).any(axis=1)
    assert right.reshape(40, 5)[both, score[both].argmax(axis=1)].mean() > 0.95


def test_a_stored_ranker_scores_the_same_and_the_score_is_a_probability() -> None:
    features, right = make_table(len(NAMES))
    ranker = fitted()
    score = ranker.score(features)
    assert ((score > 0.5) == right).mean() > 0.95
    assert ((score >= 0) & (score <= 1)).all()
    np.testing.assert_array_equal(Ranker.from_text(ranker.to_text()).score(features), score)


def test_no_candidates_have_no_scores() -> None:
    assert fitted().score(np.zeros((0, len(NAMES)), np.float32)).shape == (0,)


def test_another_model_or_a_broken_text_is_refused() -> None:
    text = fitted().to_text()
    other_features = text.replace("prior_unit_rank", "prior_unit_runk")
    for broken in ("", "tree\n", text[: text.index("Tree=1") + 50], other_features):
        with pytest.raises(ValueError, match="LightGBM"):
            Ranker.from_text(broken)
