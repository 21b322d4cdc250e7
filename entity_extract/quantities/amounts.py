"""Answers and labels as text: written, checked by the challenge's public rules, and read back."""

import math
import re
from collections.abc import Collection
from decimal import Decimal
from typing import Final, NamedTuple

from entity_extract.config import Domain
from entity_extract.quantities.parse import Kind, parse
from entity_extract.quantities.spellings import spellings_for

# The public checker's pattern, with ASCII digits.
_ANSWER: Final = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)\s+([a-zA-Z\s]+)")
_NUMBER: Final = r"(-?[0-9]+(?:\.[0-9]+)?)"
_UNIT: Final = r"([a-zA-Z\s]+?)"
# "500.0 gram", "[220.0, 240.0] volt", "10 kilogram to 15 kilogram", "0 kilogram to 2kilogram"
_SINGLE_LABEL: Final = re.compile(rf"{_NUMBER}\s*{_UNIT}")
_LIST_LABEL: Final = re.compile(rf"\[\s*{_NUMBER}\s*,\s*{_NUMBER}\s*\]\s*{_UNIT}")
_RANGE_LABEL: Final = re.compile(rf"{_NUMBER}\s*{_UNIT}\s+to\s+{_NUMBER}\s*{_UNIT}")
_SURE: Final = (Kind.PLAIN, Kind.FRACTION, Kind.FEET_INCHES, Kind.RANGE_LOW, Kind.RANGE_HIGH)
_RESPELLINGS: Final = (("ter", "tre"), ("feet", "foot"))


class Amount(NamedTuple):
    """One value and the unit it is given in, by the unit's name in the domain."""

    value: float
    unit: str


def format_amount(value: float, unit: str) -> str:
    """ "500 gram": the shortest decimal that reads back as `value`, never with an exponent.

    Raises ValueError for infinity and NaN, which no answer can say.
    """
    if not math.isfinite(value):
        raise ValueError(f"not a finite number: {value}")
    number = format(Decimal(repr(float(value))), "f")
    if "." in number:
        number = number.rstrip("0").rstrip(".")
    return f"{'0' if number == '-0' else number} {unit}"


def parse_amount(text: str, units: Collection[str]) -> Amount | None:
    """What the public checker reads in an answer; None where it is empty or would be refused."""
    match = _ANSWER.fullmatch(text.strip())
    if match is None:
        return None
    return _answer(match[1], match[2], units)


def parse_label(text: str, domain: Domain, entity: str) -> tuple[Amount, ...]:
    """The values a label allows, the larger last: one, or both ends of a range.

    Labels that are not in the challenge's form are read as packaging is: "5 inches", "1,5 kg",
    "½ in", 5' 10". Empty where there is no label, it cannot be read, or its unit is not one of the
    entity's.
    """
    known = domain.entities.get(entity)
    if known is None:
        return ()
    if is_of_challenge(text, domain):
        parts = [_answer(number, unit, known.units) for number, unit in _label_parts(text.strip())]
        answers = [answer for answer in parts if answer is not None]
        if len(answers) < len(parts):
            return ()
    else:
        answers = _as_printed(text, domain, entity)
    return tuple(sorted(set(answers), key=lambda answer: (domain.to_si(*answer), answer.unit)))


def is_of_challenge(text: str, domain: Domain) -> bool:
    """Whether a label is in the challenge's form, be its units allowed or not."""
    parts = _label_parts(text.strip())
    return bool(parts) and all(_respelled(unit.strip(), domain.unit_names) for _, unit in parts)


def _as_printed(text: str, domain: Domain, entity: str) -> list[Amount]:
    """What our own parser reads in the whole of a label, without guessing."""
    text = text.strip().lstrip("( ").rstrip(") .,;")
    found = [q for q in parse(text, spellings_for(domain, entity)) if q.kind in _SURE]
    whole = [q for q in found if (q.start, q.end) == (0, len(text))]
    if not whole and [q.kind for q in found] == [Kind.RANGE_LOW, Kind.RANGE_HIGH]:
        low, high = found
        whole = found if (low.start, high.end) == (0, len(text)) else []
    return [Amount(q.value, q.unit) for q in whole]


def _label_parts(text: str) -> list[tuple[str, str]]:
    """(number, unit) as they stand in the label."""
    if match := _SINGLE_LABEL.fullmatch(text):
        return [(match[1], match[2])]
    if match := _LIST_LABEL.fullmatch(text):
        return [(match[1], match[3]), (match[2], match[3])]
    if match := _RANGE_LABEL.fullmatch(text):
        return [(match[1], match[2]), (match[3], match[4])]
    return []


def _answer(number: str, unit: str, units: Collection[str]) -> Amount | None:
    value = float(number)
    name = _respelled(unit.strip(), units)
    return Amount(value, name) if name is not None and math.isfinite(value) else None


def _respelled(unit: str, units: Collection[str]) -> str | None:
    """The checker's own repairs: -ter for -tre, feet for foot."""
    variants = (unit, *(unit.replace(wrong, right) for wrong, right in _RESPELLINGS))
    return next((variant for variant in variants if variant in units), None)
