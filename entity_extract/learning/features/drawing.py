"""Where a length stands in a drawing: the line it was written along, its side, its neighbour.

Numbers for the ranker and no rules: what is level, upright or oblique is mostly a width, a height
or a depth, but not always. Everything is measured in letter heights or in parts of the drawing.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from entity_extract.quantities.candidates import Mention
from entity_extract.records import Stroke, Word

Floats = npt.NDArray[np.float64]

DRAWING_FEATURES: tuple[str, ...] = (
    "level_line",  # how far off the best level stroke is, in letter heights; FAR where none is
    "upright_line",
    "oblique_line",
    "rank_by_level_line",  # how many candidates of the row have a nearer one
    "rank_by_upright_line",
    "rank_by_oblique_line",
    "side_x",  # 0 and 1 are the left and right ends of all strokes
    "side_y",
    "neighbour_x",  # from here to the nearest other candidate, in letter heights
    "neighbour_y",
)

FAR: Final = 12.0
_FARTHEST_NEIGHBOUR: Final = 20.0
_SAME_PLACE: Final = 0.5  # letter heights: two readings of one text are no neighbours
_LEVEL: Final = float(np.cos(np.deg2rad(12.0)))
# In letter heights. A text stands beside the middle of its line: at the end it is as good as this
# much farther off; so is the edge of an object, beside a drawn line.
_OFF_CENTRE: Final = 1.5
_EDGE: Final = 0.5
_LETTER_MARGIN: Final = 0.15  # of a word's height: strokes within a word are its letters'


def drawing_features(
    mentions: Sequence[Mention],
    words: Sequence[Word],
    strokes: Sequence[Stroke],
    picture: tuple[int, int],
) -> Floats:
    """(k, len(DRAWING_FEATURES)), one row per candidate's best mention, in their order."""
    boxes = np.array([mention.box for mention in mentions], float).reshape(-1, 4)
    letters = np.maximum([mention.letter_height for mention in mentions], 1.0)
    centers = boxes[:, :2] + boxes[:, 2:] / 2
    lines = _line_costs(boxes, letters, _without_letters(strokes, words))
    ranks = (lines[None, :] < lines[:, None]).sum(axis=1)
    sides = _sides(centers, strokes, picture)
    return np.concatenate([lines, ranks, sides, _neighbours(centers, letters)], axis=1)


def _without_letters(strokes: Sequence[Stroke], words: Sequence[Word]) -> Floats:
    """(m, 5): the strokes which do not lie within a word."""
    table = np.array(strokes, float).reshape(-1, 5)
    boxes = np.array([(w.left, w.top, w.width, w.height) for w in words], float).reshape(-1, 4)
    margin = _LETTER_MARGIN * boxes[:, 2:].min(axis=1, keepdims=True)
    low, high = boxes[:, :2] - margin, boxes[:, :2] + boxes[:, 2:] + margin
    ends = table[:, :4].reshape(-1, 1, 2, 2)  # stroke, word, end, xy
    within = ((ends >= low[:, None]) & (ends <= high[:, None])).all(axis=(2, 3))
    return np.asarray(table[~within.any(axis=1)])


def _line_costs(boxes: Floats, letters: Floats, strokes: Floats) -> Floats:
    """(k, 3): to the best level, upright and oblique stroke, at most FAR."""
    begin, end = strokes[:, :2], strokes[:, 2:4]
    length = np.maximum(np.hypot(*(end - begin).T), 1e-6)
    along = (end - begin) / length[:, None]  # (m, 2) unit vectors
    offset = (boxes[:, :2] + boxes[:, 2:] / 2)[:, None] - (begin + end) / 2  # (k, m, 2)
    half = boxes[:, 2:] / 2
    at = np.abs((offset * along).sum(axis=2))
    across = np.abs(offset[..., 1] * along[:, 0] - offset[..., 0] * along[:, 1])
    beyond = np.maximum(at - length / 2 - half @ np.abs(along.T), 0.0)
    beside = np.maximum(across - half @ np.abs(along[:, ::-1].T), 0.0)
    off_centre = np.minimum(at / (length / 2), 2.0)
    cost = np.hypot(beyond, beside) / letters[:, None]
    cost += _OFF_CENTRE * off_centre + _EDGE * (strokes[:, 4] == 0)
    level, upright = (np.abs(along) > _LEVEL).T
    kinds = (level, upright, ~level & ~upright)
    return np.stack([cost[:, kind].min(axis=1, initial=FAR) for kind in kinds], axis=1)


def _sides(centers: Floats, strokes: Sequence[Stroke], picture: tuple[int, int]) -> Floats:
    """(k, 2): where the texts stand in the box around all strokes, or in the picture."""
    ends = np.array([stroke[:4] for stroke in strokes] or [(0, 0, *picture)], float).reshape(-1, 2)
    low, high = ends.min(axis=0), ends.max(axis=0)
    return np.asarray((centers - low) / np.maximum(high - low, 1.0))


def _neighbours(centers: Floats, letters: Floats) -> Floats:
    """(k, 2): the way to the nearest candidate in another place; 0, 0 where there is none."""
    way = (centers[None, :] - centers[:, None]) / letters[:, None, None]
    far = np.hypot(way[..., 0], way[..., 1])
    far[np.abs(way).max(axis=2) <= _SAME_PLACE] = np.inf
    nearest = far.argmin(axis=1)
    rows = np.arange(len(centers))
    found = np.isfinite(far[rows, nearest])[:, None]
    step = np.clip(way[rows, nearest], -_FARTHEST_NEIGHBOUR, _FARTHEST_NEIGHBOUR)
    return np.where(found, step, 0.0)
