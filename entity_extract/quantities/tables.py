"""Numbers whose unit stands apart: in the header of their column or row, or once for a drawing."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from entity_extract.quantities.cells import Cell, cells_of
from entity_extract.quantities.grid import Page, Said
from entity_extract.quantities.headers import may_name_unit
from entity_extract.quantities.lines import Line
from entity_extract.quantities.parse import Kind, Quantity, parse
from entity_extract.quantities.spellings import Spellings
from entity_extract.quantities.stacks import goes_on_turned
from entity_extract.records import Word

_MAX_CELLS: Final = 500  # of a page, as they are compared with each other; no table has more


class TableQuantity(NamedTuple):
    """A quantity whose number stands at the words `indexes`; `text` says in one line what its row,
    its column and itself say."""

    quantity: Quantity
    indexes: tuple[int, ...]
    text: str


def read_tables(
    words: Sequence[Word], lines: Sequence[Line], taken: frozenset[int], spellings: Spellings
) -> Iterator[TableQuantity]:
    """The bare numbers that a header, or a sentence for all numbers, gives a unit.

    `taken`: words, by index, of quantities that have their own unit.
    """
    if not (_has_number(words, taken) and _has_header(words, lines, taken, spellings)):
        return
    pages: dict[tuple[str, int], list[Line]] = defaultdict(list)
    for line in lines:
        pages[line.words[0].pass_, line.words[0].angle].append(line)
    of_engine: dict[str, list[Page]] = defaultdict(list)
    for _, page in sorted(pages.items()):
        cells = [cell for line in page for cell in cells_of(line, taken, spellings)]
        if len(cells) <= _MAX_CELLS:
            of_engine[page[0].words[0].engine].append(Page(cells, spellings))
    for tables in of_engine.values():
        yield from _of_engine(tables, spellings)


def _has_number(words: Sequence[Word], taken: frozenset[int]) -> bool:
    """Whether a word may be a number without a unit; quick, as most pictures have no table."""
    return any([word.text[-1:].isdigit() and i not in taken for i, word in enumerate(words)])


def _has_header(
    words: Sequence[Word], lines: Sequence[Line], taken: frozenset[int], spellings: Spellings
) -> bool:
    """Whether a line names a unit: a word of it does, and what it stands in is a header."""
    named = {i for i, word in enumerate(words) if may_name_unit(word.text, spellings)}
    apart = named - taken
    return bool(named) and any(
        cell.header
        for line in lines
        if not (apart if len(line.words) > 1 else named).isdisjoint(line.indexes)
        for cell in cells_of(line, taken, spellings)
    )


def _of_engine(pages: Sequence[Page], spellings: Spellings) -> Iterator[TableQuantity]:
    """Pages of several angles: a drawing has numbers in vertical letters, too."""
    headers = [cell for page in pages for cell in page.headers]
    if not headers:
        return
    rest: list[tuple[Page, Cell]] = []
    used: set[Cell] = set()
    for page in pages:
        for number in page.numbers:
            said = page.said_of(number) or _turned(number, headers)
            if said is None:
                rest.append((page, number))
            else:
                used.add(said.by)
                yield from _quantities(number, said, spellings)
    general = [cell for cell in headers if cell.header and cell.header.general]
    titles = [cell for cell in headers if cell.header and cell.header.title and not used]
    said = _agreed(general or titles)
    for page, number in rest:
        label = page.name_of(number, drawn=not general) if said else None
        if said and label is not None:
            yield from _quantities(number, said._replace(label=label), spellings)


def _turned(number: Cell, headers: Sequence[Cell]) -> Said | None:
    """The unit of a number in vertical letters that was itself read as upright."""
    for cell in headers:
        if cell.header and cell.is_unit and cell.free and goes_on_turned(number.line, cell.line):
            return Said(cell.header.unit, cell, "")
    return None


def _agreed(headers: Sequence[Cell]) -> Said | None:
    """The unit that all of some headers name."""
    units = {cell.header.unit for cell in headers if cell.header}
    return Said(units.pop(), headers[0], "") if len(units) == 1 else None


def _quantities(number: Cell, said: Said, spellings: Spellings) -> Iterator[TableQuantity]:
    before = f"{said.label} " if said.label else ""
    text = f"{before}{number.printed} {said.unit}"
    axis = None
    for quantity in parse(text, spellings):
        if quantity.start < len(before) or quantity.unit != said.unit:
            continue
        axis = quantity.axis or (axis if quantity.of == 1 else None)  # both ends of a range have it
        kind = Kind.REPAIRED if quantity.kind is Kind.REPAIRED else Kind.TABLE
        found = replace(quantity, kind=kind, axis=axis)
        yield TableQuantity(found, number.line.indexes, text)
