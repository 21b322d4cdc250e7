"""From a line of text to all the quantities it may state: every reading, for a ranker to choose."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from entity_extract.quantities.chains import Chain, Member, find_chains, total_count
from entity_extract.quantities.glyphs import normalise
from entity_extract.quantities.quantity import Kind, Quantity
from entity_extract.quantities.repairs import may_hold_number, repair
from entity_extract.quantities.spellings import Spellings
from entity_extract.quantities.terms import Term, find_terms

__all__ = ["Kind", "Quantity", "parse"]

_MAX_VALUE: Final = 1e7
_MAX_TEXT: Final = 20_000  # characters; no product picture holds more, a broken OCR pass might
# Two units that are printed together for one quantity: how many of the second make the first.
_COMPOUNDS: Final = {("foot", "inch"): 12, ("pound", "ounce"): 16}


def parse(text: str, spellings: Spellings) -> list[Quantity]:
    """All quantities in `text` in the entity's units, in order of appearance; never raises.

    Readings that need a repair follow the plain ones and never replace them.
    """
    text = text[:_MAX_TEXT]
    plain = normalise(text)
    if not may_hold_number(plain, text):
        return []
    found = {_key(quantity): quantity for quantity in _read(plain, text, spellings)}
    repaired = repair(plain, text, spellings)
    if repaired is not None:
        for quantity in _read(repaired, text, spellings, loose=True):
            found.setdefault(_key(quantity), replace(quantity, kind=Kind.REPAIRED))
    return sorted(found.values(), key=lambda q: (q.kind is Kind.REPAIRED, q.start, q.end))


def _key(quantity: Quantity) -> tuple[float, str, int]:
    return quantity.value, quantity.unit, quantity.end


def _read(text: str, raw: str, spellings: Spellings, *, loose: bool = False) -> Iterator[Quantity]:
    """One reading of normalised `text`; zero and absurdly large values are left out."""
    terms = list(find_terms(text, raw, spellings, loose=loose))
    quantities = [*_compounds(text, raw, terms)]
    for chain in find_chains(text, terms, spellings):
        for member in chain.members:
            if member.unit:
                quantities.extend(_readings(raw, chain, member, spellings))
    return (quantity for quantity in quantities if 0 < quantity.value <= _MAX_VALUE)


def _readings(raw: str, chain: Chain, member: Member, spellings: Spellings) -> Iterator[Quantity]:
    """The likely reading of a member, then what else it may say."""
    number, unit = member.term.number, member.unit or ""
    start, end = number.start, max(member.term.unit_end, number.end)
    place = member.position, member.of, member.axis
    first = Quantity(number.value, unit, start, end, raw[start:end], member.role, *place)
    yield first
    if number.other is not None:
        other = replace(first, value=number.other, kind=Kind.REPAIRED)
        yield _spanning(other, raw, number.other_start, end)
    if spellings.is_length:
        return
    if number.bottom is not None:
        yield replace(first, value=number.bottom, kind=Kind.LIST)
    if (count := total_count(chain, member, spellings)) > 1:
        total = replace(first, value=_rounded(number.value * count), kind=Kind.TOTAL)
        yield _spanning(total, raw, *chain.span)


def _spanning(quantity: Quantity, raw: str, start: int, end: int) -> Quantity:
    return replace(quantity, start=start, end=end, text=raw[start:end])


def _compounds(text: str, raw: str, terms: Sequence[Term]) -> Iterator[Quantity]:
    """5' 10", 6 ft 9 in, 2 lb 3 oz: the sum, in either unit."""
    for large, small in pairwise(terms):
        if large.unit is None or text[large.unit_end : small.number.start].strip(" -.,&"):
            continue
        partner = next((pair for pair in _COMPOUNDS if pair[0] == large.unit), None)
        if partner is None or small.unit not in (partner[1], None):
            continue
        if small.unit is None and text[large.unit_end - 1] != "'":  # only 5'10 leaves it out
            continue
        per = _COMPOUNDS[partner]
        if not large.number.whole or not 0 < small.number.value < per:
            continue
        start, end = large.number.start, max(small.unit_end, small.number.end)
        total = large.number.value * per + small.number.value
        whole = Quantity(_rounded(total), partner[1], start, end, raw[start:end], Kind.FEET_INCHES)
        yield whole
        yield replace(whole, value=round(total / per, 2), unit=partner[0])


def _rounded(value: float) -> float:
    """Without the tail that binary products and sums leave: 3 x 0.1 is 0.3."""
    return round(value, 6)
