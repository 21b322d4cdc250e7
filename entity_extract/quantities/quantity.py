"""A quantity as it was read: the type that parsing hands to candidates and learners."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """How a quantity was read; later kinds lean more on guessing."""

    PLAIN = "plain"
    FRACTION = "fraction"
    FEET_INCHES = "feet_inches"  # the sum of a larger and a smaller unit: 6 ft 9 in, 2 lb 3 oz
    RANGE_LOW = "range_low"
    RANGE_HIGH = "range_high"
    PRODUCT = "product"  # a side of 10 x 20 x 30 cm, or one of 6 x 330 ml
    TOTAL = "total"  # 6 x 330 ml as 1980 ml
    LIST = "list"  # shares the unit of another member: 12/16/20 W
    IMPLIED = "implied"  # the unit stands before the number, or on another line
    TABLE = "table"  # the unit is that of its column, its row or the whole drawing
    REPAIRED = "repaired"  # after repairing look-alike glyphs, or a less likely reading


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value and unit read at `text[start:end]` of the line; `text` is that span.

    `position` of `of` is the place among the sides of a product (0 of 1 outside one). `axis` is
    the lower-case axis letter or keyword attached to it, as printed ("l", "breite", "ø", "max").
    """

    value: float
    unit: str
    start: int
    end: int
    text: str
    kind: Kind
    position: int = 0
    of: int = 1
    axis: str | None = None
