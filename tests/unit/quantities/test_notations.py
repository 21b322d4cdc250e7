"""Notations built from a grammar, whose values are known: number, unit, and what joins them."""
# ruff: noqa: RUF001  look-alike glyphs are what is printed

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from hypothesis import given, settings
from hypothesis import strategies as st

from entity_extract.config import load_config
from entity_extract.quantities.parse import Kind, parse
from entity_extract.quantities.spellings import spellings_for
from entity_extract.quantities.writing.scripts import groups

DOMAIN = load_config().domain
LENGTHS: Final = ("width", "height", "depth")
ENTITIES = st.sampled_from(DOMAIN.entity_names)
# Printed alike in many languages, or with a second meaning that only the words around settle.
TWO_MEANINGS: Final = {"in", "ins", "once", "gsm", "t", "cf", "gl", "fit", "ons", "uns", "pes"}
FRACTIONS: Final = (("1/2", 0.5), ("3/4", 0.75), ("5/8", 0.625), ("7/16", 0.4375))
VULGAR: Final = (("½", 0.5), ("¾", 0.75), ("⅜", 0.375))
RANGES: Final = ("-", " - ", "–", "~", " ~ ", " to ", " bis ", "...", "…", " … ")
TOLERANCES: Final = ("±", " ± ", "+/-", " +/- ", " (±")
TIMES: Final = ("x", " x ", " X ", "×", " × ", "*", " by ")
LISTS: Final = ("/", " / ", " or ", ", ", " and ", " & ")
SUMS: Final = (
    ("width", "foot", "inch"), ("width", "metre", "centimetre"), ("item_weight", "pound", "ounce"),
    ("item_weight", "kilogram", "gram"), ("item_volume", "litre", "millilitre"),
    ("item_volume", "pint", "fluid ounce"),
)  # fmt: skip

Values = set[tuple[float, str]]


@dataclass(frozen=True)
class Notation:
    entity: str
    text: str
    values: Values


def grouped(value: float, mark: str, point: str) -> str:
    """1234567.5 -> "1,234,567.5" with "," and "."."""
    whole, _, decimals = format(value, ",.10g" if value % 1 else ",.0f").partition(".")
    return whole.replace(",", mark) + (point + decimals if decimals else "")


def indian(value: float) -> str:
    """1234567 -> "12,34,567"."""
    head, tail = divmod(int(value), 1000)
    pairs = f"{head:,}".replace(",", "")
    parts = [pairs[max(0, end - 2) : end] for end in range(len(pairs), 0, -2)][::-1]
    return ",".join([*parts, f"{tail:03}"]) if head else str(tail)


STYLES: Final = {
    "plain": lambda value: format(value, ".10g"),
    "comma": lambda value: format(value, ".10g").replace(".", ","),
    "1,234.5": lambda value: grouped(value, ",", "."),
    "1.234,5": lambda value: grouped(value, ".", ",") if value % 1 else grouped(value, "'", ","),
    "1'234.5": lambda value: grouped(value, "'", "."),
    "1’234,5": lambda value: grouped(value, "’", ","),
    "thin space": lambda value: grouped(value, "\u2009", ","),
    "space": lambda value: grouped(value, " ", ",") if value % 1 else format(value, ".10g"),
    "1,00,000": lambda value: indian(value) if not value % 1 else format(value, ".10g"),
}


@st.composite
def numbers(draw: st.DrawFn, style: str, low: int = 7, high: int = 9_999_999) -> tuple[float, str]:
    """A value and how it is printed; halves and the like have a decimal."""
    whole = draw(st.one_of(st.integers(low, min(high, max(low, 999))), st.integers(low, high)))
    tenth = draw(st.sampled_from([0, 0, 0.5, 0.25])) if whole < min(high, 99_999) else 0
    value = float(whole + tenth)
    return value, STYLES[style](value)


