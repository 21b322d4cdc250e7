"""The abstention threshold against trying every threshold; the calibration as a map."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from entity_extract.learning.prediction.abstention import NEVER, AbstentionThresholds
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.predict import predictions_of
from entity_extract.learning.training.abstention import (
    FEW_ROWS,
    abstention_threshold,
    best_f1,
    fit_calibration,
    fit_thresholds,
)
from tests.unit.learning_cases import make_products, small_model, to_examples

# (confidence, kind); few confidences, so that many are equal
ROWS = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0]),
        st.sampled_from(["right", "wrong", "picture is silent"]),
    ),
    min_size=1,
    max_size=12,
)


NOBODY = (0, 0, 0)
OTHERS = st.one_of(st.just(NOBODY), st.tuples(*[st.integers(0, 9)] * 3))  # TP, FP, FN


def f1_at(
    threshold: float,
    rows: list[tuple[float, str]],
    unread: int,
    others: tuple[int, int, int] = NOBODY,
) -> float:
    """By the challenge's definition; `unread` rows have a label and no candidate."""
    said = [kind for confidence, kind in rows if confidence >= threshold]
    unsaid = [kind for confidence, kind in rows if confidence < threshold]
    tp = said.count("right") + others[0]
    fp = len(said) - said.count("right") + others[1]
    fn = len(unsaid) - unsaid.count("picture is silent") + unread + others[2]
    if not tp:
        return 0.0
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    return 2 * precision * recall / (precision + recall)


@given(ROWS, st.integers(0, 6), OTHERS)
@settings(max_examples=300, deadline=None)
def test_no_other_threshold_gives_a_better_f1(
    rows: list[tuple[float, str]], unread: int, others: tuple[int, int, int]
) -> None:
    confidence = np.array([c for c, _ in rows])
    kind = np.array([k for _, k in rows])
    labelled = kind != "picture is silent"
    answerable = int(labelled.sum()) + unread
    chosen = abstention_threshold(
        confidence, kind == "right", labelled, answerable=answerable, others=others
    )
    best = max(f1_at(threshold, rows, unread, others) for threshold in (*confidence, 2.0))
    assert f1_at(chosen, rows, unread, others) == pytest.approx(best)


@given(ROWS, st.integers(0, 6), st.sampled_from([0.0, -5.0, 5.0]))
@settings(max_examples=100, deadline=None)
def test_the_best_f1_is_that_of_the_best_threshold_wherever_the_scores_lie(
    rows: list[tuple[float, str]], unread: int, shift: float
) -> None:
    kind = np.array([k for _, k in rows])
    labelled = kind != "picture is silent"
    score = np.array([c for c, _ in rows]) + shift
    answerable = int(labelled.sum()) + unread
    best = max(f1_at(threshold, rows, unread) for threshold in (*(c for c, _ in rows), 2.0))
    assert best_f1(score, kind == "right", labelled, answerable=answerable) == pytest.approx(best)


def test_rows_that_can_only_do_harm_are_never_answered() -> None:
    confidence, right = np.array([1.0, 0.3]), np.zeros(2, bool)
    labelled = np.array([False, True])
    counts = {"answerable": 1, "others": (5, 0, 0)}
    assert abstention_threshold(confidence, right, labelled, **counts) == NEVER > 1.0  # type: ignore[arg-type]


def test_where_all_are_better_answered_nothing_is_held_back() -> None:
    confidence, right = np.array([0.9, 0.6, 0.3]), np.array([True, False, True])
    everything = np.ones(3, bool)
    assert abstention_threshold(confidence, right, everything, answerable=3) == 0.0


def test_the_point_is_half_way_between_what_is_said_and_what_is_held_back() -> None:
    confidence, right = np.array([0.9, 0.6, 0.3]), np.array([True, True, False])
    point = abstention_threshold(confidence, right, labelled=right, answerable=2)
    assert point == pytest.approx(0.45)


def test_without_candidates_there_is_nothing_to_hold_back() -> None:
    none = np.zeros(0)
    assert abstention_threshold(none, none.astype(bool), none.astype(bool), answerable=5) == 0.0


def of_one(rows: int) -> np.ndarray:
    """(n,) names of one entity."""
    return np.full(rows, "item_weight", object)


@given(
    st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30),
    st.lists(st.floats(-1, 2), min_size=2, max_size=10),
)
@settings(max_examples=100, deadline=None)
def test_a_higher_score_is_never_a_lower_confidence(
    rows: list[tuple[float, bool]], scores: list[float]
) -> None:
    score, right = (np.array([row[i] for row in rows]) for i in (0, 1))
    calibration = fit_calibration(score, right, of_one(len(rows)))
    confidence = calibration(np.sort(scores), of_one(len(scores)))
    assert (np.diff(confidence) >= 0).all()
    assert ((confidence >= 0) & (confidence <= 1)).all()


def test_confidence_is_the_share_of_right_answers_at_the_score() -> None:
    score = np.repeat([0.3, 0.6, 0.9], 10)
    right = np.r_[np.arange(10) < 1, np.arange(10) < 5, np.arange(10) < 9]
    calibration = fit_calibration(score, right, of_one(30))
    assert calibration(np.array([0.3, 0.6, 0.9]), of_one(3)) == pytest.approx([0.1, 0.5, 0.9])
    assert calibration(np.array([0.0, 1.0]), of_one(2)) == pytest.approx([0.1, 0.9])


