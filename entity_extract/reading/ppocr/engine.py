"""RGB pixels become words with boxes, by PP-OCR: one network finds lines, another reads them.

It reads small, coloured and turned letters that Tesseract does not, at several times the cost. It
drops spaces between words now and then; the parser of quantities knows.
"""

import re
import time
from collections.abc import Iterator
from functools import cached_property, lru_cache
from importlib.metadata import version
from typing import Final

import cv2
import numpy as np
from PIL import Image

from entity_extract.config import OcrConfig
from entity_extract.reading.engine import OcrFailed, OcrTimeout
from entity_extract.reading.ppocr.detector import Pixels, Quad, TextDetector
from entity_extract.reading.ppocr.onnx_models import (
    DETECTOR,
    RECOGNISER,
    fingerprint,
    model_folder,
    run_errors,
)
from entity_extract.reading.ppocr.recogniser import Line, TextRecogniser, cut
from entity_extract.reading.text_lines.detector import FindLines
from entity_extract.records import Word

_WORD: Final = re.compile(r"\S+")
_MIN_CONF: Final = 0.5  # of a line; as rapidocr's text_score
_SURE: Final = 0.9  # a line read so in one direction is not tried in another
_SURER: Final = 0.8  # a line that was read in one direction is given up for a reading above this
_FLAT: Final = 0.75  # height over width up to which a line does not run up or down
_TALL: Final = 3.0  # and from which it does; a lone character may be so narrow that it seems to


class PpOcr:
    """Loaded once per process, with the first picture; not for use by two threads at once.

    Raises OcrUnavailable where a network or what runs it is missing.
    """

    def __init__(self, *, detector_pixels: int = 1_200_000, timeout_s: float = 30.0) -> None:
        """`detector_pixels`: the most that the detector sees; `timeout_s` is for one picture."""
        self._folder, self._pixels = model_folder(), detector_pixels
        self._timeout_s = timeout_s
        self._failures: tuple[type[Exception], ...] = (cv2.error, *run_errors())
        self.version = (
            f"ppocr {version('rapidocr')} {fingerprint(self._folder)} {detector_pixels}px"
        )

    @cached_property
    def _detector(self) -> TextDetector:
        return TextDetector(self._folder / DETECTOR, pixels=self._pixels)

    @cached_property
    def _recogniser(self) -> TextRecogniser:
        return TextRecogniser(self._folder / RECOGNISER)

    def find(self, pixels: Pixels) -> list[Quad]:
        """Corners of the lines of text in an RGB array. Raises OcrFailed."""
        try:
            return self._detector.find(pixels)
        except self._failures as err:
            raise OcrFailed(f"text detector: {err}") from None

    def read(self, image: Image.Image) -> list[Word]:
        """The words of an upright RGB picture, line after line. Raises OcrTimeout, OcrFailed."""
        end = time.monotonic() + self._timeout_s
        pixels = np.asarray(image, dtype=np.uint8)
        words: list[Word] = []
        for block, quad in enumerate(self.find(pixels)):
            if time.monotonic() > end:
                raise OcrTimeout(f"longer than {self._timeout_s:g} s")
            angle, line = self._read_line(cut(pixels, quad))
            if line.conf >= _MIN_CONF:
                words += _words(line, quad, angle=angle, block=block)
        return words

    def _read_line(self, strip: Pixels) -> tuple[int, Line]:
        """The surest reading of `strip`, and the clockwise turn of its letters."""
        height, width = strip.shape[:2]
        best, *others = _angles(height / width)
        line = self._read_turned(strip, best)
        for angle in others:
            if line.conf >= _SURE:
                break
            other = self._read_turned(strip, angle)
            if other.conf > max(line.conf, _SURER if line.conf >= _MIN_CONF else 0.0):
                best, line = angle, other
        return best, line

    def _read_turned(self, strip: Pixels, angle: int) -> Line:
        """`strip` turned back: numpy counts quarter turns counter-clockwise, as an undoing does."""
        try:
            return self._recogniser.read(np.ascontiguousarray(np.rot90(strip, angle // 90)))
        except self._failures as err:
            raise OcrFailed(f"text recogniser: {err}") from None


def ppocr_reader(config: OcrConfig, find_lines: FindLines | None = None) -> PpOcr:
    """The one that all share who ask with the same settings; it finds lines by itself.

    Raises OcrUnavailable.
    """
    return _loaded(config.detector_pixels, config.timeout_s)


@lru_cache(maxsize=1)
def _loaded(detector_pixels: int, timeout_s: float) -> PpOcr:
    return PpOcr(detector_pixels=detector_pixels, timeout_s=timeout_s)


def _angles(steepness: float) -> tuple[int, ...]:
    """The turns to try, likeliest first, for a box so many times higher than wide."""
    if steepness < _FLAT:
        return (0, 180)
    if steepness < _TALL:
        return (0, 90, 270)
    return (90, 270)


def _words(line: Line, quad: Quad, *, angle: int, block: int) -> Iterator[Word]:
    """Words between the spaces of `line`, each with its part of `quad`."""
    # The corners from where reading begins: letters turned clockwise begin a corner later.
    start, end, end_below, start_below = np.roll(quad, -angle // 90, axis=0)
    for match in _WORD.finditer(line.text):
        first, last = match.span()
        along = np.array(line.edges(first, last), dtype=np.float32)[:, np.newaxis]
        corners = np.vstack(
            [start + (end - start) * along, start_below + (end_below - start_below) * along]
        )
        left, top = np.floor(corners.min(axis=0)).astype(int)
        right, bottom = np.ceil(corners.max(axis=0)).astype(int)
        yield Word(
            match.group(),
            100 * float(line.confs[first:last].mean()),
            int(left),
            int(top),
            max(int(right - left), 1),
            max(int(bottom - top), 1),
            block=block,
            angle=angle,
            pass_=f"ppocr@{angle}",
        )
