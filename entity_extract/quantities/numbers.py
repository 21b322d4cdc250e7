"""Numbers as they are printed: decimals, thousands, fractions; each with its likely readings."""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from entity_extract.quantities.glyphs import VULGAR, vulgar_value

MAX_VALUE: Final = 1e7  # no product states more
# Longer digit runs are bar codes and article numbers, and a cap keeps every match linear.
_DIGITS: Final = "[0-9]{1,7}"
_DENOMINATOR: Final = r"(?:2|3|4|5|6|8|10|12|16|32|64)(?![0-9]|[.,/][0-9])"
# "101/4 in" is 10 1/4 in where OCR lost the space; other units are not counted in fractions.
_GLUED: Final = (
    r"(?P<glued>[1-9][0-9]{1,4})/(?P<glued_bottom>2|3|4|8|16|32|64)"
    r"(?=[ ]?-?[ ]?(?:[\"'x]|in|zoll|ft|f[oe][oe]t|yd|lb|pound|oz|ounce|cup|pint|pt|gal|qt|quart))|"
)
_SHAPES: Final = rf"""
    (?<![0-9])(?<![0-9]\.)                       # not in the middle of a number or a version
    (?: GLUED
        (?P<vulgar_whole>[0-9]{{1,4}})?[ ]?-?[ ]?(?P<vulgar>[{VULGAR}])
      | (?P<whole>[0-9]{{1,4}})(?:[ ]{{1,2}}|[ ]?-[ ]?|[ ](?:and|und|et|y|en|och|og)[ ]|[와과][ ])
        (?P<mixed_top>[0-9]{{1,2}})[ ]?/[ ]?(?P<mixed_bottom>{_DENOMINATOR})
      | (?P<top>[0-9]{{1,2}})[ ]?/[ ]?(?P<bottom>{_DENOMINATOR})
      | (?P<grouped>[0-9]{{1,3}}(?:(?:,[0-9]{{3}}){{1,2}}(?:\.[0-9]{{1,3}})?
                               |(?:\.[0-9]{{3}}){{1,2}}(?:,[0-9]{{1,3}})?))
      | (?P<parted>(?:[1-9][0-9]{{0,2}}(?:'[0-9]{{3}}){{1,2}}
                     |[1-9][0-9]?(?:,[0-9]{{2}}){{1,2}},[0-9]{{3}})(?P<part>[.,][0-9]{{1,3}})?)
      | (?P<decimal>{_DIGITS}POINT[0-9]{{1,6}}|(?<![^\W_])(?<!\.)[.,][0-9]{{1,4}}(?![.,][0-9]))
      | (?P<spaced>(?<![^\W_])[1-9][0-9]{{0,2}}(?:[ ][0-9]{{3}}){{1,2}}
                  (?P<cents>[.,][0-9]{{1,2}})?(?![.,]?[0-9]))
      | (?P<integer>{_DIGITS})
    )(?![0-9])
"""
_START: Final = re.compile(rf"[.,0-9{VULGAR}]")  # a cheap scan for where a number may begin
_STRICT: Final = re.compile(_SHAPES.replace("GLUED", "").replace("POINT", "[.,]"), re.VERBOSE)
# OCR engines split "6.2" into "6." and "2" or see two points: read together in the repaired reading
# only.
_LOOSE: Final = re.compile(
    _SHAPES.replace("GLUED", _GLUED).replace("POINT", r"(?:[ ]?[.,][ ]?|,\.|\.,)"), re.VERBOSE
)
_MAYBE_LOOSE: Final = re.compile(
    r"[0-9](?:[ ][.,][ ]?|[.,][ ]|,\.|\.,)[0-9]|[1-9][0-9]{1,4}/(?:[2348](?![0-9])|16|32|64)"
)
_THIN: Final = re.compile("[\u00a0\u2007\u2009\u200a\u202f]")  # spaces that only part digits


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

    @property
    def first(self) -> int:
        """Where the longer of its readings begins."""
        return self.start if self.other is None else min(self.start, self.other_start)


def maybe_loose(text: str) -> bool:
    """Whether `find_numbers` may read other numbers when it is loose."""
    return _MAYBE_LOOSE.search(text) is not None