def test_overconfident_scores_are_brought_down() -> None:
    calibration = fit_calibration(np.full(10, 0.99), np.arange(10) < 3, of_one(10))
    assert calibration(np.array([0.99]), of_one(1)) == pytest.approx([0.3])


def test_an_entity_that_is_right_more_often_at_the_same_score_is_surer() -> None:
    """The more so the more rows say it: of a few the share of all entities counts."""
    entity = np.repeat(["height", "item_volume", "voltage"], [400, 400, 4]).astype(object)
    right = np.r_[np.arange(400) < 360, np.arange(400) < 240, np.arange(4) < 0]
    calibration = fit_calibration(np.full(804, 0.5), right, entity)
    asked = np.array(["height", "item_volume", "voltage", "width"], object)
    height, volume, voltage, unknown = calibration(np.full(4, 0.5), asked)
    assert height == pytest.approx(0.9, abs=0.015)
    assert volume == pytest.approx(0.6, abs=0.015)
    assert 0.5 < voltage < unknown == pytest.approx(600 / 804)


def test_each_entity_with_rows_enough_has_a_point_of_its_own() -> None:
    """Of one entity's rows below 0.5 none has a label; of another's all have, and not all above."""
    entity = np.repeat(["width", "height", "depth"], [2 * FEW_ROWS, 2 * FEW_ROWS, 3])
    confidence = np.tile([0.3, 0.9], len(entity))[: len(entity)]
    silent = (entity == "height") & (np.arange(len(entity)) % 4 == 1)
    labelled = np.where(entity == "height", ~silent, confidence > 0.5)
    able = np.ones(len(entity), bool)
    thresholds = fit_thresholds(confidence, labelled, able, labelled, entity)
    answered = thresholds.of(entity) <= confidence
    assert answered[entity == "height"].all()
    assert (answered == labelled)[entity == "width"].all()
    assert set(thresholds.own) == {"width", "height"}
    assert thresholds.of(np.array(["depth", "unknown"])).tolist() == [thresholds.general] * 2


def test_an_entity_whose_pictures_always_say_has_no_point_of_its_own() -> None:
    confidence = np.linspace(0, 1, 2 * FEW_ROWS)
    right, everything = confidence > 0.4, np.ones(2 * FEW_ROWS, bool)
    entity = np.repeat("width", 2 * FEW_ROWS)
    labelled = everything.copy()
    labelled[:5] = False  # too few to tell
    assert fit_thresholds(confidence, right, everything, labelled, entity).own == {}


def f1_of(
    thresholds: AbstentionThresholds,
    confidence: np.ndarray,
    right: np.ndarray,
    able: np.ndarray,
    labelled: np.ndarray,
    entity: np.ndarray,
) -> float:
    """All (n,), as `fit_thresholds` takes them."""
    given = able & (thresholds.of(entity) <= confidence)
    tp, fp = (given & right).sum(), (given & ~right).sum()
    return float(2 * tp / max(1, 2 * tp + fp + (~given & labelled).sum()))


@given(st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 0.5, 1.0]))
@settings(max_examples=30, deadline=None)
def test_points_of_their_own_are_never_worse_than_one_for_all(seed: int, read: float) -> None:
    """`read` is how often voltage is read right where it is as sure as width."""
    rng = np.random.default_rng(seed)
    entity = rng.choice(["width", "voltage"], 800)
    confidence = rng.integers(0, 20, 800) / 20
    right = rng.random(800) < np.where(entity == "width", confidence, read * confidence)
    labelled = right | (rng.random(800) < 0.5)
    able = rng.random(800) < 0.9
    rows = confidence, right & able, able, labelled, entity
    fitted = fit_thresholds(*rows)
    assert set(fitted.own) == {"width", "voltage"}
    assert f1_of(fitted, *rows) >= f1_of(AbstentionThresholds(fitted.general, {}), *rows)
    assert f1_of(fitted, *rows) >= f1_of(AbstentionThresholds(0.0, {}), *rows)
    assert f1_of(fitted, *rows) >= f1_of(
        AbstentionThresholds(fitted.general, {"voltage": NEVER}), *rows
    )


def test_an_entity_that_is_never_read_right_is_not_answered() -> None:
    entity = np.repeat(["width", "voltage"], [1000, 300])
    right = np.arange(1300) < 850
    labelled = (np.arange(1300) < 1000) | (np.arange(1300) >= 1200)
    rows = np.where(entity == "width", 0.9, 0.2), right, np.ones(1300, bool), labelled, entity
    fitted = fit_thresholds(*rows)
    assert fitted.own == {"voltage": NEVER}
    assert f1_of(fitted, *rows) == pytest.approx(2 * 850 / (2 * 850 + 150 + 100))


def test_a_stored_model_keeps_an_entity_that_is_never_answered() -> None:
    chosen = replace(small_model(), thresholds=AbstentionThresholds(0.0, {"height": NEVER}))
    stored = Model.from_files(chosen.files())
    examples = to_examples(make_products(40, seed=4))
    said = predictions_of(stored, examples, None)["prediction"].to_numpy() != ""
    assert not said[examples.entity == "height"].any()
    assert said[examples.entity == "item_weight"].sum() > 10
    assert predictions_of(stored, examples, 0.0)["prediction"].astype(bool).sum() > said.sum()
