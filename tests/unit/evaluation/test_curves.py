"""The numbers behind the figures, by hand."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import precision_recall_curve

from entity_extract.config import load_config
from entity_extract.evaluation.curves import (
    outcomes_per_entity,
    reliability,
    trade_off,
    unit_confusion,
)
from entity_extract.evaluation.outcomes import outcomes_of_rows

DOMAIN = load_config().domain


def evaluated(*rows: tuple[str, str, float | None], entity: str = "item_weight") -> pd.DataFrame:
    """(label, prediction, confidence) each; a silent row's best candidate is 5 gram."""
    table = pd.DataFrame(rows, columns=["entity_value", "prediction", "confidence"])
    table = table.assign(entity_name=entity, status="ok", candidates=[["5 gram"]] * len(rows))
    return outcomes_of_rows(table, DOMAIN, 0.005)


def test_reliability_by_hand() -> None:
    found = reliability(
        evaluated(
            ("5 gram", "5 gram", 0.9),
            ("5 gram", "6 gram", 0.98),
            ("5 gram", "5 gram", 0.25),
            ("5 gram", "5 gram", 1.0),  # the last bin holds its upper edge
            ("5 gram", "", 0.25),  # gave no answer
            ("5 gram", "5 gram", None),  # says nothing of its confidence
        )
    )
    assert found.answers.tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 3]
    assert found.confidence[[2, 9]] == pytest.approx([0.25, (0.9 + 0.98 + 1) / 3])
    assert found.precision[[2, 9]] == pytest.approx([1.0, 2 / 3])
    assert np.isnan(found.precision[0])
    assert found.ece == pytest.approx((abs(1 - 0.25) * 1 + abs(0.96 - 2 / 3) * 3) / 4)


def test_each_abstention_threshold_by_hand() -> None:
    curve = trade_off(
        evaluated(
            ("5 gram", "5 gram", 0.9),
            ("5 gram", "6 gram", 0.6),
            ("", "6 gram", 0.6),
            ("5 gram", "", 0.3),  # its best candidate would have been right
            ("5 gram", "", None),  # could not be answered at any threshold
        )
    )
    assert curve.threshold.tolist() == [0.3, 0.6, 0.9]
    assert curve.precision == pytest.approx([2 / 4, 1 / 3, 1])
    assert curve.recall == pytest.approx([2 / 3, 1 / 3, 1 / 4])
    assert curve.f1 == pytest.approx([4 / 7, 2 / 6, 2 / 5])


def test_precision_by_threshold_is_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    confidence, right = rng.integers(1, 9, 60) / 10, rng.random(60) < 0.5
    answers = np.where(right, "5 gram", "6 gram")
    curve = trade_off(evaluated(*zip(["5 gram"] * 60, answers, confidence, strict=True)))
    precision, _, threshold = precision_recall_curve(right, confidence)
    assert curve.threshold == pytest.approx(threshold)
    assert curve.precision == pytest.approx(precision[:-1])


def test_units_are_counted_by_label_and_answer() -> None:
    table = unit_confusion(
        evaluated(
            ("5 gram", "7 gram", 1),
            ("5 gram", "7 ounce", 1),
            ("5 gram", "", 1),
            ("5 ounce", "a lot", 1),
            ("5 ounce", "5 ounce", 1),
            ("1 pound", "1 gram", 1),
            ("", "1 gram", 1),  # has no unit to confuse
            ("1 pound to 16 ounce", "16 ounce", 1),  # the end that was answered
        ),
        most=2,
    )
    assert list(table.index) == ["gram", "ounce", "other"]
    assert list(table.columns) == ["gram", "ounce", "other", "abstained"]
    assert table.to_numpy().tolist() == [[1, 1, 0, 1], [0, 2, 1, 0], [1, 0, 0, 0]]


def test_entities_with_more_rows_come_first_and_every_outcome_has_a_column() -> None:
    table = outcomes_per_entity(
        pd.concat(
            [
                evaluated(("5 volt", "", None), entity="voltage"),
                evaluated(("5 gram", "5 gram", 1), ("5 gram", "", 0.1)),
            ]
        )
    )
    assert list(table.index) == ["item_weight", "voltage"]
    assert table.loc["item_weight"].sum() == 2
    assert table.loc["item_weight", "abstained"] == 1
    assert table.shape == (2, 9)


def test_tables_without_rows_or_confidence_have_empty_curves() -> None:
    for table in (evaluated(), evaluated(("5 gram", "", None))):
        assert reliability(table).answers.sum() == 0
        assert reliability(table).ece == 0.0
        assert len(trade_off(table).threshold) == 0
    assert len(trade_off(evaluated(("5 gram", "", 0.1)).drop(columns="confidence")).f1) == 0
