"""What reading hands to the rest: words and strokes, as values and as the lake keeps them.

A field stands here and nowhere else: the lake's schema, what the reading process may reply and the
records are made from `columns_of`.
"""

import math
from functools import partial
from operator import itemgetter
from typing import Final, NamedTuple, TypeVar, get_type_hints

import numpy as np

REREAD: Final = "reread/"  # how the passes of a second look begin


class Word(NamedTuple):
    """One recognised word; its box is in pixels of the upright, full-size image.

    `conf` is 0-100 as Tesseract gives it. `angle` is the clockwise rotation, in degrees, by which
    the letters are turned in the picture (0, 90, 180, 270; 90 = reads from top to bottom). Words
    of one printed line share (`pass_`, `block`, `line`), and come in reading order. `level`,
    `upright` and `oblique` say how likely (0 to 1) the dimension line that a length stands at runs
    that way; all are 0 where it was not looked for, see reading/dimension_lines.py.
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
    engine: str = ""  # the OCR engine that read it, by its name in the configuration
    level: float = 0.0
    upright: float = 0.0
    oblique: float = 0.0

    @property
    def reread(self) -> bool:
        """Whether a second look found it, see reading/looks.py."""
        return self.pass_.startswith(REREAD)


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


_Value = TypeVar("_Value", Word, Stroke)


def words_of(records: object) -> list[Word]:
    """A cell of the lake's `words` column; none where the picture was not read."""
    return _values(Word, records)


def strokes_of(records: object) -> list[Stroke]:
    """A cell of the lake's `strokes` column."""
    return _values(Stroke, records)


def columns_of(kind: type[Word] | type[Stroke]) -> dict[str, type]:
    """Names and types of its fields, in order, as the lake names them."""
    return {_column(field): hint for field, hint in get_type_hints(kind).items()}


def record_of(value: Word | Stroke) -> dict[str, object]:
    """`value` as the lake has it: with the columns of `columns_of`."""
    return {_column(field): content for field, content in value._asdict().items()}


def _column(field: str) -> str:
    """`pass` is a keyword in Python, hence the field `pass_`."""
    return field.rstrip("_")


def _values(kind: type[_Value], records: object) -> list[_Value]:
    if not isinstance(records, list | np.ndarray):
        return []
    columns = list(map(_column, kind._fields))
    try:
        # Without the constructor, written in Python, which takes twice as long.
        return list(map(partial(tuple.__new__, kind), map(itemgetter(*columns), records)))
    except KeyError:  # some leave out what has a default, or say it by the field's own name
        fields = dict(zip(columns, kind._fields, strict=True))
        return [
            kind(**{fields.get(name, name): content for name, content in record.items()})
            for record in records
        ]