@st.composite
def units(draw: st.DrawFn, entity: str, *, unit: str | None = None) -> tuple[str, str]:
    """A unit's name and the unit as it is printed, with what stands before it."""
    name = unit or draw(st.sampled_from(DOMAIN.entities[entity].units))
    spelled = draw(st.sampled_from(spellings_of(entity, name)))
    case = draw(st.sampled_from([str.lower, str.upper, str.title]))
    return name, draw(st.sampled_from(["", " "])) + case(spelled)


@lru_cache
def spellings_of(entity: str, unit: str) -> list[str]:
    """Words of Latin letters that mean this unit, and no other of the entity's; those of other
    languages than English, which group digits by points, are test_languages'."""
    words = (unit, *DOMAIN.units[unit].spellings)
    latin = [word for word in words if word.isascii() and word.replace(" ", "").isalpha()]
    known = spellings_for(DOMAIN, entity).units
    english = [w for w in latin if not groups(w, w) and w not in TWO_MEANINGS]
    return [w for w in english if known[w.replace(" ", "")] == unit]


@st.composite
def singles(draw: st.DrawFn) -> Notation:
    entity, style = draw(ENTITIES), draw(st.sampled_from(sorted(STYLES)))
    (value, number), (unit, printed) = draw(numbers(style)), draw(units(entity))
    plus = draw(st.sampled_from(["", "", "+"]))
    return Notation(entity, f"{number}{plus}{printed}", {(value, unit)})


@st.composite
def fractions(draw: st.DrawFn) -> Notation:
    entity = draw(st.sampled_from(LENGTHS))
    whole, (unit, printed) = draw(st.integers(1, 999)), draw(units(entity))
    (mark, part), gap = draw(st.one_of(
        st.tuples(st.sampled_from(FRACTIONS), st.sampled_from([" ", "-"])),
        st.tuples(st.sampled_from(VULGAR), st.sampled_from(["", " "])),
    ))  # fmt: skip
    return Notation(entity, f"{whole}{gap}{mark}{printed}", {(whole + part, unit)})


@st.composite
def ranges(draw: st.DrawFn) -> Notation:
    entity, style = draw(ENTITIES), draw(st.sampled_from(sorted(STYLES)))
    low, first = draw(numbers(style, high=4_000))
    high, last = draw(numbers(style, low=4_001, high=99_999))
    (unit, printed), joint = draw(units(entity)), draw(st.sampled_from(RANGES))
    both = draw(st.sampled_from(["", printed]))
    return Notation(entity, f"{first}{both}{joint}{last}{printed}", {(low, unit), (high, unit)})


@st.composite
def tolerances(draw: st.DrawFn) -> Notation:
    entity, style = draw(ENTITIES), draw(st.sampled_from(sorted(STYLES)))
    value, number = draw(numbers(style, low=20))
    sign, (unit, printed) = draw(st.sampled_from(TOLERANCES)), draw(units(entity))
    error = format(draw(st.integers(1, 100)) / 10, "g")
    shut = ")" if "(" in sign else ""
    both = draw(st.sampled_from(["", printed]))
    return Notation(entity, f"{number}{both}{sign}{error}{printed}{shut}", {(value, unit)})


@st.composite
def products(draw: st.DrawFn) -> Notation:
    """Sides with or without their axes, in one unit or, in brackets or after a slash, in two."""
    entity, style = draw(st.sampled_from(LENGTHS)), draw(st.sampled_from(sorted(STYLES)))
    count, joint = draw(st.integers(2, 3)), draw(st.sampled_from(TIMES))
    before = draw(st.sampled_from([("", "", ""), ("L ", "W ", "H "), ("W", "D", "H")]))
    if "space" in style:  # after a letter it parts two numbers: "B2 500 mg", "8X1 650W"
        before, joint = ("", "", ""), " x "
    values: Values = set()
    texts = []
    for _ in range(draw(st.integers(1, 2))):
        sides = [draw(numbers(style, high=9_999)) for _ in range(count)]
        unit, printed = draw(units(entity))
        each = draw(st.booleans())
        values |= {(value, unit) for value, _ in sides}
        named = [axis + number for axis, (_, number) in zip(before, sides, strict=False)]
        texts.append(joint.join(side + printed * each for side in named) + printed * (not each))
    text = " / ".join(texts) if draw(st.booleans()) else " (".join(texts) + ")" * (len(texts) - 1)
    return Notation(entity, text, values)


