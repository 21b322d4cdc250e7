"""The challenge's two rules, each in its one place: when an answer is right, and F1."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from entity_extract.quantities.amounts import Amount

# Values are read from print, so "equal" is equality of the printed numbers, give or take the
# rounding of a float; 12.5 and 12.50 are equal, 12.5 and 12.51 are not.
_SAME: Final = 1e-9


def matches(answer: Amount | None, labels: Sequence[Amount]) -> bool:
    """Exactly as the challenge compares: number as a number, unit as a unit. No answer is none."""
    return answer is not None and any(
        answer.unit == label.unit
        and abs(answer.value - label.value) <= _SAME * max(1.0, abs(label.value))
        for label in labels
    )


def f1(tp: ArrayLike, fp: ArrayLike, fn: ArrayLike) -> NDArray[np.float64]:
    """2 TP / (2 TP + FP + FN) of counts of any one shape; 0 where there is nothing to count.

    An answer is a TP or a FP; only a label that got no answer is a FN, so that a wrong answer is
    not charged twice.
    """
    hits, false, missed = (np.asarray(counts, np.float64) for counts in (tp, fp, fn))
    counted = 2 * hits + false + missed
    return np.where(counted > 0, 2 * hits / np.maximum(counted, 1), 0.0)
