"""Where a length stands in a drawing: the line it was written along, its side, its neighbour.

Numbers for the ranker and no rules: what is level, upright or oblique is mostly a width, a height
or a depth, but not always. Everything is measured in letter heights or in parts of the drawing.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.registry import Features
from entity_extract.quantities.candidates import Mention
from entity_extract.records import Word

Floats = npt.NDArray[np.float64]

drawing = Features[RowCandidates]()

FAR: Final = 12.0
_DRAWN: Final = "length"  # the dimension whose quantities stand at lines; elsewhere they are noise
_FARTHEST_NEIGHBOUR: Final = 20.0
_SAME_PLACE: Final = 0.5  # letter heights: two readings of one text are no neighbours
_LEVEL: Final = float(np.cos(np.deg2rad(12.0)))
# In letter heights. A text stands beside the middle of its line: at the end it is as good as this
# much farther off; so is the edge of an object, beside a drawn line.
_OFF_CENTRE: Final = 1.5
_EDGE: Final = 0.5
_LETTER_MARGIN: Final = 0.15  # of a word's height: strokes within a word are its letters'


_KINDS = ("level", "upright", "oblique")
_LINES = tuple(f"{kind}_line" for kind in _KINDS)
_RANKS = tuple(f"rank_by_{line}" for line in _LINES)
_OWN = ("own_line", "rank_by_own_line", "own_line_over_best")
_TOLD = tuple(f"{kind}_told" for kind in _KINDS)
_RANKS_TOLD = tuple(f"rank_by_{told}" for told in _TOLD)
_OWN_TOLD = ("own_told", "rank_by_own_told")
_SIDES = ("side_x", "side_y")
_NEIGHBOURS = ("neighbour_x", "neighbour_y")


@drawing.features(*_LINES, *_RANKS, *_OWN)
def lines(row: RowCandidates) -> npt.ArrayLike:
    """How far off the best stroke of each kind is, in letter heights, FAR where none is; and how
    many candidates of the row have a nearer one. Of the kind that the entity is drawn along the
    same two once more, and how much nearer a stroke of any kind is; 0 where it has no such kind.
    All these follow from the others, at the price of a split for each in every tree."""
    if row.dimension != _DRAWN:
        return np.zeros((len(row), 9))
    strokes = _without_letters(row.stroke_table, row.word_boxes)
    lines = _line_costs(row.boxes, _letters(row), strokes)
    ranks = (lines[None, :] < lines[:, None]).sum(axis=1)
    drawn = row.domain.entities[row.entity].drawn
    own = np.zeros((len(row), 3))
    if drawn:
        kind = _KINDS.index(drawn)
        own = np.stack([lines[:, kind], ranks[:, kind], lines[:, kind] - lines.min(axis=1)], axis=1)
    return np.concatenate([lines, ranks, own], axis=1)


@drawing.features(*_TOLD, *_RANKS_TOLD, *_OWN_TOLD)
def told(row: RowCandidates) -> npt.ArrayLike:
    """How likely a level, upright or oblique dimension line is that of the text, as the network of
    `reading/dimension_lines` says; how many candidates of the row are likelier to have one; and
    both of the kind that the entity is drawn along."""
    if row.dimension != _DRAWN:
        return np.zeros((len(row), 8))
    likely = np.array([_told(mention, row.words) for mention in row.best])
    ranks = (likely[None, :] > likely[:, None]).sum(axis=1)
    drawn = row.domain.entities[row.entity].drawn
    own = np.zeros((len(row), 2))
    if drawn:
        kind = _KINDS.index(drawn)
        own = np.stack([likely[:, kind], ranks[:, kind]], axis=1)
    return np.concatenate([likely, ranks, own], axis=1)


@drawing.features(*_SIDES)
def sides(row: RowCandidates) -> npt.ArrayLike:
    """0 and 1 are the left and right ends of all strokes, or else of the picture."""
    if row.dimension != _DRAWN:
        return np.zeros((len(row), 2))
    return _sides(row.centers, row.stroke_table, row.picture)


@drawing.features(*_NEIGHBOURS)
def neighbours(row: RowCandidates) -> npt.ArrayLike:
    """From here to the nearest other candidate, in letter heights."""
    if row.dimension != _DRAWN:
        return np.zeros((len(row), 2))
    return _neighbours(row.centers, _letters(row))


def _told(mention: Mention, words: Sequence[Word]) -> tuple[float, float, float]:
    """Of the word that is surest of a line: units apart may be shared with another number."""
    seen = ((words[at].level, words[at].upright, words[at].oblique) for at in mention.words)
    return max(seen, key=sum)


DRAWING_FEATURES = (
    *_LINES,
    *_RANKS,
    *_OWN,
    *_TOLD,
    *_RANKS_TOLD,
    *_OWN_TOLD,
    *_SIDES,
    *_NEIGHBOURS,
)


def _letters(row: RowCandidates) -> Floats:
    """(k,) letter heights in pixels, at least 1."""
    return np.maximum([mention.letter_height for mention in row.best], 1.0)


def _without_letters(strokes: Floats, words: Floats) -> Floats:
    """(m, 5): the strokes (s, 5) which do not lie within a word, of boxes (w, 4)."""
    margin = _LETTER_MARGIN * np.minimum(words[:, 2], words[:, 3])[:, None]
    low, high = words[:, :2] - margin, words[:, :2] + words[:, 2:] + margin
    first = np.minimum(strokes[:, :2], strokes[:, 2:4])[:, None]  # the least x and y of its ends
    last = np.maximum(strokes[:, :2], strokes[:, 2:4])[:, None]
    within = (first[..., 0] >= low[:, 0]) & (last[..., 0] <= high[:, 0])
    within &= (first[..., 1] >= low[:, 1]) & (last[..., 1] <= high[:, 1])
    return np.asarray(strokes[~within.any(axis=1)])


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


def _sides(centers: Floats, strokes: Floats, picture: tuple[int, int]) -> Floats:
    """(k, 2): where the texts stand in the box around all strokes (s, 5), or in the picture."""
    around = strokes[:, :4] if len(strokes) else np.array([(0, 0, *picture)], float)
    ends = around.reshape(-1, 2)
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
