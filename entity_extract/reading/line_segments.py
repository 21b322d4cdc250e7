"""Long straight strokes of a picture: the lines and edges that dimensions are drawn along.

LSD (von Gioi et al., 2010) gives each border between light and dark as a directed segment. A drawn
line has two borders of opposite direction side by side, an edge has one: this tells them apart.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from entity_extract.records import Stroke

Floats = npt.NDArray[np.float64]
Indexes = npt.NDArray[np.intp]
Pixels = npt.NDArray[np.uint8]

MOST_STROKES: Final = 60
_WORKING_SIDE: Final = 800  # pixels: the 2 px lines of a 1000 px picture are still found
_LEAST_SIDE: Final = 16  # of the shorter side at that size: less holds no drawing
_LSD_SCALE: Final = 0.8  # LSD's own default: its blur undoes the staircase of slanted lines
# Shares of the picture's longest side.
_LEAST_LENGTH: Final = 0.035
_LEAST_PIECE: Final = 0.015  # of a stroke that is broken by what it crosses
_GAP: Final = 0.012
_MOST_PIECES: Final = 300  # the longest; joining them is quadratic
_SAME_ANGLE: Final = float(np.sin(np.deg2rad(4.0)))
_WIDEST: Final = 7.0  # pixels at the working size between the two borders of a drawn line
_COVERED: Final = 0.4  # of a drawn line's length, along which the second border is seen
_DRAWN_FIRST: Final = 1.5  # a drawn line is kept before an edge of up to this many times its length


def find_strokes(pixels: Pixels) -> list[Stroke]:
    """At most MOST_STROKES of (h, w, 3) RGB or (h, w) grey pixels, the most telling first."""
    side = max(pixels.shape[:2])
    scale = min(1.0, _WORKING_SIDE / side)
    if min(pixels.shape[:2]) * scale < _LEAST_SIDE:
        return []
    grey = _working_copy(pixels, scale)
    strokes = _joined(_pieces(grey), max(grey.shape))
    return [Stroke(*(round(float(x) / scale, 1) for x in stroke)) for stroke in strokes]


def _working_copy(pixels: Pixels, scale: float) -> Pixels:
    grey = pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    if scale < 1.0:
        grey = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(grey, np.uint8)


def _pieces(grey: Pixels) -> Floats:
    """(n, 4) x0 y0 x1 y1, longest first; the darker side is always on the same hand."""
    detector = cv2.createLineSegmentDetector(cv2.LSD_REFINE_NONE, _LSD_SCALE)
    found = detector.detect(grey)[0]
    if found is None:
        return np.zeros((0, 4))
    pieces = found.reshape(-1, 4).astype(np.float64)
    length = _lengths(pieces)
    order = np.argsort(-length, kind="stable")[:_MOST_PIECES]
    return np.asarray(pieces[order[length[order] >= _LEAST_PIECE * max(grey.shape)]])


def _lengths(lines: Floats) -> Floats:
    return np.asarray(np.hypot(lines[:, 2] - lines[:, 0], lines[:, 3] - lines[:, 1]))


def _joined(pieces: Floats, side: int) -> Floats:
    """(k, 5) x0 y0 x1 y1 thickness, 0 for edges: the pieces of one line made one."""
    pairs = _Pairs(pieces)
    free = np.ones(len(pieces), bool)
    found = []
    for first in range(len(pieces)):
        if free[first]:
            members = pairs.chain(first, free, gap=_GAP * side)
            free[members] = False
            found.append(pairs.stroke(first, members))
    strokes = np.array(found).reshape(-1, 5)
    length = _lengths(strokes)
    telling = length * np.where(strokes[:, 4] > 0, _DRAWN_FIRST, 1.0)
    order = np.argsort(-telling, kind="stable")
    return strokes[order[length[order] >= _LEAST_LENGTH * side][:MOST_STROKES]]


class _Pairs:
    """Every piece seen from every other: in row i, piece i is the axis and begins at 0."""

    def __init__(self, pieces: Floats) -> None:
        self.begin, self.end = pieces[:, :2], pieces[:, 2:]
        self.length = np.maximum(_lengths(pieces), 1e-9)
        self.along = (self.end - self.begin) / self.length[:, None]  # (n, 2) unit vectors
        self.across = np.stack([-self.along[:, 1], self.along[:, 0]], axis=1)
        self.same_way = self.along @ self.along.T > 0  # (n, n)
        span = np.stack([_seen(ends, self.begin, self.along) for ends in (self.begin, self.end)])
        offset = np.stack([_seen(ends, self.begin, self.across) for ends in (self.begin, self.end)])
        self.low, self.high, self.offset = span.min(axis=0), span.max(axis=0), offset.mean(axis=0)
        self.on_line = (np.abs(offset).max(axis=0) <= _WIDEST) & (
            np.abs(self.across @ self.along.T) < _SAME_ANGLE
        )

    def chain(self, first: int, free: npt.NDArray[np.bool_], *, gap: float) -> Indexes:
        """The free pieces that follow one another along `first`, itself among them."""
        at = np.flatnonzero(self.on_line[first] & free)
        if len(at) == 1:
            return at
        low, high = self.low[first, at], self.high[first, at]
        start, end = 0.0, float(self.length[first])
        while True:
            reached = (low <= end + gap) & (high >= start - gap)
            wider = (float(low[reached].min()), float(high[reached].max()))
            if wider == (start, end):
                return np.asarray(at[reached])
            start, end = wider

    def stroke(self, first: int, members: Indexes) -> tuple[float, ...]:
        """x0 y0 x1 y1 thickness of the members' one line, in the middle between its borders."""
        if len(members) == 1:
            return (*self.begin[first], *self.end[first], 0.0)
        start, end = self.low[first, members].min(), self.high[first, members].max()
        same = members[self.same_way[first, members]]
        other = members[~self.same_way[first, members]]
        here = self._middle(first, same)
        shift, thickness = here, 0.0
        least = _COVERED * (end - start)
        if self.length[other].sum() >= least and self.length[same].sum() >= least:
            there = self._middle(first, other)
            shift, thickness = (here + there) / 2, max(1.0, abs(there - here))
        origin = self.begin[first] + shift * self.across[first]
        ends = origin + np.outer([start, end], self.along[first])
        return (*ends.ravel(), thickness)

    def _middle(self, first: int, members: Indexes) -> float:
        weight = self.length[members]
        return float(self.offset[first, members] @ weight / weight.sum())


def _seen(points: Floats, origins: Floats, axes: Floats) -> Floats:
    """(n, n): where point j lies on axis i, measured from origin i."""
    return np.asarray(axes @ points.T - (axes * origins).sum(axis=1)[:, None])
