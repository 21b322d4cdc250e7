"""What second looks were worth, by hand."""

import pandas as pd
import pytest

from entity_extract.config import load_config
from entity_extract.evaluation.second_looks import second_looks
from tests.unit.evaluation.test_metrics import row, scored

DOMAIN = load_config().domain


def test_rows_are_counted_with_their_second_looks_and_without() -> None:
    first = [
        row("500 gram", "500 gram"),  # TP
        row("500 gram", "50 gram"),  # FP
        row("500 gram", ""),  # FN
    ]
    again = [
        row("2 kilogram", "2 kilogram"),  # TP, else FN
        row("2 kilogram", "1 kilogram"),  # FP, else FN
        row("", "1 kilogram"),  # FP, else TN
        row("2 kilogram", ""),  # FN with and without
        row("12 lightyears", "1 kilogram"),  # not scored: the label has no unit of its entity
    ]
    rows = pd.DataFrame([*first, *again]).assign(reread=[False] * 3 + [True] * 5)
    found = second_looks(rows, DOMAIN, 0.005)
    assert (found["rows"], found["answered"], found["right"]) == (4, 3, 1)
    silent = [one | {"prediction": ""} for one in again]
    assert found["f1_without"] == pytest.approx(scored(*first, *silent)["f1"])


def test_without_any_nothing_changes() -> None:
    rows = [row("500 gram", "500 gram"), row("500 gram", "")]
    found = second_looks(pd.DataFrame(rows).assign(reread=False), DOMAIN, 0.005)
    assert found == {"rows": 0, "answered": 0, "right": 0, "f1_without": scored(*rows)["f1"]}
