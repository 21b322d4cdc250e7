"""Boxes around lines of text, from PP-OCR's detector.

The network answers with a map of how likely each pixel lies in the shrunken core of a text line
(Liao et al. 2019, Real-time Scene Text Detection with Differentiable Binarization); cores become
rotated rectangles and are grown back to the size of the line.
"""

import math
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from entity_extract.reading.ppocr.onnx_models import open_session

Quad = NDArray[np.float32]  # (4, 2): x, y of the corners, clockwise from the top left
Pixels = NDArray[np.uint8]  # (height, width, 3): RGB

_STRIDE: Final = 32  # the network halves its input five times
_LEAST: Final = 550_000  # pixels that a small picture is enlarged to
_MAX_SCALE: Final = 2.0  # and no further than this
_MAX_SIDE: Final = 2560  # of what the network sees, for very long pictures
_BLANK: Final = 12  # grey levels that noise of JPEG may differ by
_MARGIN: Final = 8  # pixels left around what differs: a letter is not found at the very edge
# rapidocr 3.10's config.yaml, section Det
_CORE: Final = 0.3  # how likely a pixel of a core is
_MIN_SCORE: Final = 0.5  # mean over the core's rectangle
_GROWTH: Final = 1.6  # grown by area * this / perimeter
_MIN_SIDE: Final = 3.0  # of a core, in pixels of the map
_MAX_BOXES: Final = 1000


class TextDetector:
    """Finds lines of text at any angle. Not for use by two threads at once."""

    def __init__(self, model: Path, *, pixels: int) -> None:
        self._session = open_session(model, keep_memory=True)
        self._input = self._session.get_inputs()[0].name
        self._pixels = pixels

    def find(self, picture: Pixels) -> list[Quad]:
        """The lines' corners in pixels of `picture`, from top to bottom."""
        left, top, width, height = _content(picture)
        part = picture[top : top + height, left : left + width]
        corner = np.array([left, top], dtype=np.float32)
        return [quad + corner for quad in _quads(self._text_map(part), part)]

    def _text_map(self, picture: Pixels) -> NDArray[np.float32]:
        """(height, width, 3) -> (rows, columns), 0 to 1; both multiples of 32."""
        width, height = self._page_size(picture.shape[1], picture.shape[0])
        # Averaging keeps thin strokes where linear sampling would skip pixels between them.
        how = cv2.INTER_AREA if width < picture.shape[1] else cv2.INTER_LINEAR
        page = np.asarray(cv2.resize(picture, (width, height), interpolation=how), dtype=np.uint8)
        (answer,) = self._session.run(None, {self._input: network_input(page)[np.newaxis]})
        return np.asarray(answer[0, 0], dtype=np.float32)

    def _page_size(self, width: int, height: int) -> tuple[int, int]:
        """Width and height to look at: large pictures shrunk, small ones enlarged to _LEAST."""
        area = min(max(width * height, _LEAST), self._pixels)
        scale = math.sqrt(area / (width * height))
        scale = min(scale, _MAX_SCALE, _MAX_SIDE / max(width, height))
        return _to_stride(width * scale), _to_stride(height * scale)


def _content(picture: Pixels) -> tuple[int, int, int, int]:
    """Left, top, width and height of what differs from the top left corner's colour.

    Half of all product photos leave a third of their area blank; without it, letters are larger
    for the same cost.
    """
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    blank = np.full_like(grey, grey[0, 0])
    _, differs = cv2.threshold(cv2.absdiff(grey, blank), _BLANK, 255, cv2.THRESH_BINARY)
    left, top, width, height = cv2.boundingRect(differs)
    if not width:
        return 0, 0, picture.shape[1], picture.shape[0]
    left, top = max(left - _MARGIN, 0), max(top - _MARGIN, 0)
    right = min(left + width + 2 * _MARGIN, picture.shape[1])
    bottom = min(top + height + 2 * _MARGIN, picture.shape[0])
    return left, top, right - left, bottom - top


def network_input(page: Pixels) -> NDArray[np.float32]:
    """(height, width, RGB) 0..255 -> (BGR, height, width) -1..1, as PP-OCR was trained with."""
    planes = page[:, :, ::-1].transpose(2, 0, 1)
    return np.ascontiguousarray(planes, dtype=np.float32) * np.float32(2 / 255) - np.float32(1)


def _to_stride(length: float) -> int:
    return max(round(length / _STRIDE), 1) * _STRIDE


def _quads(text_map: NDArray[np.float32], picture: Pixels) -> list[Quad]:
    cores = cv2.dilate((text_map > _CORE).astype(np.uint8), np.ones((2, 2), np.uint8))
    outlines, _ = cv2.findContours(cores, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    limit = np.array([picture.shape[1], picture.shape[0]], dtype=np.float32)
    scale = limit / np.array([text_map.shape[1], text_map.shape[0]], dtype=np.float32)
    quads = []
    for outline in outlines[:_MAX_BOXES]:
        centre, (wide, high), angle = cv2.minAreaRect(outline)
        if min(wide, high) < _MIN_SIDE:
            continue
        core = np.asarray(cv2.boxPoints((centre, (wide, high), angle)), dtype=np.float32)
        if _score(text_map, core) < _MIN_SCORE:
            continue
        grown = _GROWTH * wide * high / (wide + high)  # on two opposite sides together
        corners = cv2.boxPoints((centre, (wide + grown, high + grown), angle)) * scale
        quads.append(_clockwise(np.clip(corners, 0, limit)))
    return sorted(quads, key=_top)


def _score(text_map: NDArray[np.float32], corners: NDArray[np.float32]) -> float:
    """The mean of the map inside a rectangle of any angle."""
    last = np.array([text_map.shape[1] - 1, text_map.shape[0] - 1])
    left, top = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, last)
    right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int), 0, last)
    inside = np.zeros((bottom - top + 1, right - left + 1), dtype=np.uint8)
    cv2.fillPoly(inside, [(corners - (left, top)).astype(np.int32)], 1)
    return float(cv2.mean(text_map[top : bottom + 1, left : right + 1], inside)[0])


def _top(quad: Quad) -> tuple[float, float]:
    return float(quad[:, 1].min()), float(quad[:, 0].min())


def _clockwise(corners: NDArray[np.floating]) -> Quad:
    """Top left first: the upper of the two leftmost corners."""
    by_x = corners[np.argsort(corners[:, 0], kind="stable")]
    top_left, bottom_left = by_x[:2][np.argsort(by_x[:2, 1], kind="stable")]
    top_right, bottom_right = by_x[2:][np.argsort(by_x[2:, 1], kind="stable")]
    return np.array([top_left, top_right, bottom_right, bottom_left], dtype=np.float32)
