"""A number with what is attached to it: its unit and its axis."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from entity_extract.quantities.numbers import Number, find_numbers
from entity_extract.quantities.spellings import Spellings
from entity_extract.quantities.units import is_network, other_unit_after, unit_after
from entity_extract.quantities.writing import scripts
from entity_extract.quantities.writing.number_words import part_after, with_words

_WINDOW: Final = 20  # characters before a number in which its axis or unit may stand
# Units that are everyday words, too, and as such stand before a number: "all in 1", "once 2".
EVERYDAY: Final = frozenset(
    {"in", "ins", "cup", "cups", "foot", "feet", "pie", "pies", "once", "fit", "fot", "tum"}
    | {"pes", "pond", "cali", "gam", "libre", "tona", "centi", "ons", "uns"}
)
_NEXT_NUMBER: Final = re.compile(r"[ ]?[)\]]?[ ]?[:=.]?[ ]?[0-9]")
_TOLERANCE: Final = re.compile(r"[ ]?[(\[]?[ ]?(?:±|\+[ ]?/?[ ]?-|-/?\+|/[ ]?-)[ ]?$")
# "+0.5/-0.2 mm": the upper limit, by what follows it.
_PLUS: Final = re.compile(r"[ ]?[(\[]?[ ]?\+[ ]?$")
_LOWER_LIMIT: Final = re.compile(r"[ ]?/[ ]?-[ ]?[0-9.,]")
_SIGN_WINDOW: Final = 8  # characters before a number in which ± may stand
_ERROR: Final = re.compile(
    "error|toleran[cz]|deviation|differ|accura|precision|abweich|fehler|误差|誤差"
)
_ERROR_WINDOW: Final = 40  # characters on either side that tell a tolerance from "about"
_POWER: Final = re.compile(
    r"[23](?![0-9.,a-z\"']|[ ]?(?:in|[cm]m|pou|pul|pol|zoll|[cz]entim|[\"'])|[ ]?[0-9]+/)"
)
_POWERED: Final = re.compile(r"[0-9][ ]?(?:[cdkm]?m|ft|in|yd)$")
_SCREW: Final = re.compile(r"(?:#|№[ ]?|(?<![^\W_])n[or]\.[ ]?)$")
_PITCH: Final = re.compile(r"[0-9]/[0-9]{1,2}[ ]?(?:\"|in)-$")
_OF_PITCH: Final = re.compile(r"[ ]?(?:x|un[cf]|tpi|thread)")
_UP_TO: Final = re.compile(r"[ ]?(?:[-~]|to)[ ]?")


@dataclass(frozen=True, slots=True)
class Term:
    """A number and what stands with it; `end` is where the next term may be linked.

    `unit_end` ends the number and its own unit. `implied` marks a unit that stands before,
    `doubtful` one that is rather part of another thing's: g/m².
    """

    number: Number
    unit: str | None
    unit_end: int
    end: int
    axis: str | None = None
    implied: bool = False
    doubtful: bool = False

    @property
    def start(self) -> int:
        """Where the number begins, in its longest reading."""
        number = self.number
        return number.start if number.other is None else min(number.start, number.other_start)


def find_terms(text: str, raw: str, spellings: Spellings, *, loose: bool = False) -> list[Term]:
    """All numbers of normalised `text` but tolerances; `raw` is the text before normalising."""
    terms: list[Term] = []
    taken = 0  # an axis or unit after one number is not the next one's
    read = 0  # nor is a digit that another's words have taken: the 6 of 1万6千
    for found in find_numbers(text, raw, loose=loose):
        if found.start < read or (found.whole and _is_power(text, found)):
            continue
        number = with_words(text, found)
        term = _term(text, raw, spellings, number, taken)
        if term.unit is None and _is_of_screw(text, found):
            continue
        read = max(number.end, term.unit_end)
        taken = term.end
        terms.append(term)
    return _without_tolerances(text, terms, spellings) if "±" in text or "+" in text else terms


def _is_of_screw(text: str, number: Number) -> bool:
    """Whether a number without a unit is a screw's size or pitch: #8 x 2 in, No. 8, 1/4"-20."""
    before = text[max(0, number.start - _SIGN_WINDOW) : number.start]
    if _SCREW.search(before):
        return True
    return _PITCH.search(before) is not None and _OF_PITCH.match(text, number.end) is not None


def _is_power(text: str, number: Number) -> bool:
    """Whether a number is the 2 of "1.5 mm2"."""
    start = number.start
    if not text[max(0, start - 1) : start].isalpha() or not _POWER.match(text, start):
        return False
    return _POWERED.search(text, max(0, start - 5), start) is not None


def _without_tolerances(text: str, terms: Iterable[Term], spellings: Spellings) -> list[Term]:
    kept: list[Term] = []
    stray = len(text)  # where a tolerance of no number here ends, which may be a range
    for term in terms:
        pattern = _PLUS if _LOWER_LIMIT.match(text, term.end) else _TOLERANCE
        sign = pattern.search(text, max(0, term.start - _SIGN_WINDOW), term.start)
        if sign and kept and _has_tolerance(kept[-1], term, sign, spellings):
            kept[-1] = _with_tolerance(kept[-1], term)
        elif (sign and _is_error(text, sign)) or _UP_TO.fullmatch(text, stray, term.start):
            stray = term.end
        else:
            kept.append(term)
    return kept


