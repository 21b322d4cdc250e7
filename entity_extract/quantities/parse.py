"""From a line of text to all the quantities it may state: every reading, for a ranker to choose."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

from entity_extract.quantities.chains import find_chains
from entity_extract.quantities.glyphs import normalise
from entity_extract.quantities.numbers import MAX_VALUE
from entity_extract.quantities.products import Chain, Member, total_count
from entity_extract.quantities.quantity import Kind, Quantity
from entity_extract.quantities.repairs import holds_number, may_hold_number, repair
from entity_extract.quantities.spellings import Spellings
from entity_extract.quantities.terms import Term, find_terms
from entity_extract.quantities.writing.number_words import AND

__all__ = ["Kind", "Quantity", "parse"]

_KEPT_TEXT: Final = 200  # characters; of longer lines no two are the same
_MAX_TEXT: Final = 20_000  # characters; no product picture holds more, a broken OCR pass might
# Two units that are printed together for one quantity, the larger first.
_SUMS: Final = frozenset({
    ("foot", "inch"), ("yard", "foot"), ("yard", "inch"), ("pound", "ounce"), ("kilogram", "gram"),
    ("metre", "centimetre"), ("litre", "millilitre"), ("litre", "centilitre"), ("gallon", "pint"),
    ("gallon", "quart"), ("gallon", "fluid ounce"), ("quart", "fluid ounce"),
    ("pint", "fluid ounce"),
})  # fmt: skip
_JOINT: Final = re.compile(rf"[ .,&-]*(?:{AND}[ ])?")
_METRIC: Final = frozenset({"metre", "kilogram", "litre"})  # "1 kg, 500 g" are two sizes
_METRIC_JOINT: Final = re.compile(rf"\.?[ ]?(?:{AND}[ ])?")
# The smaller unit may be left out: 5'10, 1m80, 1kg500.
_LEFT_OUT: Final = {
    "foot": ("inch", re.compile(r"'[ .,&-]*[0-9]+[.,]?[0-9]*")),
    "metre": ("centimetre", re.compile(r"m[0-9]{2}(?![^\W_])")),
    "kilogram": ("gram", re.compile(r"g[0-9]{3}(?![^\W_])")),
}
_ROW: Final = re.compile(r"[ ]?[,;/|]?[ ]?")


def parse(text: str, spellings: Spellings) -> list[Quantity]:
    """All quantities in `text` in the entity's units, in order of appearance; never raises.

    Readings that need a repair follow the plain ones and never replace them.
    """
    if not may_hold_number(text):
        return []
    if len(text) > _KEPT_TEXT:
        return list(_parsed(text[:_MAX_TEXT], spellings))
    return list(_known(text, spellings))


@lru_cache(maxsize=8192)
def _known(text: str, spellings: Spellings) -> tuple[Quantity, ...]:
    """Several passes and engines read the same line, and several questions share a picture."""
    return _parsed(text, spellings)


def _parsed(text: str, spellings: Spellings) -> tuple[Quantity, ...]:
    plain = normalise(text)
    has_number = holds_number(plain)
    found = {_key(q): q for q in _read(plain, text, spellings)} if has_number else {}
    repaired = repair(plain, text, spellings)
    if repaired is not None:
        for quantity in _read(repaired, text, spellings, loose=True):
            found.setdefault(_key(quantity), replace(quantity, kind=Kind.REPAIRED))
    if len(found) < 2:
        return tuple(found.values())
    order = sorted(found.values(), key=lambda q: (q.kind is Kind.REPAIRED, q.start, q.end))
    return tuple(order)


def _key(quantity: Quantity) -> tuple[float, str, int]:
    return quantity.value, quantity.unit, quantity.end


def _read(text: str, raw: str, spellings: Spellings, *, loose: bool = False) -> Iterator[Quantity]:
    """One reading of normalised `text`; zero and absurdly large values are left out."""
    terms = find_terms(text, raw, spellings, loose=loose)
    if not any([term.unit for term in terms]):  # then there is none to share: most lines
        return iter(())
    quantities = [*_sums(text, raw, terms, spellings)] if len(terms) > 1 else []
    for chain in find_chains(text, terms, spellings):
        for member in chain.members:
            if member.unit:
                quantities.extend(_readings(raw, chain, member, spellings))
    return (quantity for quantity in quantities if 0 < quantity.value <= MAX_VALUE)


def _readings(raw: str, chain: Chain, member: Member, spellings: Spellings) -> Iterator[Quantity]:
    """The likely reading of a member, then what else it may say."""
    number, unit = member.term.number, member.unit or ""
    start, end = number.start, max(member.term.unit_end, number.end)
    place = member.position, member.of, member.axis
    doubtful = member.doubtful
    role = Kind.REPAIRED if doubtful else member.role
    first = Quantity(number.value, unit, start, end, raw[start:end], role, *place)
    yield first
    if number.other is not None:
        other = replace(first, value=number.other, kind=Kind.REPAIRED)
        yield _spanning(other, raw, number.other_start, end)
    if spellings.is_length:
        return
    if number.bottom is not None:
        yield replace(first, value=number.bottom, kind=Kind.REPAIRED if doubtful else Kind.LIST)
    if (count := total_count(chain, member, spellings)) > 1:
        kind = Kind.REPAIRED if doubtful else Kind.TOTAL
        total = replace(first, value=_rounded(number.value * count), kind=kind)
        yield _spanning(total, raw, *chain.span(member.product))


def _spanning(quantity: Quantity, raw: str, start: int, end: int) -> Quantity:
    return replace(quantity, start=start, end=end, text=raw[start:end])


def _sums(text: str, raw: str, terms: Sequence[Term], spellings: Spellings) -> Iterator[Quantity]:
    """5' 10", 6 ft 9 in, 2 lb 3 oz, 1 kg 500 g: the sum, in either unit."""
    for i, (large, small) in enumerate(pairwise(terms)):
        unit = large.unit and _smaller_unit(text, large, small)
        if not large.unit or not unit or not large.number.whole:
            continue
        per = round(spellings.si[large.unit] / spellings.si[unit])
        if not 0 < small.number.value < per:
            continue
        around = (*terms[max(0, i - 1) : i], *terms[i + 2 : i + 3])
        if large.unit in _METRIC and _is_listed(text, large, small, around):
            continue
        start, end = large.number.start, max(small.unit_end, small.number.end)
        total = large.number.value * per + small.number.value
        whole = Quantity(_rounded(total), unit, start, end, raw[start:end], Kind.FEET_INCHES)
        yield whole
        decimals = 6 if large.unit in _METRIC else 2
        yield replace(whole, value=round(total / per, decimals), unit=large.unit)


def _smaller_unit(text: str, large: Term, small: Term) -> str | None:
    """The unit of `small` if it may go on after `large`: inch after foot; None if it may not."""
    if small.unit is not None:
        joint = _METRIC_JOINT if large.unit in _METRIC else _JOINT
        smaller = (large.unit, small.unit) in _SUMS
        fits = smaller and joint.fullmatch(text, large.unit_end, small.start)
        return small.unit if fits else None
    left_out, shape = _LEFT_OUT.get(large.unit or "", ("", None))
    glued = shape is not None and shape.match(text, large.unit_end - 1)
    return left_out if glued and glued.end() == small.number.end else None


def _is_listed(text: str, large: Term, small: Term, others: Iterable[Term]) -> bool:
    """Whether the two stand in a row of sizes rather: 2 kg 1 kg 500 g."""
    return any(
        other.unit in (large.unit, small.unit)
        and (
            _ROW.fullmatch(text, other.end, large.start)
            or _ROW.fullmatch(text, small.end, other.start)
        )
        for other in others
    )


def _rounded(value: float) -> float:
    """Without the tail that binary products and sums leave: 3 x 0.1 is 0.3."""
    return round(value, 6)
