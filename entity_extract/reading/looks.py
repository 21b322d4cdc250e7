"""A second, dearer look at a picture in which nothing was found that answers a question.

The picture is changed, read again as it was read before, and the words are put back to where they
stand in the picture as it was.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from entity_extract.config import Look
from entity_extract.reading.engine import OcrTimeout, Reader
from entity_extract.records import REREAD, Word

Pixels = NDArray[np.uint8]  # (height, width, 3): RGB
Matrix = NDArray[np.float64]  # (2, 3): affine, of (x, y, 1)

_CLIP: Final = 3.0  # times the even share of a grey level, above which its peak is cut off
_TILES: Final = (8, 8)
_ENLARGED: Final = 2.0
_MOST: Final = 6_000_000  # pixels to enlarge to: letters of larger pictures are large enough
_PAGE: Final = 3.0  # times a picture's area, the most that its page may have
_SLANT: Final = 0.3  # of a letter's height, by which its top leans to the right: italics
_TILT: Final = 15.0  # degrees: the text detector was trained on lines that are level, or nearly


class Changed(NamedTuple):
    """A picture to be read in place of another; `back` takes its places to those of the other."""

    pixels: Pixels
    back: Matrix


def _contrast(pixels: Pixels) -> Changed:
    """Contrast-limited adaptive histogram equalisation (Zuiderveld 1994) of the lightness alone."""
    lab = cv2.cvtColor(pixels, cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(_CLIP, _TILES).apply(lab[..., 0])
    return Changed(np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), np.uint8), np.eye(2, 3))


def _enlarged(pixels: Pixels) -> Changed:
    height, width = pixels.shape[:2]
    scale = min(_ENLARGED, max(1.0, math.sqrt(_MOST / (width * height))))
    larger = cv2.resize(pixels, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
    return Changed(np.asarray(larger, np.uint8), np.eye(2, 3) / scale)


def _upright(pixels: Pixels) -> Changed:
    """Letters that lean to the right stand upright."""
    height, width = pixels.shape[:2]
    shear = np.array([[1, _SLANT, 0], [0, 1, 0]], np.float64)
    return _warped(pixels, shear, (round(width + _SLANT * height), height))


def _tilted(pixels: Pixels, degrees: float) -> Changed:
    """Turned counter-clockwise about its middle."""
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1.0)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    page = round(height * sine + width * cosine), round(height * cosine + width * sine)
    turn[:, 2] += (page[0] - width) / 2, (page[1] - height) / 2
    return _warped(pixels, np.asarray(turn, np.float64), page)


def _warped(pixels: Pixels, matrix: Matrix, page: tuple[int, int]) -> Changed:
    """By an affine `matrix`, on a page (width, height) that holds all of the picture, in the colour
    of its first corner; a picture so long that its page would be huge stays as it is."""
    if page[0] * page[1] > max(_MOST, _PAGE * pixels.shape[0] * pixels.shape[1]):
        return Changed(pixels, np.eye(2, 3))
    paper = [int(grey) for grey in pixels[0, 0]]
    warped = cv2.warpAffine(pixels, matrix, page, flags=cv2.INTER_CUBIC, borderValue=paper)
    back = np.asarray(cv2.invertAffineTransform(matrix), np.float64)
    return Changed(np.asarray(warped, np.uint8), back)


LOOKS: Final[Mapping[Look, Callable[[Pixels], Changed]]] = MappingProxyType(
    {
        "contrast": _contrast,
        "enlarged": _enlarged,
        "slanted": _upright,
        "tilted_left": lambda pixels: _tilted(pixels, _TILT),
        "tilted_right": lambda pixels: _tilted(pixels, -_TILT),
    }
)


class Looks:
    """Reads what each of `looks` makes of a picture; the words' passes begin with REREAD."""

    def __init__(self, reader: Reader, looks: Sequence[Look], timeout_s: float) -> None:
        self._reader, self._looks, self._timeout_s = reader, tuple(looks), timeout_s
        self.version = f"{reader.version}, {' '.join(self._looks)}"

    def read(self, image: Image.Image) -> list[Word]:
        """The words of all looks, one after the other, in pixels of `image`. Raises OcrTimeout,
        OcrFailed."""
        end = time.monotonic() + self._timeout_s
        pixels = np.asarray(image, dtype=np.uint8)
        words: list[Word] = []
        for look in self._looks:
            if time.monotonic() > end:
                raise OcrTimeout(f"longer than {self._timeout_s:g} s in {len(self._looks)} looks")
            changed = LOOKS[look](pixels)
            found = self._reader.read(Image.fromarray(changed.pixels))
            words += [_put_back(word, changed.back, look, image.size) for word in found]
        return words


def _put_back(word: Word, back: Matrix, look: Look, size: tuple[int, int]) -> Word:
    """Its middle is put back and its box scaled, not turned: a tilted line's box is larger than the
    line already. It ends where the picture of `size` does."""
    scale = math.sqrt(abs(np.linalg.det(back[:, :2])))
    middle = back @ (word.left + word.width / 2, word.top + word.height / 2, 1)
    half = np.array([word.width, word.height]) * scale / 2
    left, top = np.clip(np.floor(middle - half), 0, np.array(size) - 1).astype(int)
    right, bottom = np.clip(np.ceil(middle + half), 1, size).astype(int)
    return word._replace(
        left=int(left),
        top=int(top),
        width=max(int(right - left), 1),
        height=max(int(bottom - top), 1),
        pass_=f"{REREAD}{look}/{word.pass_}",
    )
