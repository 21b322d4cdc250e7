"""Boxes that stand in a row, as letters do: close to each other and about as high."""

from typing import Final

import numpy as np

_NEIGHBOURS: Final = 12
# In heights, of a box and the one that it is linked to.
_MAX_GAP: Final = 1.1
_MAX_OVERLAP: Final = 0.3
_MAX_HEIGHT_RATIO: Final = 2.2
_MIN_SHARED_HEIGHT: Final = 0.5


def rows_of(boxes: np.ndarray) -> list[np.ndarray]:
    """Indexes of the boxes (n, 4) left, top, width, height, two at least, that stand in a row."""
    if len(boxes) < 2:
        return []
    left, top, width, height = boxes.T
    one, other = _neighbours(np.stack([left + width / 2, top + height / 2], axis=1))
    taller = np.maximum(height[one], height[other])
    lower = np.minimum(height[one], height[other])
    gap = left[other] - (left[one] + width[one])
    shared = np.minimum(top[one] + height[one], top[other] + height[other])
    shared -= np.maximum(top[one], top[other])
    linked = (gap <= _MAX_GAP * taller) & (gap >= -_MAX_OVERLAP * lower)
    linked &= (taller <= _MAX_HEIGHT_RATIO * lower) & (shared >= _MIN_SHARED_HEIGHT * lower)
    return _groups(one[linked], other[linked], len(boxes))


def _neighbours(middles: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of indexes: each point with those of its nearest ones that are not left of it."""
    count = min(_NEIGHBOURS, len(middles))
    from scipy.spatial import cKDTree  # a third of a second: not for who only asks for a version

    _, nearest = cKDTree(middles).query(middles, k=count)
    one, other = np.repeat(np.arange(len(middles)), count), nearest.ravel()
    kept = (one != other) & (middles[other, 0] >= middles[one, 0])
    return one[kept], other[kept]


def _groups(one: np.ndarray, other: np.ndarray, size: int) -> list[np.ndarray]:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    links = coo_array((np.ones(len(one), np.int8), (one, other)), shape=(size, size))
    _, group = connected_components(links, directed=False)
    order = np.argsort(group, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    return [part for part in parts if len(part) > 1]
