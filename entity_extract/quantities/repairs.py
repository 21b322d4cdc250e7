"""Undoes what OCR engines do to numbers and units, glyph for glyph, as a second reading."""

import re
from functools import lru_cache
from typing import Final

from entity_extract.quantities.glyphs import normalise
from entity_extract.quantities.misreadings import are_digits, unmisread
from entity_extract.quantities.numbers import maybe_loose
from entity_extract.quantities.spellings import Spellings

_DIGIT_OF: Final = {
    "O": "0", "o": "0", "Q": "0", "D": "0", "I": "1", "l": "1", "i": "1", "|": "1", "!": "1",
    "Z": "2", "z": "2", "S": "5", "s": "5", "B": "8",
}  # fmt: skip
_DIGITS: Final = str.maketrans(_DIGIT_OF)
_LETTERS: Final = re.escape("".join(_DIGIT_OF))  # inside a character class
_HAS_DIGIT: Final = re.compile("[0-9]")
_HAS_NUMBER: Final = re.compile("[0-9\u00bc-\u00be\u2150-\u215e]")  # a digit, or a vulgar fraction
_MAYBE_DIGITS: Final = re.compile(
    rf"[0-9.,][{_LETTERS}]|[{_LETTERS}][0-9.,]|[IlSZ](?:O|[A-Z]|[a-z]{{2}})"
)
_MAYBE_NUMBER: Final = re.compile(rf"[0-9]|{_MAYBE_DIGITS.pattern}")
_BAR: Final = re.compile(r"\|[1-9]")  # the end of an arrow and not a 1: "|45.5cm|"


def holds_number(text: str) -> bool:
    """Whether normalised `text` has a number."""
    return _HAS_NUMBER.search(text) is not None


def may_hold_number(raw: str) -> bool:
    """False where neither `raw` nor a repair of it can have a number: most lines."""
    if raw.isascii():  # normalising makes no digits of other ASCII
        return _MAYBE_NUMBER.search(raw) is not None
    return holds_number(normalise(raw)) or _MAYBE_DIGITS.search(raw) is not None


def repair(text: str, raw: str, spellings: Spellings) -> str | None:
    """Normalised `text` with look-alike glyphs replaced; None where nothing asks for a repair.

    `raw` is the text before normalising, as only capitals look like some digits. The length
    stays, so that spans in the repaired text are spans of the original.
    """
    has_digit = _HAS_DIGIT.search(text) is not None  # what is misread as a unit stands after one
    respelled = unmisread(text, raw, spellings) if has_digit else raw
    if _MAYBE_DIGITS.search(respelled):
        respelled = _misread_number(spellings).sub(_as_digits, respelled)
    if respelled == raw and not has_digit:
        return None
    plain = text if respelled == raw else normalise(respelled)
    repaired = spellings.misread.sub(lambda match: _as_unit(match, spellings), plain)
    return repaired if repaired != text or maybe_loose(text) else None


@lru_cache(maxsize=256)
def _misread_number(spellings: Spellings) -> re.Pattern[str]:
    """A run of digits and look-alikes before a unit or a connector.

    It begins with a character class, and looks behind after it, as `re` then skips text quickly.
    """
    first = rf"[0-9.,{_LETTERS}](?<![^\W_xX].)"
    unit = rf"(?i:{spellings.source(1)})(?![^\W_])"
    word_unit = rf"(?i:{spellings.source(2)})(?![^\W_])"
    letters = (  # "Scm", "IOOg", "SV 2A": no digit is left, so the unit has to be glued
        rf"(?<=[IlZS])O{{0,2}}(?={word_unit})|(?<=[IlZS])O{{1,2}}(?={unit})"
        rf"|(?<=[ISZ])(?=[VW])(?={unit})"
    )
    rest = rf"[0-9{_LETTERS}]{{0,6}}(?:[.,][0-9{_LETTERS}]{{1,4}})?"
    after = rf"[ ]?-?[ ]?{unit}|[ ]?[xX*/~\u00d7-][ ]?[0-9{_LETTERS}]"
    return re.compile(rf"{first}(?:(?P<letters>{letters})|{rest}(?={after}))")


def _as_digits(match: re.Match[str]) -> str:
    if match["letters"] is None and not _HAS_DIGIT.search(match[0]):
        return match[0]
    if _BAR.match(match[0]):
        return match[0][0] + match[0][1:].translate(_DIGITS)
    return match[0].translate(_DIGITS)


def _as_unit(match: re.Match[str], spellings: Spellings) -> str:
    if are_digits(match.string, *match.span(1), spellings):
        return match[0]
    return match[0].removesuffix(match[1]) + spellings.canonical(match[1])
