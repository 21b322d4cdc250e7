"""How large and where it is printed, and in which words."""

import numpy as np
import numpy.typing as npt

from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.registry import Features
from entity_extract.quantities.parse import Kind

KIND_FEATURES = tuple(f"kind_{kind}" for kind in Kind)

printed = Features[RowCandidates]()


@printed.feature("letter_height")
def letter_height(row: RowCandidates) -> npt.ArrayLike:
    return row.letters


@printed.feature("letter_height_of_largest")
def letter_height_of_largest(row: RowCandidates) -> npt.ArrayLike:
    return np.asarray(row.letters / max(row.letters.max(), 1e-6))


@printed.features("center_x", "center_y")
def center(row: RowCandidates) -> npt.ArrayLike:
    return row.centers / row.picture


@printed.feature("vertical")
def vertical(row: RowCandidates) -> npt.ArrayLike:
    return [mention.angle in (90, 270) for mention in row.best]


_KINDS = tuple(Kind)


@printed.features(*KIND_FEATURES)
def kinds(row: RowCandidates) -> npt.ArrayLike:
    """In which ways it is written, over all mentions."""
    found = [{m.quantity.kind for m in candidate.mentions} for candidate in row]
    return [[kind in written for kind in _KINDS] for written in found]


@printed.features("position", "factors")
def product(row: RowCandidates) -> npt.ArrayLike:
    """Which factor of a product it is, and of how many."""
    return [(mention.quantity.position, mention.quantity.of) for mention in row.best]


@printed.features("axis_own", "axis_rival")
def axes(row: RowCandidates) -> npt.ArrayLike:
    """Whether an axis at the number ("w", "breite") names this entity, or something else."""
    named = [{m.quantity.axis for m in c.mentions if m.quantity.axis} for c in row]
    return [(not axes.isdisjoint(row.keywords), not axes <= row.keywords) for axes in named]
