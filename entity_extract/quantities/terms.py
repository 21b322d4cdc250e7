"""A number with what is attached to it: its unit and its axis."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from entity_extract.quantities.numbers import Number, find_numbers
from entity_extract.quantities.spellings import Spellings
from entity_extract.quantities.writing import scripts
from entity_extract.quantities.writing.number_words import with_words

_WINDOW: Final = 20  # characters before a number in which its axis or unit may stand
# Units that begin many words: what is glued to them is not taken for a following word.
_AMBIGUOUS: Final = frozenset({"in", "gr", "gm", "pt", "gal", "ton", "yd", "cup", "dl", "cl"})
# The ends of words that begin like a unit: voltage, watt hour, footprint, cupboard, mmHg.
_OTHER_WORD: Final = re.compile(r"age|h(?:our|r)?(?![a-z])|worm|ball|print|rest|board|hg")
# Units that are everyday words, too, and as such stand before a number: "all in 1", "once 2".
_EVERYDAY: Final = frozenset(
    {"in", "ins", "cup", "cups", "foot", "feet", "pie", "pies", "once", "fit", "fot", "tum"}
    | {"pes", "pond", "cali", "gam", "libre", "tona", "centi", "ons", "uns"}
)
_METRES: Final = frozenset({"m", "cm", "mm", "ft", "in"})
_SQUARED: Final = re.compile(r"[ ]?[²³^]|[23](?![0-9.,])")
_WHOLE: Final = re.compile(r"(?<![0-9.,])[0-9]{1,2}$")
# What may be glued to a unit: a factor, a range, the estimated sign (250ge), a misread slash.
_JOINT: Final = re.compile(
    r"x[ ]?[0-9]|(?:to|bis|e)(?![^\W_])|[il|!](?:[0-9.]|[ ][0-9]|[oizsgb][0-9.])"
)
_PLURAL: Final = re.compile(r"[a-wyz]")
# "2 in 1", "6 in the pack"; a decimal or a glued unit ("9.85in 1") is no such phrase.
_ENGLISH_IN: Final = re.compile(
    r"[ -]{0,2}(?:1(?![0-9./,]|[ ]?(?:[x\"]|in|ft|cm|mm))"
    r"|(?:a|an|the|one|all|this|that|our|your|stock|total|each|every|case|front|which|order|use"
    r"|minutes|seconds|years?|days?|china|usa|germany|india)(?![a-z]))"
)


@dataclass(frozen=True, slots=True)
class Term:
    """A number and what stands with it; `end` is where the next term may be linked.

    `unit_end` ends the number and its own unit. `implied` marks a unit that stands before.
    """

    number: Number
    unit: str | None
    unit_end: int
    end: int
    axis: str | None = None
    implied: bool = False

    @property
    def start(self) -> int:
        """Where the number begins, in its longest reading."""
        return self.number.start if self.number.other is None else self.number.other_start


def find_terms(text: str, raw: str, spellings: Spellings, *, loose: bool = False) -> Iterator[Term]:
    """All numbers of normalised `text`; `raw` is the same text before normalising."""
    taken = 0  # an axis or unit after one number is not the next one's
    read = 0  # nor is a digit that another's words have taken: the 6 of 1万6千
    for found in find_numbers(text, loose=loose):
        if found.start < read:
            continue
        number = with_words(text, found)
        term = _term(text, raw, spellings, number, taken)
        read = max(number.end, term.unit_end)
        taken = term.end
        yield term


def _term(text: str, raw: str, spellings: Spellings, number: Number, taken: int) -> Term:
    start = number.start if number.other is None else number.other_start
    word, word_at = _word_before(text, max(taken, start - _WINDOW), start)
    axis = _as_axis(word, spellings)
    unit, unit_end = _unit_after(text, raw, spellings, number.end)
    if unit and scripts.HALF_AFTER.match(raw, unit_end):
        number, unit_end = replace(number, value=number.value + 0.5), unit_end + 1
    end = unit_end
    if unit and number.other is not None:
        number = _grouped_by_points(text, number, text[number.end : end].lstrip())
    if not (unit and axis):
        after = spellings.axis_after.match(text, unit_end)
        if after and not unit:  # "48 H cm"
            unit, unit_end = _unit_after(text, raw, spellings, after.end())
        if after:
            axis, end = after[1], max(after.end(), unit_end)
    if unit is None and (axis is None or word in spellings.units):  # "Watts" is a keyword, too
        implied = _unit_before(text, word, word_at, spellings)
    else:
        implied = None
    if implied:  # "Width (cm): 30"
        axis = _as_axis(_word_before(text, max(taken, word_at - _WINDOW), word_at)[0], spellings)
    return Term(number, unit or implied, unit_end, end, axis, implied is not None)


def _grouped_by_points(text: str, number: Number, spelled: str) -> Number:
    """1.500 as 1500 before "gramos", and 1.5 as the less likely reading."""
    grouped = "." in text[number.start : number.end] and scripts.groups_by_points(spelled)
    if number.other is None or not grouped:
        return number
    return replace(number, value=number.other, other=number.value)


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
    found = next((name for name in (word, word.removeprefix("x")) if name in spellings.axes), None)
    return found or scripts.ends_with_name(word, spellings.axes)


def _unit_before(text: str, word: str, at: int, spellings: Spellings) -> str | None:
    """The unit in "(cm): 30" or "kg 5".

    One letter or an everyday word only in brackets: "size M 20" is no length, nor "all in 1".
    """
    if word not in spellings.units or text[max(0, at - 2) : at].strip()[-1:].isdigit():
        return None
    bracketed = text[at - 1 : at] in ("(", "[", "/") and at > 0
    plain = word not in _EVERYDAY and (len(word) > 1 or scripts.runs_right_to_left(word))
    return spellings.units[word] if plain or bracketed else None


def _unit_after(text: str, raw: str, spellings: Spellings, at: int) -> tuple[str | None, int]:
    """The unit right after `at` and where it ends; (None, at) where there is none."""
    match = spellings.unit.match(text, at)
    if match is None or not _is_unit(text, raw, spellings, match):
        return None, at
    return spellings.unit_of(match[1]), match.end()


def _is_unit(text: str, raw: str, spellings: Spellings, match: re.Match[str]) -> bool:
    """Whether what follows lets a spelling be a unit and not the beginning of another word."""
    spelled, end = match[1], match.end()
    if not scripts.is_spelled(spelled):
        return _is_mark(text, match)
    if scripts.is_of_another(text, match.start(1), end):
        return False
    rest = scripts.LETTERS.match(text, end)
    if rest is None or (text[end] == "x" and not raw[end].isalpha()):  # a sign, not the letter
        squared = spelled in _METRES and _SQUARED.match(text, end)
        return not squared and not (spelled == "in" and _is_english(text, match))
    if _OTHER_WORD.match(text, end):
        return False
    if spellings.axis_after.match(text, end) or _JOINT.match(text, end):
        return True
    if scripts.has_ending(text, match.start(1), end):
        return True
    if raw[end].isupper() and (raw[end - 1].islower() or raw[end + 1 : end + 2].islower()):
        return True  # "500mlBottle", "18VLithium"
    glued = match.start(1) == match.start() and spelled not in _AMBIGUOUS
    return glued and spelled.isascii() and len(spelled) >= 2 and len(spelled) + len(rest[0]) >= 5


def _is_english(text: str, match: re.Match[str]) -> bool:
    """Whether "in" is the English word: a whole number before, and a telling word after it."""
    end = match.end()
    if not _WHOLE.search(text, max(0, match.start() - 4), match.start()):
        return False
    spaced = match.start(1) > match.start()
    return (spaced or text[end : end + 1] == "1") and _ENGLISH_IN.match(text, end) is not None


def _is_mark(text: str, match: re.Match[str]) -> bool:
    """Whether a quote or number sign is a unit and does not open a quotation or end a plural."""
    mark, end = match[1], match.end()
    spaced = match.start(1) > match.start()
    following = text[end : end + 1]
    if mark == "'":
        return not spaced and not _PLURAL.match(following)
    if mark == "#":
        return not following.isdigit()
    return not (spaced and following.isalnum())
