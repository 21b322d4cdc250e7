"""Numbers as they are printed: decimals, thousands, fractions; each with its likely readings."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from entity_extract.quantities.glyphs import VULGAR, vulgar_value

# Longer digit runs are bar codes and article numbers, and a cap keeps every match linear.
_DIGITS: Final = "[0-9]{1,7}"
_DENOMINATOR: Final = r"(?:2|3|4|5|6|8|10|12|16|32|64)(?![0-9]|[.,/][0-9])"
_SHAPES: Final = rf"""
    (?<![0-9])(?<![0-9]\.)                       # not in the middle of a number or a version
    (?:
        (?P<vulgar_whole>[0-9]{{1,4}})?[ ]?-?[ ]?(?P<vulgar>[{VULGAR}])
      | (?P<whole>[0-9]{{1,4}})(?:[ ]{{1,2}}|[ ]?-[ ]?|[ ]and[ ])
        (?P<mixed_top>[0-9]{{1,2}})[ ]?/[ ]?(?P<mixed_bottom>{_DENOMINATOR})
      | (?P<top>[0-9]{{1,2}})[ ]?/[ ]?(?P<bottom>{_DENOMINATOR})
      | (?P<grouped>[0-9]{{1,3}}(?:(?:,[0-9]{{3}}){{1,2}}(?:\.[0-9]{{1,3}})?
                               |(?:\.[0-9]{{3}}){{1,2}}(?:,[0-9]{{1,3}})?))
      | (?P<decimal>{_DIGITS}POINT[0-9]{{1,6}}|(?<![^\W_])[.,][0-9]{{1,4}}(?![.,][0-9]))
      | (?P<spaced>(?<![^\W_])[1-9][0-9]{{0,2}}(?:[ ][0-9]{{3}}){{1,2}}(?![.,]?[0-9]))
      | (?P<integer>{_DIGITS})
    )(?![0-9])
"""
_START: Final = re.compile(rf"[.,0-9{VULGAR}]")  # a cheap scan for where a number may begin
_STRICT: Final = re.compile(_SHAPES.replace("POINT", "[.,]"), re.VERBOSE)
# OCR engines split "6.2" into "6." and "2": read together in the repaired reading only.
_LOOSE: Final = re.compile(_SHAPES.replace("POINT", "[ ]?[.,][ ]?"), re.VERBOSE)


@dataclass(frozen=True, slots=True)
class Number:
    """A printed number; `text[start:end]` of the normalised text.

    `other` is a second reading, from `other_start` on: 1,500 is 1500, or 1.5 where the comma is a
    decimal point; "2 500" is 500 after a 2, or 2500.
    `bottom` is a fraction's denominator: "5/8 W" may also be a list of 5 W and 8 W.
    """

    start: int
    end: int
    value: float
    whole: bool = False
    other: float | None = None
    other_start: int = 0
    bottom: float | None = None
    fraction: bool = False


def find_numbers(text: str, *, loose: bool = False) -> Iterator[Number]:
    """The numbers in normalised text, from left to right, without overlap."""
    pattern = _LOOSE if loose else _STRICT
    position = 0
    while start := _START.search(text, position):
        match = pattern.match(text, start.start())
        if match is None:
            position = start.start() + 1
            continue
        number = _READERS[match.lastgroup or "integer"](match)
        position = number.end
        yield number


def _integer(match: re.Match[str]) -> Number:
    return Number(*match.span(), float(match[0]), whole=True)


def _decimal(match: re.Match[str]) -> Number:
    return Number(*match.span(), float(match[0].replace(",", ".").replace(" ", "")))


def _grouped(match: re.Match[str]) -> Number:
    """Three digits are thousands after a comma, decimals after a point; or else reversed."""
    text = match[0]
    first, last = re.findall("[.,]", text)[0], re.findall("[.,]", text)[-1]
    thousands = float(text.replace(first, "").replace(last, "."))
    if text.count(first) > 1 or first != last:
        return Number(*match.span(), thousands)
    decimals = float(text.replace(",", "."))
    if text.startswith("0"):
        return Number(*match.span(), decimals)
    value, other = (thousands, decimals) if first == "," else (decimals, thousands)
    return Number(*match.span(), value, other=other, other_start=match.start())


def _spaced(match: re.Match[str]) -> Number:
    together = float(match[0].replace(" ", ""))
    last = Number(match.end() - 3, match.end(), float(match[0][-3:]), whole=True)
    return replace(last, other=together, other_start=match.start())


def _vulgar(match: re.Match[str]) -> Number:
    value = float(match["vulgar_whole"] or "0") + vulgar_value(match["vulgar"])
    return Number(*match.span(), _printed(value), fraction=True)


def _mixed(match: re.Match[str]) -> Number:
    whole, top, bottom = (int(match[name]) for name in ("whole", "mixed_top", "mixed_bottom"))
    if not 0 < top < bottom:
        return Number(*match.span("whole"), float(whole), whole=True)
    return Number(*match.span(), _printed(whole + top / bottom), fraction=True)


def _fraction(match: re.Match[str]) -> Number:
    top, bottom = int(match["top"]), int(match["bottom"])
    if not 0 < top < bottom or math.gcd(top, bottom) > 1:
        return Number(*match.span("top"), float(top), whole=True)
    return Number(*match.span(), _printed(top / bottom), bottom=float(bottom), fraction=True)


def _printed(value: float) -> float:
    """A third is 0.33, as labels write it; halves down to sixty-fourths are exact."""
    return value if (value * 64).is_integer() else round(value, 2)


_READERS: Final[dict[str, Callable[[re.Match[str]], Number]]] = {
    "vulgar": _vulgar,
    "mixed_bottom": _mixed,
    "bottom": _fraction,
    "grouped": _grouped,
    "decimal": _decimal,
    "spaced": _spaced,
    "integer": _integer,
}
