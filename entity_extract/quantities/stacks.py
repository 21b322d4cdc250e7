"""A number and a unit that stand apart but touch: below, above or beside each other, any size."""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from entity_extract.quantities.geometry import overlap, span
from entity_extract.quantities.glyphs import normalise
from entity_extract.quantities.lines import Line
from entity_extract.quantities.spellings import Spellings

# Measured in letter heights.
_MAX_GAP: Final = 0.8
_MAX_OVERLAP: Final = 0.5  # detectors draw boxes with room around them,
_MARGIN: Final = 0.2  # of large letters so much
_MAX_HEIGHT_RATIO: Final = 1.8
_MAX_UNIT_RATIO: Final = 5.0  # a big 500 with a small g beside or below it
_FEW_DIGITS: Final = 3
_DIGIT_WIDTH: Final = 0.65
_MARGINS: Final = 0.4  # on both sides of a number
_LONGEST_ROW: Final = 40  # characters of numbers, with the spaces between them
_TIMES: Final = frozenset(glyph for glyph in "xX×✕хХ")  # noqa: RUF001  as products are written
_NUMBER_ONLY: Final = re.compile(r"(?=[^0-9]{0,3}[0-9])[0-9.,/x*~ ½¼¾-]+")


def read_stacks(lines: Sequence[Line], spellings: Spellings) -> Iterator[Line]:
    """A number and a unit that stand apart but touch: unit below, above or beside, any size."""
    numbers = [line for line in lines if _is_number(line.text)]
    if not numbers:
        return
    rows = {line: cells for line in numbers if len(cells := _row(line)) > 1}
    units = [line for line in lines if _is_unit(line.text, spellings)]
    if rows:
        numbers = [cell for line in numbers for cell in rows.get(line, (line,))]
        apart = [cell for line in lines if len(line.words) > 1 for cell in line.cells()]
        units += [cell for cell in apart if _is_unit(cell.text, spellings)]
    for number in numbers:
        for unit in units:
            if _same_page(number, unit) and (_stacked(number, unit) or _beside(number, unit)):
                yield number.joined(unit)


def _is_number(text: str) -> bool:
    if len(text) > _LONGEST_ROW or (text[-1:].isalpha() and text[-1:] not in _TIMES):
        return False
    return _NUMBER_ONLY.fullmatch(normalise(text)) is not None


def _row(line: Line) -> list[Line]:
    """The numbers of a table's row; of a product that is printed wide the whole."""
    cells = list(line.cells()) if len(line.words) > 1 else [line]
    apart = all(cell.text[:1].isdigit() and cell.text[-1:].isdigit() for cell in cells)
    return cells if apart else [line]


def _is_unit(text: str, spellings: Spellings) -> bool:
    return normalise(text).strip(" .,:()[]").replace(" ", "").replace(".", "") in spellings.units


def _same_page(one: Line, other: Line) -> bool:
    return (one.words[0].pass_, one.words[0].angle) == (other.words[0].pass_, other.words[0].angle)


def _stacked(number: Line, unit: Line) -> bool:
    """One above the other: the unit's middle within the number, little room between the two."""
    gap = -overlap(number.span, unit.span)
    inside = number.span.start <= unit.span.middle <= number.span.end
    inside = inside or unit.span.start <= number.span.middle <= unit.span.end
    margin = max(_MAX_OVERLAP * unit.height, _MARGIN * number.height)
    return inside and -margin <= gap <= _MAX_GAP * number.height


def _beside(number: Line, unit: Line) -> bool:
    """The unit right of the number at another letter size; equal sizes are joined already."""
    gap = unit.span.start - number.span.end
    return (  # detectors draw boxes with room around them: large ones reach into a small neighbour
        -_MAX_OVERLAP * number.height <= gap <= _MAX_GAP * number.height
        and overlap(number.span, unit.span) >= 0.6 * min(number.height, unit.height)
        and number.height <= _MAX_UNIT_RATIO * unit.height
        and unit.height <= _MAX_HEIGHT_RATIO * number.height
    )


def goes_on_turned(number: Line, unit: Line) -> bool:
    """Whether a unit in vertical letters goes on after a number that was read as upright.

    Of one or two digits engines cannot tell which way they are turned.
    """
    (word, *more), angle = number.words, unit.words[0].angle
    if more or len(word.text) > _FEW_DIGITS or angle == word.angle or angle not in (90, 270):
        return False
    if word.engine != unit.words[0].engine:
        return False
    at = span(word._replace(angle=angle))
    across = overlap(at, unit.span)
    return (
        -_MAX_OVERLAP * unit.height <= unit.span.start - at.end <= _MAX_GAP * unit.height
        and across >= 0.6 * min(at.height, unit.height)
        and max(at.height, unit.height) <= _MAX_HEIGHT_RATIO * min(at.height, unit.height)
        and at.end - at.start <= (_DIGIT_WIDTH * len(word.text) + _MARGINS) * at.height
    )