@st.composite
def sides(draw: st.DrawFn) -> Notation:
    """W30 D20 H10 cm, L:30 W:20 H:10cm, W30/D20/H10 cm: no sign of a product."""
    entity, style = draw(st.sampled_from(LENGTHS)), draw(st.sampled_from(["plain", "1,234.5"]))
    colon, gap = (
        draw(st.sampled_from(["", ":", ": ", "="])),
        draw(st.sampled_from([" ", "/", ", "])),
    )
    found = [draw(numbers(style, high=9_999)) for _ in "WDH"]
    unit, printed = draw(units(entity))
    text = gap.join(axis + colon + number for axis, (_, number) in zip("WDH", found, strict=True))
    return Notation(entity, text + printed, {(value, unit) for value, _ in found})


@st.composite
def packs(draw: st.DrawFn) -> Notation:
    """6 x 330 ml: one, and all of them."""
    entity = draw(st.sampled_from(sorted(set(DOMAIN.entity_names) - set(LENGTHS))))
    count, value = draw(st.integers(2, 99)), draw(st.integers(7, 999))
    (unit, printed), joint = draw(units(entity)), draw(st.sampled_from(TIMES[:-1]))
    turned = draw(st.booleans())
    text = f"{value}{printed}{joint}{count}" if turned else f"{count}{joint}{value}{printed}"
    return Notation(entity, text, {(float(value), unit), (float(count * value), unit)})


@st.composite
def sums(draw: st.DrawFn) -> Notation:
    entity, large, small = draw(st.sampled_from(SUMS))
    per = round(DOMAIN.units[large].si / DOMAIN.units[small].si)
    many, few = draw(st.integers(1, 9)), draw(st.integers(7, min(per, 1000) - 1))
    _, first = draw(units(entity, unit=large))
    _, last = draw(units(entity, unit=small))
    total = many * per + few
    values = {
        (float(many), large), (float(few), small), (float(total), small),
        (round(total / per, 2 if per < 100 else 6), large),
    }  # fmt: skip
    return Notation(
        entity, f"{many}{first}{draw(st.sampled_from(['', ' ', ' and ']))}{few}{last}", values
    )


@st.composite
def lists(draw: st.DrawFn) -> Notation:
    entity, style = draw(ENTITIES), draw(st.sampled_from(sorted(STYLES)))
    found = [draw(numbers(style, low=70, high=9_999)) for _ in range(draw(st.integers(2, 4)))]
    (unit, printed), joint = draw(units(entity)), draw(st.sampled_from(LISTS))
    text = joint.join(number for _, number in found) + printed
    return Notation(entity, text, {(value, unit) for value, _ in found})


NOTATIONS = st.one_of(
    singles(), fractions(), ranges(), tolerances(), products(), sides(), packs(), sums(), lists()
)


@settings(max_examples=300, deadline=None)
@given(
    NOTATIONS,
    st.sampled_from(["", "Net: ", "size ", "(", "[", "ca. ", "• "]),
    st.sampled_from(["", ".", ")", "]", ", new", "; ", " *"]),
)
def test_a_notation_is_read_as_what_it_says_and_nothing_else(
    notation: Notation, before: str, after: str
) -> None:
    found = parse(before + notation.text + after, spellings_for(DOMAIN, notation.entity))
    plain = {(round(q.value, 6), q.unit) for q in found if q.kind is not Kind.REPAIRED}
    assert plain == {(round(value, 6), unit) for value, unit in notation.values}