def _has_tolerance(term: Term, tolerance: Term, sign: re.Match[str], spellings: Spellings) -> bool:
    """Whether less stands right after a term and ±; "± 20 cm ± 25 cm" are two sizes."""
    own, its = term.unit, tolerance.unit
    ratio = spellings.si[own] / spellings.si[its] if own and its else 1.0
    return sign.start() == term.end and tolerance.number.value < term.number.value * ratio


def _is_error(text: str, sign: re.Match[str]) -> bool:
    """Whether ± means what may be wrong, and not about: "± 4,5 kg"."""
    left, right = sign.start() - _ERROR_WINDOW, sign.end() + _ERROR_WINDOW
    return _ERROR.search(text, max(0, left), right) is not None


def _with_tolerance(term: Term, tolerance: Term) -> Term:
    """ "12 ± 0.5 cm": 12 cm."""
    if term.unit or tolerance.unit is None:
        return replace(term, end=tolerance.end)
    return replace(term, unit=tolerance.unit, unit_end=tolerance.unit_end, end=tolerance.end)


def _term(text: str, raw: str, spellings: Spellings, number: Number, taken: int) -> Term:
    start = number.start if number.other is None else number.first
    word, word_at = _word_before(text, max(taken, start - _WINDOW), start)
    axis = _as_axis(word, spellings)
    unit = unit_after(text, raw, spellings, number.end)
    if unit is None and (named := spellings.axes_named.match(text, number.end)):
        unit = unit_after(text, raw, spellings, named.end())  # 30 x 20 x 10 (L x W x H) cm
    unit_end = unit.end if unit else number.end
    if unit and (half := scripts.HALF_AFTER.match(raw, unit_end)):
        number, unit_end = replace(number, value=number.value + 0.5), half.end()
    part = part_after(text, unit_end) if unit else None
    if part and not spellings.unit.match(text, part.end):  # 2 pounds and a half ounce
        number, unit_end = replace(number, value=number.value + part.value), part.end
    end = unit_end
    if unit and number.other is not None:
        number = _grouped(text, number, text[number.end : unit.end].lstrip())
    after = None if unit and axis else spellings.axis_after.match(text, unit_end)
    if after and _is_own_axis(text, spellings, after, axis, bare=unit is None):
        if unit is None:  # "48 H cm"
            unit = unit_after(text, raw, spellings, after.end())
            unit_end = unit.end if unit else unit_end
        axis, end = after[1], max(after.end(), unit_end)
    if unit:
        doubtful = unit.doubtful or (axis is None and is_network(raw, start))
        return Term(number, unit.name, unit_end, end, axis, doubtful=doubtful)
    implied = None
    if axis is None or word in spellings.units:  # "Watts" is a keyword, too
        implied = _unit_before(text, word, word_at, spellings, number)
    if implied:  # "Width (cm): 30"
        axis = _as_axis(_word_before(text, max(taken, word_at - _WINDOW), word_at)[0], spellings)
    return Term(number, implied, unit_end, end, axis, implied is not None)


def _is_own_axis(
    text: str, spellings: Spellings, after: re.Match[str], before: str | None, *, bare: bool
) -> bool:
    """Whether what follows a number is its axis: not in "L 30 W 20", nor, bare, in "1000 lm"."""
    if before and _NEXT_NUMBER.match(text, after.end(1)):
        return False
    return not bare or other_unit_after(text, spellings, after.start()) in (None, after[1])


def _grouped(text: str, number: Number, spelled: str) -> Number:
    """1.500 as 1500 before "gramos", or beside "het", and 1.5 as the less likely reading; so is the
    500 of "1 500"."""
    points = "." in text[number.start : number.end]
    spaced = number.other_start < number.start
    if number.other is None or not (points or spaced) or not scripts.groups(text, spelled):
        return number
    return replace(
        number,
        start=number.other_start,
        value=number.other,
        other=number.value,
        other_start=number.start,
    )


def _word_before(text: str, left: int, right: int) -> tuple[str, int]:
    """The word that ends in text[left:right], but for separators, and where it begins."""
    before = text[left:right].rstrip(" :=.-()[]|/")
    end = left + len(scripts.without_about(before).rstrip(" :=.-()[]|/"))
    start = end
    while start > left and scripts.is_letter(text[start - 1]):
        start -= 1
    return text[start:end], start


def _as_axis(word: str, spellings: Spellings) -> str | None:
    """The axis in "L 30", and in the second half of "L20xW30"."""
    if not word or word in spellings.axes:
        return word or None
    bare = word.removeprefix("x")
    return bare if bare in spellings.axes else scripts.ends_with_name(word, spellings.axes)


def _unit_before(text: str, word: str, at: int, spellings: Spellings, number: Number) -> str | None:
    """The unit in "(cm): 30" or "kg 5".

    One letter or an everyday word only in brackets: "size M 20" is no length, nor "all in 1".
    """
    if word not in spellings.units or text[max(0, at - 2) : at].strip()[-1:].isdigit():
        return None
    if at + len(word) == number.start and _POWER.match(text, number.start):  # g/m2
        return None
    bracketed = text[at - 1 : at] in ("(", "[", "/") and at > 0
    plain = word not in EVERYDAY and (len(word) > 1 or scripts.runs_right_to_left(word))
    return spellings.units[word] if plain or bracketed else None
