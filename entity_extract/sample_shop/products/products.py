"""One product: what it is called, what it looks like and what can be printed on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from entity_extract.sample_shop.drawing.colours import Colour, rgb
from entity_extract.sample_shop.drawing.dice import Dice
from entity_extract.sample_shop.drawing.fonts import TYPEFACES, Typeface
from entity_extract.sample_shop.drawing.printed import Printed, Quantity, printed
from entity_extract.sample_shop.products.categories import CATEGORIES, Amounts, Category

DIMENSIONS = ("width", "depth", "height")
RANGED_VOLTAGE = 0.22  # of mains products print 100-240V; the challenge's labels have 19 %
_MAINS = {110: (100, 240), 120: (110, 120), 220: (220, 240), 230: (220, 240)}

_BRANDS = (
    "Alderway", "Northmill", "Verano", "Kestrel & Co", "Lumora", "Oakfield", "Pinehaven", "Zentra",
    "Brightleaf", "Hartwell", "Solvane", "Tideline", "Mirabel", "Fernhill", "Quillon", "Ravello",
    "Bluepeak", "Casa Nera", "Duneberry", "Everland Farm", "Granvik", "Nordhus", "Ohmly",
    "Ironvale",
)  # fmt: skip


@dataclass(frozen=True)
class Palette:
    """`base` for large areas, `deep` beside it, `accent` against it, `paper` and `ink` for text."""

    base: Colour
    deep: Colour
    accent: Colour
    paper: Colour
    ink: Colour


def _palette(*colours: str) -> Palette:
    base, deep, accent, paper, ink = (rgb(colour) for colour in colours)
    return Palette(base, deep, accent, paper, ink)


PALETTES = (
    _palette("#2f6f4e", "#1d4732", "#f0b429", "#f6f1e4", "#1b2a22"),
    _palette("#c8472f", "#8f2c1b", "#ffd166", "#fff6e9", "#3a1710"),
    _palette("#1f4e79", "#12304d", "#f28f3b", "#eef4fa", "#10202f"),
    _palette("#6b4f9e", "#463270", "#f6c667", "#f5f0fb", "#271b3f"),
    _palette("#e7a33e", "#b9772a", "#7a2e1d", "#fff9ec", "#3b2410"),
    _palette("#3a3a3c", "#1d1d1f", "#d4af37", "#f2f2f2", "#161616"),
    _palette("#d9778f", "#a94c65", "#3b5f5c", "#fdf1f3", "#3c1822"),
    _palette("#4aa3a2", "#2c6f73", "#f5e6ca", "#effaf9", "#12393b"),
    _palette("#8a5a3b", "#5b3922", "#e9d8a6", "#f8f2ea", "#2c1a0f"),
    _palette("#f4f4f1", "#d5d5d0", "#2a6f97", "#ffffff", "#22303a"),
    _palette("#86a873", "#5b7a4c", "#d96c4f", "#f5f8f0", "#24331c"),
    _palette("#0f7c8f", "#0a5361", "#ff7f51", "#ecf8fa", "#0a2a31"),
)


@dataclass(frozen=True)
class Product:
    category: Category
    brand: str
    noun: str
    variant: str
    claims: tuple[str, ...]
    count: str  # "60 Capsules", or "" where nothing is counted
    model: str
    palette: Palette
    typeface: Typeface
    quantities: dict[str, Quantity]
    printed: dict[str, Printed]  # entity -> how this product prints it, everywhere the same

    @property
    def shape(self) -> str:
        """The drawing that looks like this noun."""
        shapes = self.category.shapes
        return shapes[self.category.nouns.index(self.noun) % len(shapes)]

    @property
    def title(self) -> str:
        return f"{self.variant} {self.noun}"


def categories_with(entity: str) -> list[Category]:
    """The departments whose products have this entity."""
    return [
        category for category in CATEGORIES
        if entity in category.measures or (category.size and entity in DIMENSIONS)
    ]  # fmt: skip


def invent(category: Category, dice: Dice) -> Product:
    """A product of the category, with a value for each of the category's entities."""
    quantities = {
        entity: _measure(units, dice) for entity, units in category.measures.items()
    } | _size(category, dice)
    if "voltage" in quantities:
        quantities["voltage"] = _mains(quantities["voltage"], dice)
    manner = dice.whole(0, 2**31)  # the same throws for each side, hence the same spelling
    text = {
        entity: printed(
            Dice(manner) if entity in DIMENSIONS else dice, quantity, dual_chance=category.dual
        )
        for entity, quantity in quantities.items()
    }
    return Product(
        category=category,
        brand=dice.pick(_BRANDS),
        noun=dice.pick(category.nouns),
        variant=dice.pick(category.variants),
        claims=tuple(dice.several(category.claims, dice.whole(2, 4))),
        count=dice.pick(category.counts) if category.counts else "",
        model=f"{dice.pick(('AX', 'HT', 'PD', 'KL', 'ZR'))}-{dice.whole(100, 9800)}",
        palette=dice.pick(PALETTES),
        typeface=dice.pick(TYPEFACES),
        quantities=quantities,
        printed=text,
    )


def _measure(units: dict[str, Amounts], dice: Dice) -> Quantity:
    """The habitual unit most of the time: each next one half as often."""
    unit = dice.pick(tuple(units), weights=[0.5**n for n in range(len(units))])
    return Quantity(Fraction(str(dice.pick(units[unit]))), unit)


def _mains(voltage: Quantity, dice: Dice) -> Quantity:
    span = _MAINS.get(int(voltage.amount))
    if span is None or not dice.chance(RANGED_VOLTAGE * 2):
        return voltage
    return Quantity(Fraction(span[0]), voltage.unit, Fraction(span[1]))


def _size(category: Category, dice: Dice) -> dict[str, Quantity]:
    if category.size is None:
        return {}
    unit = dice.pick(category.size_units)
    inches: Sequence[float] = [dice.between(*span) for span in category.size]
    if dice.chance(0.3):
        inches = (inches[0], min(inches[0], category.size[1][1]), inches[2])  # square or round
    amounts = (_rounded(value, unit, dice) for value in inches)
    return {
        entity: Quantity(amount, unit) for entity, amount in zip(DIMENSIONS, amounts, strict=True)
    }


def _rounded(inches: float, unit: str, dice: Dice) -> Fraction:
    """As shops round: halves, quarters or decimals of an inch, whole or half centimetres."""
    steps = {
        "inch": (Fraction(1), Fraction(1, 2), Fraction(1, 4), Fraction(1, 10)),
        "centimetre": (Fraction(1), Fraction(1), Fraction(1, 2), Fraction(1, 10)),
        "millimetre": (Fraction(1), Fraction(1), Fraction(1, 2)),
    }[unit]
    value = inches * {"inch": 1.0, "centimetre": 2.54, "millimetre": 25.4}[unit]
    step = dice.pick(steps) if value > 3 else Fraction(1, 4)
    return max(Fraction(round(value / step)) * step, step)
