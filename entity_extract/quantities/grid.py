"""Which cells stand in one column or row, and what they say of each other's numbers."""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from entity_extract.quantities.cells import Cell
from entity_extract.quantities.geometry import overlap
from entity_extract.quantities.glyphs import normalise
from entity_extract.quantities.spellings import Spellings

# Measured in letter heights.
_MAX_ROW_GAP: Final = 6.0  # between a cell and the next below it
_MAX_COLUMN_GAP: Final = 40.0  # between a row's header and its number
_MAX_UNIT_GAP: Final = 12.0  # between a number and the unit in the next column
_MAX_CAPTION_GAP: Final = 1.0  # between a number, or a unit, and the words that go with it
_MAX_HEIGHT_RATIO: Final = 2.5
_MAX_OVERLAP: Final = 0.3  # boxes of neighbours may touch
_LEAST_SHARED: Final = 0.5  # of the smaller of two cells in one column or row
_LONGEST_LABEL: Final = 40  # characters
_YEAR: Final = re.compile("19[89][0-9]|20[0-3][0-9]")
_SIZES: Final = frozenset({"xs", "s", "m", "xl", "xxl"})  # of clothes, beside L
# Columns and rows whose numbers have no unit, whatever the table's is.
_UNITLESS_WORDS: Final = (
    "us uk eu eur usa au cn jp de fr es it age ages year years month months qty quantity pcs pieces"
    " pack count no model item style color colour price code sku alter stück anzahl"
)
_UNITLESS: Final = frozenset(_UNITLESS_WORDS.split())


class Said(NamedTuple):
    """A number's unit, the cell that says it, and what the number is called, or ""."""

    unit: str
    by: Cell
    label: str


