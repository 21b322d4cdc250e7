"""A word as an OCR engine reads it: the one type that reading hands to the rest."""

from typing import NamedTuple


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
