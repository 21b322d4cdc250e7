"""A candidate among the others of its row."""

import math

import numpy as np
import numpy.typing as npt

from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.registry import Features

TWIN_TOLERANCE = 0.03  # "10 in (25 cm)": packaging rounds the converted figure

ranks = Features[RowCandidates]()


@ranks.feature("candidates")
def candidates(row: RowCandidates) -> npt.ArrayLike:
    return len(row)


@ranks.features(
    *("rank_from_largest", "rank_from_smallest"),
    *("rank_by_letter_height", "rank_from_left", "rank_from_top"),
)
def places(row: RowCandidates) -> npt.ArrayLike:
    """How many candidates come before it, in each of these orders."""
    left, top = row.centers.T
    keys = np.stack([-row.log_si, row.log_si, -row.letters, left, top], axis=1)
    return np.asarray((keys[None, :] < keys[:, None]).sum(axis=1))


@ranks.feature("same_unit_share")
def same_unit_share(row: RowCandidates) -> npt.ArrayLike:
    units = [candidate.unit for candidate in row]
    return [units.count(unit) / len(units) for unit in units]


@ranks.features("twin", "twin_is_larger_print")
def twins(row: RowCandidates) -> npt.ArrayLike:
    """Whether another states the same size in another unit, as in `10 in (25 cm)`."""
    if len(row) == 1:
        return np.zeros((1, 2))
    way = np.abs(row.log_si[None, :] - row.log_si[:, None])
    code = row.domain.unit_names.index
    unit = np.array([code(candidate.unit) for candidate in row])
    twin = (way < math.log10(1 + TWIN_TOLERANCE)) & (unit[None, :] != unit[:, None])
    larger = row.letters[None, :] > row.letters[:, None]
    return np.stack([twin.any(axis=1), (twin & larger).any(axis=1)], axis=1)
