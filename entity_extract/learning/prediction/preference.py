"""Which of several ways to print one quantity is answered: "10 in (25.4 cm)"."""

import numpy as np

from entity_extract.learning.features.candidates.ranks import TWIN_TOLERANCE
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.model import Choice

AS_LABELLED = "as labelled"
FIRST_PRINTED = "first printed"


def preferred(examples: Examples, chosen: Choice, prefer: str) -> np.ndarray:
    """(n,) positions among all candidates, as `chosen.best`, each exchanged for a candidate of the
    same size as `prefer` asks for it.

    "as labelled": the model's own choice. "first printed": the one that a reader comes to first.
    "metric", "imperial": the likeliest in a unit of that system, where one is printed: what is not
    in the picture is never answered, so nothing is converted.
    """
    if prefer == AS_LABELLED:
        return chosen.best
    system = np.array([examples.domain.units[name].system for name in examples.domain.unit_names])
    log_si = examples.column("log_si")
    found = chosen.best.copy()
    for row, (best, order) in enumerate(zip(chosen.best, chosen.order, strict=True)):
        if best < 0:
            continue
        same = order[np.abs(log_si[order] - log_si[best]) < np.log10(1 + TWIN_TOLERANCE)]
        if prefer == FIRST_PRINTED:
            found[row] = _first_read(examples.boxes, same)
        elif len(wanted := same[system[examples.unit[same]] == prefer]):
            found[row] = wanted[0]
    return found


def _first_read(boxes: np.ndarray, candidates: np.ndarray) -> int:
    """Of `candidates` the one that stands first: on one line the left one, else the upper one."""
    first = int(candidates[0])
    for other in map(int, candidates[1:]):
        left, top, _, height = boxes[first]
        its_left, its_top, _, its_height = boxes[other]
        overlap = min(top + height, its_top + its_height) - max(top, its_top)
        on_one_line = 2 * overlap > min(height, its_height)
        if its_left < left if on_one_line else its_top < top:
            first = other
    return first
