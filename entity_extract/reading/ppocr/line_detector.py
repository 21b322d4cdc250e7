"""PP-OCR's text detector as the one that finds lines for Tesseract."""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from PIL import Image

from entity_extract.reading.ppocr.detector import Quad
from entity_extract.reading.ppocr.engine import PpOcr
from entity_extract.reading.text_lines.crops import MARGIN, rim_of
from entity_extract.reading.text_lines.detector import TextLine

# PP-OCR's boxes stand off from the letters on all sides.
_LETTER: Final = 0.55  # height of a letter, of the box's
_KEPT: Final = 0.9 - 2 * MARGIN * _LETTER  # height of the line without the margin that a crop adds
_TALL: Final = 1.5  # height over width from which a box holds a turned line; as in rapidocr


class PpOcrLineDetector:
    """Finds lines at any angle, larger than 3 pixels. Raises OcrUnavailable, OcrFailed."""

    def __init__(self, ppocr: PpOcr) -> None:
        self._ppocr = ppocr

    def __call__(self, image: Image.Image, grey: np.ndarray) -> list[TextLine]:
        return lines_of(self._ppocr.find(np.asarray(image, dtype=np.uint8)), grey)


def lines_of(quads: Sequence[Quad], grey: np.ndarray) -> list[TextLine]:
    """`quads` on (height, width) uint8 pixels as lines of text; a tall one as if it ran down."""
    return [_line(quad, grey) for quad in quads]


def _line(quad: Quad, grey: np.ndarray) -> TextLine:
    along = (quad[1] - quad[0] + quad[2] - quad[3]) / 2
    width = float(np.linalg.norm(along))
    height = float(np.linalg.norm(quad[3] - quad[0] + quad[2] - quad[1])) / 2
    degrees = float(np.rad2deg(np.arctan2(along[1], along[0])))
    if height >= _TALL * width:
        width, height, degrees = height, width, degrees + 90
    x, y = map(float, quad.mean(axis=0))
    dark = _is_dark(quad, grey)
    return TextLine(x, y, width, height * _KEPT, degrees, height * _LETTER, dark)


def _is_dark(quad: Quad, grey: np.ndarray) -> bool:
    """Whether the letters are darker than the ground, which is what most of the rim shows."""
    left, top = np.maximum(np.floor(quad.min(axis=0)), 0).astype(int)
    right, bottom = np.ceil(quad.max(axis=0)).astype(int) + 1
    _, light = cv2.threshold(grey[top:bottom, left:right].copy(), 0, 1, cv2.THRESH_OTSU)
    return bool(rim_of(light).mean() >= 0.5)
