"""Which candidates are right: exactly as the challenge compares an answer with a label."""

from collections.abc import Sequence

import numpy as np

from entity_extract.config import Domain
from entity_extract.learning.features.examples import Examples
from entity_extract.quantities.amounts import Answer

# Values are read from print, so "equal" is equality of the printed numbers, give or take the
# rounding of a float; 12.5 and 12.50 are equal, 12.5 and 12.51 are not.
_SAME = 1e-9


def is_right(examples: Examples, domain: Domain) -> np.ndarray:
    """(m,) bool: the candidate is what the label says (either end of a range)."""
    names = domain.unit_names
    return np.array(
        [
            matches(Answer(float(value), names[unit]), examples.labels[row])
            for row, value, unit in zip(examples.owner, examples.value, examples.unit, strict=True)
        ],
        bool,
    )


def matches(answer: Answer, labels: Sequence[Answer]) -> bool:
    """Exactly as the challenge compares: number as a number, unit as a unit."""
    return any(
        answer.unit == label.unit
        and abs(answer.value - label.value) <= _SAME * max(1.0, abs(label.value))
        for label in labels
    )
