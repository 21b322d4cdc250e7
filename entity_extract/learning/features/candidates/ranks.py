"""A candidate among the others of its row."""

import math

import numpy as np
import numpy.typing as npt

from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.registry import Features

_TWIN_TOLERANCE = 0.03  # "10 in (25 cm)": packaging rounds the converted figure

ranks = Features[RowCandidates]()


@ranks.feature("candidates")
def candidates(row: RowCandidates) -> npt.ArrayLike:
    return len(row)


@ranks.feature("rank_from_largest")
def rank_from_largest(row: RowCandidates) -> npt.ArrayLike:
    return _rank(-row.log_si)


@ranks.feature("rank_from_smallest")
def rank_from_smallest(row: RowCandidates) -> npt.ArrayLike:
    return _rank(row.log_si)


@ranks.feature("rank_by_letter_height")
def rank_by_letter_height(row: RowCandidates) -> npt.ArrayLike:
    return _rank(-row.letters)


@ranks.feature("rank_from_left")
def rank_from_left(row: RowCandidates) -> npt.ArrayLike:
    return _rank(row.centers[:, 0])


@ranks.feature("rank_from_top")
def rank_from_top(row: RowCandidates) -> npt.ArrayLike:
    return _rank(row.centers[:, 1])


@ranks.feature("same_unit_share")
def same_unit_share(row: RowCandidates) -> npt.ArrayLike:
    units = [candidate.unit for candidate in row.candidates]
    return [units.count(unit) / len(units) for unit in units]


@ranks.features("twin", "twin_is_larger_print")
def twins(row: RowCandidates) -> npt.ArrayLike:
    """Whether another states the same size in another unit, as in `10 in (25 cm)`."""
    way = np.abs(row.log_si[None, :] - row.log_si[:, None])
    unit = np.array([candidate.unit for candidate in row.candidates])
    twin = (way < math.log10(1 + _TWIN_TOLERANCE)) & (unit[None, :] != unit[:, None])
    larger = row.letters[None, :] > row.letters[:, None]
    return np.stack([twin.any(axis=1), (twin & larger).any(axis=1)], axis=1)


def _rank(key: np.ndarray) -> np.ndarray:
    """(k,) how many candidates have a smaller key."""
    return np.asarray((key[None, :] < key[:, None]).sum(axis=1))
