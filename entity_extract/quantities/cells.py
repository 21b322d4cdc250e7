"""Lines of text as the cells of a table: numbers, headers and names."""

import re
from dataclasses import dataclass
from typing import Final

from entity_extract.quantities.glyphs import normalise
from entity_extract.quantities.headers import Header, header_of, may_name_unit
from entity_extract.quantities.lines import Line
from entity_extract.quantities.spellings import Spellings

_LEAST_CONF: Final = 50  # of a unit; engines read "mm" and "ml" in textures
_ONE: Final = r"(?:[0-9]{1,5}(?:[.,][0-9]{1,3})?(?:[ -][0-9]{1,2}/[0-9]{1,2})?|[0-9]{0,3}[¼½¾])"
_RANGE: Final = rf"[ ]?(?:[/~]|-{{1,2}})[ ]?{_ONE}"
_SIDES: Final = rf"(?:[ ]?[x*][ ]?{_ONE}){{1,2}}"
_TELEPHONE: Final = "[0-9]{3}-[0-9]{4}$"
_NUMBER: Final = re.compile(rf"(?!0[0-9]|{_TELEPHONE})[ø~]?{_ONE}(?:{_RANGE}|{_SIDES})?")
_DATA: Final = re.compile(r"[0-9+<>≤≥±-]|n/?a$")  # what a column may go on with
_MARKS: Final = " :=|"  # at the edges of cells


@dataclass(slots=True, eq=False)
class Cell:
    """A part of a line that stands apart; `plain` is its normalised text without marks.

    `free`: no part of a quantity that was read without a table. `whole`: alone in its line.
    `printed`: the text, without marks.
    """

    line: Line
    plain: str
    number: bool
    free: bool
    whole: bool
    header: Header | None

    @property
    def printed(self) -> str:
        return self.line.text.strip(_MARKS)

    @property
    def is_text(self) -> bool:
        return not self.number and not _DATA.match(self.plain)

    @property
    def is_unit(self) -> bool:
        return self.header is not None and self.header.alone


def cells_of(line: Line, taken: frozenset[int], spellings: Spellings) -> list[Cell]:
    """A line cut where more than a space is left, and where its words are cells of their own.

    `taken`: words, by index, of quantities that were read without a table.
    """
    parts = [part for cell in line.cells() for part in _apart(cell, spellings)]
    whole = len(parts) == 1
    cells = [_cell(part, taken, spellings, whole=whole) for part in parts]
    return [cell for cell in cells if cell.number or not _is_noise(cell)]


def _cell(line: Line, taken: frozenset[int], spellings: Spellings, *, whole: bool) -> Cell:
    plain = normalise(line.text).strip(_MARKS)
    free = taken.isdisjoint(line.indexes)
    number = _NUMBER.fullmatch(plain) is not None
    header = None
    if not number and _names_unit(line, spellings):
        header = header_of(line.text, spellings)
    if header and not free and not header.alone:
        header = None
    return Cell(line, plain, number, free, whole, header)


def _names_unit(line: Line, spellings: Spellings) -> bool:
    return any([may_name_unit(word.text, spellings) for word in line.words])


def _is_noise(cell: Cell) -> bool:
    """Engines read rules as bars, and "mm" and "ml" in textures."""
    sure = max([word.conf for word in cell.line.words])
    return sure < _LEAST_CONF or not any(map(str.isalnum, cell.plain))


def _apart(line: Line, spellings: Spellings) -> list[Line]:
    """The words of "30 40 50" and "W D H (cm)", but neither of "1 1/2" nor "30 x 40"; what an
    engine read apart in "Volts Amps Watts"."""
    if len(line.words) == 1 or _NUMBER.fullmatch(normalise(line.text)):
        return [line]
    words = [normalise(word.text) for word in line.words]
    if all(map(_NUMBER.fullmatch, words)):
        return line.split()
    if not _names_unit(line, spellings):
        return [line]
    if header_of(line.text, spellings):
        axes = spellings.is_length and len(words) > 2 and spellings.axes.issuperset(words[:-1])
        return line.split() if axes else [line]
    pieces = line.split(by=lambda word: (word.block, word.line))
    return pieces if any(header_of(piece.text, spellings) for piece in pieces) else [line]
