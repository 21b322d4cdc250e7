"""What reading hands to the rest: words and strokes, as values and as the lake keeps them."""

import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np


class Word(NamedTuple):
    """One recognised word; its box is in pixels of the upright, full-size image.

    `conf` is 0-100 as Tesseract gives it. `angle` is the clockwise rotation, in degrees, by which
    the letters are turned in the picture (0, 90, 180, 270; 90 = reads from top to bottom). Words
    of one printed line share (`pass_`, `block`, `line`), and come in reading order.
    """

    text: str
    conf: float
    left: int
    top: int
    width: int
    height: int
    block: int = 0
    line: int = 0
    angle: int = 0
    pass_: str = ""  # the OCR pass that found it, "line@0" for example; the column is `pass`
    engine: str = ""  # the OCR engine that read it, by its name in `ocr.engine`


class Stroke(NamedTuple):
    """A straight stroke: a dimension line, or the edge of an object.

    Its ends are in pixels of the upright, full-size picture. `thickness` is the width of a drawn
    line in pixels, blur included; 0 for the edge of an area.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    thickness: float = 0.0

    @property
    def length(self) -> float:
        return math.hypot(self.x1 - self.x0, self.y1 - self.y0)

    @property
    def drawn(self) -> bool:
        """Whether it is a line of its own, and not the edge of an area."""
        return self.thickness > 0


def words_of(records: object) -> list[Word]:
    """A cell of the lake's `words` column; none where the picture was not read."""
    if not isinstance(records, list | np.ndarray):
        return []
    return [_word(record) for record in records]


def strokes_of(records: object) -> list[Stroke]:
    """A cell of the lake's `strokes` column."""
    if not isinstance(records, list | np.ndarray):
        return []
    return [Stroke(**record) for record in records]


def word_record(word: Word) -> dict[str, object]:
    """`word` as schema.WORD has it: `pass` is a keyword in Python, hence the field `pass_`."""
    return {name.rstrip("_"): value for name, value in word._asdict().items()}


def _word(record: Mapping[str, object]) -> Word:
    return Word(**{"pass_" if name == "pass" else name: value for name, value in record.items()})  # type: ignore[arg-type]
