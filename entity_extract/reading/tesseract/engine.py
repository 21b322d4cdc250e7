"""Tesseract on lines of text: found first, turned upright, and brought to one letter height.

Left alone, Tesseract looks for text at one size and one angle, and on a photo mostly in the wrong
place; given a line it reads well.
"""

import time
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from PIL import Image

from entity_extract.config import OcrConfig
from entity_extract.reading.tesseract.backends import PageWord, TesseractBackend, backend_for
from entity_extract.reading.text_lines.crops import Crop, cut_out
from entity_extract.reading.text_lines.detector import FindLines, TextLine, find_text_lines
from entity_extract.reading.text_lines.line_classifier import looks_like_text
from entity_extract.records import Word

_SINGLE_LINE: Final = 7  # Tesseract's page segmentation mode
_SURE: Final = 90.0  # confidence from which a number is not looked at again
_AGAIN: Final = 0.75  # letter height of the second look, relative to the first
_SMALL_PX: Final = 9.0  # letters lower than this in the picture are misread with confidence
_ABOUT: Final = 2.0  # between the heights of letters and of the gaps between them
_SMALL_AGAIN: Final = 0.5  # for those: of rendered 8 px fonts 0.58 is read right instead of 0.42


class _Reading(NamedTuple):
    """What was read in one line of the picture."""

    line: TextLine
    crop: Crop
    words: list[PageWord]


class TesseractReader:
    """Finds lines of text and has Tesseract read each, upright and in letters of one height."""

    def __init__(self, config: OcrConfig, find: FindLines | None = None) -> None:
        """`find` takes the place of `find_text_lines`. Raises OcrUnavailable."""
        self._config = config
        self._backend: TesseractBackend = backend_for(config)
        self._find = find or self._find_text_lines
        self.version = self._backend.version

    def read(self, image: Image.Image) -> list[Word]:
        """Words of both looks, line by line in reading order; boxes in the pixels of `image`."""
        end = time.monotonic() + self._config.timeout_s
        grey = np.asarray(image.convert("L"))
        found = self._first_look(grey, self._find(image, grey), end)
        words = [word for block in found for word in _words(found[block], block, "line", image)]
        if "second_look" not in self._config.skip:
            for block, reading in self._second_look(grey, found, end).items():
                words += _words(reading, block, "again", image)
        return [word for word in words if word.conf >= self._config.min_conf]

    def _find_text_lines(self, image: Image.Image, grey: np.ndarray) -> list[TextLine]:
        steps = {step: step not in self._config.skip for step in ("light", "turned", "slanted")}
        return find_text_lines(grey, **steps)

    def _first_look(
        self, grey: np.ndarray, lines: Sequence[TextLine], end: float
    ) -> dict[int, _Reading]:
        """By block: each line that looks like text, in the direction that makes more sense."""
        blocks, ways, crops = [], [], []
        for block, line in enumerate(lines):
            crop = self._cut_out(grey, line, 1.0)
            if not self._is_worth_it(line, crop):
                continue
            for way in ways_of(line):
                blocks.append(block)
                ways.append(way)
                crops.append(crop if way is line else self._cut_out(grey, way, 1.0))
        return _without_repeats(_best_ways(blocks, self._look(ways, crops, end)))

    def _is_worth_it(self, line: TextLine, crop: Crop) -> bool:
        if line.shape is None or "line_classifier" in self._config.skip:
            return True
        return looks_like_text(line.shape, crop.pixels)

    def _second_look(
        self, grey: np.ndarray, found: dict[int, _Reading], end: float
    ) -> dict[int, _Reading]:
        """By block: lines with a doubtful number again, in smaller letters."""
        lines = {block: reading.line for block, reading in found.items() if _doubtful(reading)}
        crops = [
            self._cut_out(grey, line, _SMALL_AGAIN if _is_small(line) else _AGAIN)
            for line in lines.values()
        ]
        return dict(zip(lines, self._look(list(lines.values()), crops, end), strict=True))

    def _cut_out(self, grey: np.ndarray, line: TextLine, relative: float) -> Crop:
        spaces = "spaces" not in self._config.skip
        return cut_out(grey, line, self._config.letter_px * relative, spaces=spaces)

    def _look(self, lines: Sequence[TextLine], crops: Sequence[Crop], end: float) -> list[_Reading]:
        """What Tesseract reads in each of `lines`, all in one call."""
        words = self._backend.read([crop.pixels for crop in crops], _SINGLE_LINE, end)
        return list(map(_Reading, lines, crops, words))


def ways_of(line: TextLine) -> Iterator[TextLine]:
    """The directions to read `line` in: what runs up or down may be meant either way."""
    yield line
    if line.runs_down:
        yield line._replace(degrees=line.degrees + 180)


def _best_ways(blocks: Sequence[int], readings: Sequence[_Reading]) -> dict[int, _Reading]:
    """By block, of the two ways in which a line was read, the one that makes more sense."""
    best: dict[int, _Reading] = {}
    for block, reading in zip(blocks, readings, strict=True):
        if block not in best or _sense(reading) > _sense(best[block]):
            best[block] = reading
    return best


def _without_repeats(readings: dict[int, _Reading]) -> dict[int, _Reading]:
    """Without lines that make less sense than another in the same place.

    Letters and the gaps between them are both ink, of two colours: many lines are found twice, and
    read as letters the gaps say nothing.
    """
    kept: list[tuple[int, _Reading]] = []
    for block, reading in sorted(readings.items(), key=lambda item: -_sense(item[1])):
        if reading.words and not any(_repeats(reading, other) for _, other in kept):
            kept.append((block, reading))
    return dict(sorted(kept))


def _repeats(reading: _Reading, other: _Reading) -> bool:
    line, beside = reading.line, other.line
    if line.dark != beside.dark:
        return _lies_in(line, beside)
    apart = np.hypot(line.x - beside.x, line.y - beside.y)
    return (
        reading.crop.angle == other.crop.angle
        and bool(apart <= (line.thickness + max(beside.length - line.length, 0)) / 2)
        and _text(reading) in _text(other)
    )


def _lies_in(line: TextLine, beside: TextLine) -> bool:
    """Whether `line`, of about the height of `beside`, has its middle inside it."""
    turn = np.deg2rad(beside.degrees)
    x, y = line.x - beside.x, line.y - beside.y
    along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
    ratio = line.letter_height / beside.letter_height
    return bool(
        1 / _ABOUT <= ratio <= _ABOUT
        and abs(along) <= beside.length / 2
        and abs(across) <= beside.thickness / 2
    )


def _text(reading: _Reading) -> str:
    return "".join(word.text for word in reading.words)


def _sense(reading: _Reading) -> float:
    """How much was read: letters and digits, each worth what its word's confidence exceeds 30."""
    return sum(max(w.conf - 30, 0) * sum(map(str.isalnum, w.text)) for w in reading.words)


def _doubtful(reading: _Reading) -> bool:
    """Whether a number was read, and not for sure."""
    numbers = [word for word in reading.words if any(map(str.isdigit, word.text))]
    return any(word.conf < _SURE or _is_small(reading.line) for word in numbers)


def _is_small(line: TextLine) -> bool:
    return line.letter_height < _SMALL_PX


def _words(reading: _Reading, block: int, look: str, image: Image.Image) -> list[Word]:
    crop = reading.crop
    return [
        Word(
            word.text,
            word.conf,
            *crop.box_in_picture(word.box, image.size),
            block=block,
            angle=crop.angle,
            pass_=f"{look}@{crop.angle}",
        )
        for word in reading.words
    ]