def find_numbers(text: str, raw: str, *, loose: bool = False) -> Iterator[Number]:
    """The numbers in normalised text, from left to right, without overlap; `raw` is the same text
    before normalising."""
    pattern = _LOOSE if loose else _STRICT
    position = 0
    while start := _START.search(text, position):
        match = pattern.match(text, start.start())
        if match is None:
            position = start.start() + 1
            continue
        number = _READERS[match.lastgroup or "integer"](match, raw)
        position = number.end
        yield number


def _integer(match: re.Match[str], _: str) -> Number:
    return Number(*match.span(), float(match[0]), whole=True)


def _decimal(match: re.Match[str], _: str) -> Number:
    return Number(
        *match.span(), float(match[0].replace(",", ".").replace(" ", "").replace("..", "."))
    )


def _grouped(match: re.Match[str], _: str) -> Number:
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


def _parted(match: re.Match[str], _: str) -> Number:
    """1'234.50 and 1,00,000: what parts the digits is no decimal point."""
    return _from_groups(match.start(), match.end(), match[0], match["part"] or "")


def _spaced(match: re.Match[str], raw: str) -> Number:
    """ "2 500" is rather 500 after a 2, but "2 050", "2 500,5" and thin spaces part thousands."""
    start, end = match.span()
    cents = match["cents"] or ""
    last_at = start + match[0].rindex(" ") + 1
    together = _from_groups(start, end, match[0], cents)
    last = _from_groups(last_at, end, match[0][last_at - start :], cents)
    if together.value > MAX_VALUE:
        return last
    if _THIN.search(raw, start, end):
        return together
    if cents or match.string[last_at] == "0":
        return replace(together, other=last.value, other_start=last_at)
    return replace(last, other=together.value, other_start=start)


def _from_groups(start: int, end: int, printed: str, decimals: str) -> Number:
    """ "1 234,5" with the decimals ",5" is 1234.5."""
    digits = re.sub("[^0-9]", "", printed.removesuffix(decimals))
    return Number(start, end, float(f"{digits}.{decimals[1:]}"), whole=not decimals)


def _vulgar(match: re.Match[str], _: str) -> Number:
    value = float(match["vulgar_whole"] or "0") + vulgar_value(match["vulgar"])
    return Number(*match.span(), _printed(value), fraction=True)


def _mixed(match: re.Match[str], _: str) -> Number:
    whole, top, bottom = (int(match[name]) for name in ("whole", "mixed_top", "mixed_bottom"))
    if not 0 < top < bottom:
        return Number(*match.span("whole"), float(whole), whole=True)
    return Number(*match.span(), _printed(whole + top / bottom), fraction=True)


def _fraction(match: re.Match[str], _: str) -> Number:
    top, bottom = int(match["top"]), int(match["bottom"])
    if not 0 < top < bottom or math.gcd(top, bottom) > 1:
        return Number(*match.span("top"), float(top), whole=True)
    return Number(*match.span(), _printed(top / bottom), bottom=float(bottom), fraction=True)


def _glued(match: re.Match[str], _: str) -> Number:
    """ "101/4" is 10 1/4, "111/16" 1 11/16 or 11 1/16; "24/8" is two numbers."""
    digits, bottom = match["glued"], int(match["glued_bottom"])
    cuts = [(int(digits[:-width]), digits[-width:]) for width in (2, 1) if len(digits) > width]
    values = [
        _printed(whole + int(top) / bottom)
        for whole, top in cuts
        if not top.startswith("0") and int(top) < bottom and math.gcd(int(top), bottom) == 1
    ]
    if not values:
        return Number(*match.span("glued"), float(digits), whole=True)
    other = values[1] if len(values) > 1 else None
    return Number(*match.span(), values[0], other=other, other_start=match.start(), fraction=True)


def _printed(value: float) -> float:
    """A third is 0.33, as labels write it; halves down to sixty-fourths are exact."""
    return value if (value * 64).is_integer() else round(value, 2)


_READERS: Final[dict[str, Callable[[re.Match[str], str], Number]]] = {
    "vulgar": _vulgar,
    "mixed_bottom": _mixed,
    "bottom": _fraction,
    "glued_bottom": _glued,
    "grouped": _grouped,
    "parted": _parted,
    "decimal": _decimal,
    "spaced": _spaced,
    "integer": _integer,
}
