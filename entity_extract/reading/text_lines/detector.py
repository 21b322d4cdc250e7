"""Finds lines of text at any angle, without a model: contrast, letters, letters in a row.

Page segmentation is made for pages: of a product photo it takes the photo for the page. Here a
blob that differs from its surroundings is a letter until proven otherwise, and blobs of like
height that stand close in a row are a line. That finds too much, which `line_classifier` mends, and
misses little, which nothing later could.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

import cv2
import numpy as np
from PIL import Image

from entity_extract.reading.text_lines.blobs import blobs_of, inks
from entity_extract.reading.text_lines.letter_rows import rows_of
from entity_extract.reading.text_lines.medians import median

WORK_PX: Final = 1200  # longest side that is searched; the strokes of a 6 px letter survive it
_MAX_ENLARGED: Final = 3.0
_MIN_LETTER_PX: Final = 6  # at the searched size
_MAX_LETTER: Final = 0.5  # of the picture's longest side
_MAX_LINES: Final = 400
_DIRECTIONS: Final = (0, 90, 45, -45)  # degrees clockwise; each is good for some 22 to both sides
_OBLIQUE_SIDE: Final = 0.85  # of a letter that stands at 45 degrees, to the side of its upright box
_MIN_OBLIQUE: Final = 4  # letters; any three blobs stand in some oblique row
_MIN_SLANTED: Final = 5  # letters; fewer are not enough to tell a slant from a descender
_MAX_SLANTED: Final = 100  # letters whose pairs are compared; texture chains thousands
_MIN_SLANT: Final = 4.0  # degrees; below it Tesseract does not mind
_MIN_ELONGATION: Final = 1.2  # of a line; a blot beside a blot is none
_MAX_MARK: Final = 0.6  # height of a full stop or of an inch mark, in letter heights
_MAX_MARK_GAP: Final = 0.5


class Shape(NamedTuple):
    """What a line of text has in common with others; lengths in letter heights unless named."""

    letters: int
    letter_px: float  # as searched
    height_spread: float  # standard deviation over mean
    width_spread: float
    letter_width: float
    gap: float  # median between neighbours
    gap_spread: float
    thickness: float
    elongation: float
    unevenness: float  # median distance of the letters' feet from their median
    upright: bool


class TextLine(NamedTuple):
    """An oriented box around one line, in pixels of the upright, full-size picture.

    `x`, `y` is its centre, `length` runs along the letters and `thickness` across them. `degrees`
    is the clockwise direction of reading: 0 as usual, 90 downwards, 270 upwards. `letter_height`
    is the median of its letters, `dark` whether they are darker than what they stand on.
    """

    x: float
    y: float
    length: float
    thickness: float
    degrees: float
    letter_height: float
    dark: bool = True
    shape: Shape | None = None

    @property
    def runs_down(self) -> bool:
        """Whether it runs more down than across, or up: which of the two its box cannot tell."""
        return 67 < self.degrees % 180 < 113


# Lines of a picture, given in colour and as (height, width) uint8 grey. May raise OcrFailed.
FindLines = Callable[[Image.Image, np.ndarray], list[TextLine]]


def find_text_lines(
    grey: np.ndarray, *, light: bool = True, turned: bool = True, slanted: bool = True
) -> list[TextLine]:
    """The lines of (height, width) uint8 pixels, the largest first.

    `light`: letters lighter than what they stand on too. `turned`: lines that run down or up too,
    given as if they ran down. `slanted`: oblique ones too.
    """
    scale = min(WORK_PX / max(grey.shape), _MAX_ENLARGED)
    directions = [d for d in _DIRECTIONS if d == 0 or (turned if d == 90 else slanted)]
    found = [
        line
        for dark, ink in inks(_resized(grey, scale), light=light)
        for line in _lines_of(blobs_of(ink, _MAX_LETTER * max(ink.shape)), dark, directions)
    ]
    found.sort(key=lambda line: -line.length * line.thickness)
    return [_at_full_size(line, scale) for line in found[:_MAX_LINES]]


def _resized(grey: np.ndarray, scale: float) -> np.ndarray:
    height, width = (max(round(side * scale), 1) for side in grey.shape)
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(grey, (width, height), interpolation=way)


def _lines_of(blobs: np.ndarray, dark: bool, directions: list[int]) -> list[TextLine]:
    """Rows in the first direction; in others, where the letters do not stand in a longer row."""
    letters = np.flatnonzero(blobs[:, 2:].max(axis=1) >= _MIN_LETTER_PX)
    in_row = np.zeros(len(blobs), np.intp)
    lines = []
    for degrees in directions:
        frame = _turned(blobs, degrees)
        tall = letters[frame[letters, 3] >= _MIN_LETTER_PX]
        rows = [tall[row] for row in rows_of(frame[tall])]
        if degrees != 0:
            rows = [row for row in rows if _is_longest(row, in_row, oblique=degrees % 90 != 0)]
        for row in rows:
            in_row[row] = np.maximum(in_row[row], len(row))
            lines.append(_line(frame, row, degrees, dark))
    return [line for line in lines if line.length >= _MIN_ELONGATION * line.thickness]


def _turned(blobs: np.ndarray, degrees: int) -> np.ndarray:
    """`blobs` (n, 4) left, top, width, height, in axes along and across the direction."""
    if degrees == 0:
        return blobs
    middles, sizes = blobs[:, :2] + blobs[:, 2:] / 2, blobs[:, 2:]
    along = _along(degrees)
    middles = np.stack([middles @ along, middles @ _across(along)], axis=1)
    if degrees % 90:
        sizes = np.repeat(sizes.max(axis=1, keepdims=True) * _OBLIQUE_SIDE, 2, axis=1)
    else:
        sizes = sizes[:, ::-1]
    return np.concatenate([middles - sizes / 2, sizes], axis=1)


def _is_longest(row: np.ndarray, in_row: np.ndarray, *, oblique: bool) -> bool:
    """Whether most letters of `row` stand in no other row that is as likely a line."""
    others = in_row[row]
    if oblique:
        return len(row) >= _MIN_OBLIQUE and len(row) > 1.3 * median(others)
    of_text = np.mean(others >= np.clip(len(row), 3, 8)) > 0.4
    return not (of_text and median(others) >= 3)


def _line(frame: np.ndarray, row: np.ndarray, degrees: int, dark: bool) -> TextLine:
    """The box around the letters `row` and the marks that end them, turned by their slant."""
    letters = frame[row]
    height = median(letters[:, 3])
    ends = np.concatenate([letters, _marks_after(letters, frame, height)])
    slant = _slant(letters, level=degrees == 0)
    along = _along(slant)
    corners = np.concatenate(
        [ends[:, :2] + ends[:, 2:] * part for part in ((0, 0), (0, 1), (1, 0), (1, 1))]
    )
    places = np.stack([corners @ along, corners @ _across(along)], axis=1)
    low, high = places.min(axis=0), places.max(axis=0)
    length, thickness = map(float, high - low)
    turn = degrees + slant
    along = _along(turn)
    x, y = (low + high) / 2 @ np.stack([along, _across(along)])
    shape = _shape(letters, length, thickness, upright=degrees == 0)
    return TextLine(float(x), float(y), length, thickness, turn, height, dark, shape)


def _marks_after(letters: np.ndarray, frame: np.ndarray, height: float) -> np.ndarray:
    """Blobs too low for letters that follow the last one closely: an inch mark is a unit."""
    top, bottom = letters[:, 1].min(), (letters[:, 1] + letters[:, 3]).max()
    middle = frame[:, 1] + frame[:, 3] / 2
    low = (frame[:, 3] <= _MAX_MARK * height) & (frame[:, 2] <= _MAX_MARK * height)
    marks = frame[low & (middle > top - 0.2 * height) & (middle < bottom)]
    end = float((letters[:, 0] + letters[:, 2]).max())
    found = []
    for mark in marks[np.argsort(marks[:, 0], kind="stable")]:
        if end - 0.2 * height <= mark[0] <= end + _MAX_MARK_GAP * height:
            found.append(mark)
            end = max(end, float(mark[0] + mark[2]))
    return np.array(found, frame.dtype).reshape(-1, 4)


def _slant(letters: np.ndarray, *, level: bool) -> float:
    """Degrees clockwise by which a row leaves its direction (Theil-Sen); 0 where it hardly does.

    Level text stands on its feet; of other directions it is not known where the feet are.
    """
    if len(letters) < _MIN_SLANTED:
        return 0.0
    letters = letters[:: max(len(letters) // _MAX_SLANTED, 1)]
    along = letters[:, 0] + letters[:, 2] / 2
    across = letters[:, 1] + letters[:, 3] * (1.0 if level else 0.5)
    one, other = np.triu_indices(len(letters), 1)
    run = along[other] - along[one]
    apart = np.abs(run) > median(np.abs(run)) / 2
    slope = median((across[other] - across[one])[apart] / run[apart]) if apart.any() else 0.0
    slant = float(np.rad2deg(np.arctan(slope)))
    return slant if abs(slant) >= _MIN_SLANT else 0.0


def _shape(letters: np.ndarray, length: float, thickness: float, *, upright: bool) -> Shape:
    order = np.argsort(letters[:, 0], kind="stable")
    left, top, width, height = letters[order].T
    unit = max(median(height), 1.0)
    gaps = (left[1:] - (left + width)[:-1]) / unit
    feet = top + height
    return Shape(
        letters=len(letters),
        letter_px=unit,
        height_spread=float(height.std() / height.mean()),
        width_spread=float(width.std() / width.mean()),
        letter_width=median(width) / unit,
        gap=median(gaps),
        gap_spread=float(gaps.std()),
        thickness=thickness / unit,
        elongation=length / max(thickness, 1.0),
        unevenness=median(np.abs(feet - median(feet))) / unit,
        upright=upright,
    )


def _along(degrees: float) -> np.ndarray:
    return np.array([np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))])


def _across(along: np.ndarray) -> np.ndarray:
    return np.array([-along[1], along[0]])


def _at_full_size(line: TextLine, scale: float) -> TextLine:
    return line._replace(
        x=line.x / scale,
        y=line.y / scale,
        length=line.length / scale,
        thickness=line.thickness / scale,
        letter_height=line.letter_height / scale,
    )
