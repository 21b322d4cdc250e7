"""Abstention thresholds to choose from, by hand."""

import json

import pandas as pd
import pytest

from entity_extract.config import EvaluateConfig, load_config
from entity_extract.evaluation.operating_points import operating_points

DOMAIN = load_config().domain
CONFIG = EvaluateConfig(bootstrap=10)
# (label, prediction, confidence); a silent row's best candidate is 5 gram, and so right.
ROWS = [
    ("5 gram", "5 gram", 0.95),
    ("5 gram", "5 gram", 0.9),
    ("5 gram", "6 gram", 0.8007),
    ("5 gram", "5 gram", 0.8006),
    ("5 gram", "", 0.3),
    ("", "", 0.2),  # its candidate would be wrong
]


def points(
    rows: list[tuple[str, str, float | None]], **columns: object
) -> dict[str, dict[str, float | None]]:
    table = pd.DataFrame(rows, columns=["entity_value", "prediction", "confidence"])
    table = table.assign(
        entity_name="item_weight", status="ok", candidates=[["5 gram"]] * len(rows)
    ).assign(**columns)
    found = operating_points(table, DOMAIN, CONFIG)
    assert json.loads(json.dumps(found)) == found
    return {point["point"]: {k: v for k, v in point.items() if k != "point"} for point in found}


def test_each_point_by_hand() -> None:
    found = points(ROWS)
    assert list(found) == ["as run", "best F1", "precision 0.80", "precision 0.99"]
    # As run: TP 3, FP 1, FN 1, of 6 rows. 0.8 gives just these answers.
    assert found["as run"] == pytest.approx(
        {"min_confidence": 0.8, "precision": 3 / 4, "recall": 3 / 4, "f1": 6 / 8, "answered": 4 / 6}
    )
    # From 0.3 on: TP 4, FP 1, nothing left silent.
    best = {"min_confidence": 0.3, "precision": 4 / 5, "recall": 1, "f1": 8 / 9, "answered": 5 / 6}
    assert found["best F1"] == found["precision 0.80"] == pytest.approx(best)
    # From 0.9 on: TP 2, FN 3. It stands for 0.85, 0.90 and 0.95 as well.
    assert found["precision 0.99"] == pytest.approx(
        {"min_confidence": 0.9, "precision": 1, "recall": 2 / 5, "f1": 4 / 7, "answered": 2 / 6}
    )


def test_what_is_written_gives_what_is_promised() -> None:
    """0.8007 would be written as 0.801 or 0.800: either cuts elsewhere than between the two."""
    found = points([ROWS[2], ("5 gram", "5 gram", 0.8009), ("", "6 gram", 0.8001)])
    assert {point["min_confidence"] for point in found.values()} == {0.8}
    assert found["best F1"]["answered"] == 1.0


def test_a_precision_out_of_reach_is_absent() -> None:
    found = points([("5 gram", "6 gram", 0.9), ("5 gram", "5 gram", 0.5)])
    assert list(found) == ["as run", "best F1"]


def test_answers_that_no_single_confidence_gives_have_none() -> None:
    found = points([("5 gram", "5 gram", 0.4), ("5 gram", "", 0.6)])
    assert found["as run"]["min_confidence"] is None
    assert found["as run"]["recall"] == 0.5
    assert points([("5 gram", "", 0.6)])["as run"]["min_confidence"] is None


def test_a_row_without_a_candidate_is_never_answered() -> None:
    rows = [("5 gram", "5 gram", 0.9), ("5 gram", "", 0.0)]
    found = points(rows, candidates=[["5 gram"], []])
    assert found["best F1"] == pytest.approx(
        {"min_confidence": 0.9, "precision": 1, "recall": 1 / 2, "f1": 2 / 3, "answered": 1 / 2}
    )


def test_without_labels_or_confidence_there_is_no_point() -> None:
    assert points([("", "", 0.5)]) == {}
    assert points([("5 gram", "5 gram", None)]) == {}
    assert points(ROWS[:0]) == {}
