"""Abstention thresholds to choose from: what a few `predict.min_confidence` would score."""

from typing import Any

import numpy as np
import pandas as pd

from entity_extract.config import Domain, EvaluateConfig
from entity_extract.evaluation.bootstrap import Floats
from entity_extract.evaluation.curves import TradeOff, trade_off
from entity_extract.evaluation.outcomes import outcomes_of_rows
from entity_extract.quantities.scoring import f1

PRECISIONS = (0.80, 0.85, 0.90, 0.95, 0.99)
_STEPS = 1000  # per unit of confidence: a point has three digits, and scores what it says with them


def operating_points(
    rows: pd.DataFrame, domain: Domain, config: EvaluateConfig
) -> list[dict[str, Any]]:
    """As run, best F1, and the boldest that reaches each of PRECISIONS; `rows` as for `score`.

    Each has point, min_confidence, precision, recall, f1 and answered (share of rows). As run,
    min_confidence is just below what was answered, or None where no single one gives these
    answers. Precisions that are not reached are absent; of those that one confidence reaches, the
    highest stands for all. Empty without a label or without a confidence.
    """
    evaluated = outcomes_of_rows(rows, domain, config.value_tolerance)
    curve = trade_off(evaluated)
    if not evaluated["labelled"].any() or not len(curve.threshold):
        return []
    least = np.unique(np.floor(curve.threshold * _STEPS) / _STEPS)
    at = np.searchsorted(curve.threshold, least)  # answered from the next confidence on
    best = int(np.argmax(curve.f1[at]))
    found = [_as_run(evaluated), _point("best F1", least[best], curve, at[best], len(evaluated))]
    reached: dict[int, dict[str, Any]] = {}
    for precision in PRECISIONS:
        enough = np.flatnonzero(curve.precision[at] >= precision)
        if len(enough):
            first = int(enough[0])  # recall only falls from here
            name = f"precision {precision:.2f}"
            reached[first] = _point(name, least[first], curve, at[first], len(evaluated))
    return [*found, *reached.values()]


def _point(name: str, least: float, curve: TradeOff, at: int, rows: int) -> dict[str, Any]:
    return {
        "point": name,
        "min_confidence": float(least),
        "precision": float(curve.precision[at]),
        "recall": float(curve.recall[at]),
        "f1": float(curve.f1[at]),
        "answered": float(curve.given[at]) / rows,
    }


def _as_run(evaluated: pd.DataFrame) -> dict[str, Any]:
    answered, right, labelled = (
        evaluated[name].to_numpy(dtype=bool) for name in ("answered", "right", "labelled")
    )
    hits, given, silent = right.sum(), answered.sum(), (labelled & ~answered).sum()
    confidence = evaluated["confidence"].to_numpy(dtype=float)
    return {
        "point": "as run",
        "min_confidence": _single(confidence[answered], confidence[~answered]),
        "precision": float(hits / max(given, 1)),
        "recall": float(hits / max(hits + silent, 1)),
        "f1": float(f1(hits, given - hits, silent)),
        "answered": float(given / len(evaluated)),
    }


def _single(given: Floats, kept: Floats) -> float | None:
    """The one confidence that parts them, if there is one."""
    if not len(given) or np.isnan(given).any():
        return None
    least = float(np.floor(given.min() * _STEPS) / _STEPS)
    return None if (kept >= least).any() else least