class Page:
    """The cells of one pass and angle, and which stand in one column or row."""

    def __init__(self, cells: list[Cell], spellings: Spellings) -> None:
        cells = sorted(cells, key=lambda cell: (cell.line.span, cell.plain))
        self.headers = [cell for cell in cells if cell.header]
        self.numbers = [cell for cell in cells if cell.number and cell.free]
        self._axes = spellings.axes
        self._sized = any(cell.plain in _SIZES for cell in cells)
        self._upwards = sorted(cells, key=lambda cell: -cell.line.span.bottom)
        self._downwards = sorted(cells, key=lambda cell: cell.line.span.top)
        self._leftwards = sorted(cells, key=lambda cell: -cell.line.span.end)

    def said_of(self, number: Cell) -> Said | None:
        """What its column, its row or its table says of a number."""
        column, between = self._column(number)
        row = self._row(number)
        if row and row.header and (row.header.label or (row.free and not _heads(column))):
            return Said(row.header.unit, row, _label(row) or _label(self._row(row)))
        if column and column.header:
            label = self._joined(between or _label(column), _label(row))
            return Said(column.header.unit, column, label)
        if unit := self._unit_beside(number, row):
            return Said(unit.header.unit, unit, _label(row)) if unit.header else None
        if column and (corner := self._corner(column)) and corner.header:
            return Said(corner.header.unit, corner, self._joined(_label(column), _label(row)))
        return None

    def _unit_beside(self, number: Cell, row: Cell | None) -> Cell | None:
        """The unit below a row's name or below the number; with a name, right of the number."""
        unit = self._caption(row) if row else None
        unit = unit or self._caption(number)
        return unit or (self._next_unit(number) if row else None)

    def name_of(self, number: Cell, *, drawn: bool) -> str | None:
        """What a number is called; None where a unit that is said of all is not its own: it counts
        something else, is a year, or, if only numbers of a drawing are meant, stands in a line."""
        if _YEAR.fullmatch(number.plain) or (drawn and not number.whole):
            return None
        column, row = self._column(number)[0], self._row(number)
        if any(cell and _is_unitless(cell) for cell in (column, row)):
            return None
        return self._joined(_label(column), _label(row))

    def _column(self, number: Cell) -> tuple[Cell | None, str]:
        """The header of a number's column and what stands between the two, or over it; or the
        column's name."""
        axis: Cell | None = None
        last = number
        for cell in self._above(number):
            if _gap(cell, last) > _MAX_ROW_GAP * min(cell.line.height, last.line.height):
                break
            last = cell
            if not cell.is_text:
                continue
            if cell.is_unit:
                over = next(self._above(cell), None)
                if over is None or _gap(over, cell) > _MAX_CAPTION_GAP * cell.line.height:
                    return cell, _label(axis)
                if not over.is_text:  # the unit is that of the number over it
                    break
                return cell, _label(axis) or (_label(over) if self._is_named(over) else "")
            if cell.header:
                return cell, _label(axis)
            if axis or cell.plain not in self._axes:
                return axis or cell, ""
            axis = cell
        return axis, ""

    def _above(self, of: Cell) -> Iterator[Cell]:
        """The cells of its column, from the next above upwards."""
        end = of.line.span.top + _MAX_OVERLAP * of.line.height
        for cell in self._upwards:
            if cell.line.span.bottom <= end and cell is not of and _in_column(cell, of):
                yield cell

    def _row(self, of: Cell) -> Cell | None:
        """The first cell left of one in its row that is no number."""
        end = of.line.span.start + _MAX_OVERLAP * of.line.height
        for cell in self._leftwards:
            if cell.line.span.end <= end and cell.is_text and _in_row(cell, of):
                near = end - cell.line.span.end <= _MAX_COLUMN_GAP * of.line.height
                return cell if near else None
        return None

    def _next_unit(self, number: Cell) -> Cell | None:
        """The unit right of a number: Weight | 3.2 | kg."""
        start = number.line.span.end - _MAX_OVERLAP * number.line.height
        for cell in reversed(self._leftwards):
            if cell.line.span.start >= start and _in_row(cell, number):
                near = cell.line.span.start - start <= _MAX_UNIT_GAP * number.line.height
                return cell if cell.is_unit and cell.free and near else None
        return None

    def _caption(self, number: Cell) -> Cell | None:
        """The unit at the end of the words below: 4500 over "starting" over "watts"."""
        last, words = number, 0
        for cell in self._downwards:
            if _middle(cell) <= last.line.span.bottom or not _in_column(cell, last):
                continue
            if _gap(last, cell) > _MAX_CAPTION_GAP * cell.line.height or not cell.is_text:
                return None
            if cell.header:
                return cell if cell.is_unit and cell.free else None
            last, words = cell, words + 1
            if words > 1:
                return None
        return None

    def _corner(self, column: Cell) -> Cell | None:
        """The header in one row with a column's name: Size (cm) | Width | Height, W | D | (cm)."""
        if _is_unitless(column) or not column.free:
            return None
        for cell in self._leftwards:
            if cell.header and cell.header.title and cell is not column and _in_row(cell, column):
                left = cell.line.span.end <= column.line.span.start
                if left or column.plain in self._axes:
                    return cell
        return None

    def _is_named(self, cell: Cell) -> bool:
        return not self._axes.isdisjoint(_words(cell.plain))

    def _joined(self, column: str, row: str) -> str:
        """What a number is called, the word that names an axis next to it."""
        if self._sized and normalise(row) == "l":  # S, M, L, XL, and not a length
            row = ""
        names = (column, row) if normalise(row).split(" ")[-1] in self._axes else (row, column)
        return " ".join(filter(None, names))


def _heads(cell: Cell | None) -> bool:
    return cell is not None and cell.header is not None


def _label(cell: Cell | None) -> str:
    """What a cell calls the numbers in its row or column."""
    if cell is None or cell.number or len(cell.plain) > _LONGEST_LABEL:
        return ""
    label = cell.header.label if cell.header else cell.printed
    return "" if any(map(str.isdigit, label)) else label


def _is_unitless(cell: Cell) -> bool:
    return not _UNITLESS.isdisjoint(_words(cell.plain))


def _words(plain: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", plain)


def _in_column(one: Cell, other: Cell) -> bool:
    a, b = one.line.span, other.line.span
    shared = min(a.end, b.end) - max(a.start, b.start)
    return shared >= _LEAST_SHARED * min(a.end - a.start, b.end - b.start)


def _in_row(one: Cell, other: Cell) -> bool:
    low, high = sorted((one.line.height, other.line.height))
    shared = overlap(one.line.span, other.line.span)
    return high <= _MAX_HEIGHT_RATIO * low and shared >= _LEAST_SHARED * low


def _middle(cell: Cell) -> float:
    return (cell.line.span.top + cell.line.span.bottom) / 2


def _gap(above: Cell, below: Cell) -> float:
    return below.line.span.top - above.line.span.bottom
