"""Quantities, and the many ways they are printed."""

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from entity_extract.config import Domain, load_config
from entity_extract.sample_shop.drawing.dice import Dice


class Quantity(NamedTuple):
    """`amount` of `unit` (its name in domain.toml); a range where `upper` is given."""

    amount: Fraction
    unit: str
    upper: Fraction | None = None


class Printed(NamedTuple):
    """A text as it stands on the picture, and all the quantities it states, in order."""

    text: str
    says: tuple[Quantity, ...]


ABBREVIATIONS: dict[str, tuple[str, ...]] = {
    "gram": ("g", "g", "g", "G", "gm", "grams"),
    "kilogram": ("kg", "kg", "KG", "Kg", "kgs"),
    "milligram": ("mg", "mg", "MG"),
    "microgram": ("mcg", "mcg", "µg"),
    "ounce": ("oz", "OZ", "oz", "ounces"),
    "pound": ("lb", "lbs", "LBS", "LB", "pounds"),
    "ton": ("tons", "TON"),
    "centimetre": ("cm", "cm", "CM"),
    "millimetre": ("mm", "mm", "MM"),
    "metre": ("m", "M", "meters"),
    "inch": ("in", '"', "inch", '"', "inches", "INCH"),
    "foot": ("ft", "FT", "feet", "'"),
    "yard": ("yd", "yards"),
    "volt": ("V", "V", "V", "Volt", "volts"),
    "kilovolt": ("kV",),
    "watt": ("W", "W", "W", "Watt", "watts", "Watts"),
    "kilowatt": ("kW", "KW"),
    "fluid ounce": ("fl oz", "FL OZ", "fl. oz.", "Fl Oz"),
    "millilitre": ("ml", "mL", "ML"),
    "litre": ("L", "L", "Liter", "l"),
    "centilitre": ("cl",),
    "gallon": ("gal", "gallon", "Gallon"),
    "pint": ("pt", "pint"),
    "quart": ("qt", "quarts"),
    "cup": ("cups",),
}
TWINS = {
    "ounce": "gram", "pound": "kilogram", "fluid ounce": "millilitre", "inch": "centimetre",
    "foot": "metre", "gallon": "litre", "quart": "litre", "gram": "ounce", "kilogram": "pound",
    "millilitre": "fluid ounce", "litre": "quart", "centimetre": "inch",
    "millimetre": "inch", "metre": "foot",
}  # fmt: skip
_EIGHTHS = {
    Fraction(1, 8): "⅛", Fraction(1, 4): "¼", Fraction(3, 8): "⅜", Fraction(1, 2): "½",
    Fraction(5, 8): "⅝", Fraction(3, 4): "¾", Fraction(7, 8): "⅞",
}  # fmt: skip


def number(amount: Fraction) -> str:
    """500, 12.5, 0.85: plain decimals without a trailing zero."""
    return f"{float(amount):.6f}".rstrip("0").rstrip(".")


@lru_cache(maxsize=1)
def _domain() -> Domain:
    return load_config().domain


def twin(quantity: Quantity) -> Quantity:
    """The same in the other system, rounded as a packer would."""
    unit, units = TWINS[quantity.unit], _domain().units
    exact = float(quantity.amount) * units[quantity.unit].si / units[unit].si
    digits = 0 if exact >= 100 or unit in ("gram", "millilitre") else 1
    if exact < 5:
        digits = 2
    rounded = Fraction(str(round(exact, digits)))
    return Quantity(rounded if rounded else Fraction(1), unit)


def short(dice: Dice, quantity: Quantity, *, unit: str | None = None) -> str:
    """One quantity: 500 g, 500g, 12", 12 1/2 in, 220-240V."""
    unit = unit or dice.pick(ABBREVIATIONS[quantity.unit])
    gap = "" if unit in ('"', "'") or (len(unit) <= 2 and dice.chance(0.5)) else " "
    if quantity.upper is not None:
        dash = dice.pick(("-", "-", "~", " - "))
        return f"{number(quantity.amount)}{dash}{number(quantity.upper)}{gap}{unit}"
    rest = quantity.amount % 1
    if quantity.unit in ("inch", "foot") and rest in _EIGHTHS and dice.chance(0.6):
        return f"{_mixed(dice, quantity.amount)}{gap}{unit}"
    return f"{number(quantity.amount)}{gap}{unit}"


def _mixed(dice: Dice, amount: Fraction) -> str:
    """12 1/2, 12-1/2 or 12½."""
    whole, rest = divmod(amount, 1)
    if dice.chance(0.35):
        return f"{whole or ''}{_EIGHTHS[rest]}"
    gap = dice.pick((" ", " ", "-")) if whole else ""
    return f"{whole or ''}{gap}{rest}"


def feet_and_inches(dice: Dice, quantity: Quantity) -> Printed:
    """`quantity` in inches, 12 or more, printed as 5'6" or 5 ft 6 in."""
    feet, inches = divmod(quantity.amount, 12)
    style = dice.pick(("{}'{}\"", "{}' {}\"", "{} ft {} in"))
    return Printed(style.format(feet, number(inches)), (quantity,))


def dual(dice: Dice, quantity: Quantity) -> Printed:
    """Both systems in one line: 16 oz (454 g), 4.13"/10.5cm."""
    other = twin(quantity)
    joint = dice.pick(("{} ({})", "{} ({})", "{} / {}", "{}/{}"))
    text = joint.format(short(dice, quantity), short(dice, other))
    if dice.chance(0.7):  # one hand wrote both: 5 LB (2.27 KG), not 5 LB (2.27 kgs)
        text = text.upper() if dice.chance(0.3) else text.lower()
    return Printed(text, (quantity, other))


def printed(dice: Dice, quantity: Quantity, *, dual_chance: float = 0.0) -> Printed:
    """One of the ways, by chance."""
    whole_inches = quantity.unit == "inch" and quantity.amount.denominator == 1
    if whole_inches and quantity.amount > 40 and quantity.amount % 12 and dice.chance(0.25):
        return feet_and_inches(dice, quantity)
    if quantity.upper is None and quantity.unit in TWINS and dice.chance(dual_chance):
        return dual(dice, quantity)
    return Printed(short(dice, quantity), (quantity,))


def stacked(what: Printed) -> Printed:
    """Two systems in two lines, where there are two and the text is long."""
    parts = re.split(r" / |(?<=\D)/|(?<=\S) (?=\()", what.text)
    if len(what.says) == 1 or len(what.text) < 12:
        return what
    return Printed("\n".join(parts), what.says)


def headed(heads: Sequence[str], dice: Dice, what: Printed) -> Printed:
    """Net Wt. 16 oz (454 g): the same quantity after a heading."""
    return Printed(f"{dice.pick(heads)} {what.text}", what.says)
