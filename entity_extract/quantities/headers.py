"""Cells and lines that name a unit for numbers elsewhere: "Width (in)", "kg", "Unit: mm"."""
# ruff: noqa: RUF001  brackets and colons of East Asian scripts look like ours

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from entity_extract.quantities.glyphs import normalise
from entity_extract.quantities.spellings import Spellings
from entity_extract.quantities.terms import EVERYDAY
from entity_extract.quantities.writing import scripts
from entity_extract.quantities.writing.alternatives import alternatives

_LONGEST: Final = 80  # characters of a header or a sentence about units
_MOST_WORDS: Final = 4  # before a unit without brackets; more make a sentence
_TRIMMED: Final = " :.*|=-"
_DIGIT: Final = re.compile("[0-9]")
# The last word of a printed word, for a quick look: "Voltage(V~)", "Weight/kg", "LBS".
_LAST_WORD: Final = re.compile(r"[^\W\d_]+(?=[.~:)\]*：）】]*$)")
# What a table or a drawing is called whose numbers have no other names.
_SIZE_WORDS: Final = (
    "size sizes dimension dimensions measurement measurements diameter thickness thick specs"
    " circumference bust waist chest hip hips sleeve shoulder inseam abmessungen maße größe"
    " durchmesser dicke taille medidas tamaño talla diámetro dimensiones mesures diamètre"
    " dimensioni misure misura diametro tamanho dimensões medida afmetingen maat rozmiar wymiary"
    " размер размеры 尺寸 规格 規格 尺码 サイズ 寸法 사이즈 크기 치수"
)
_OF_SIZE: Final = frozenset(_SIZE_WORDS.split())
_UNIT_WORDS: Final = (
    r"units?|einheit(?:en)?|unités?|unidad(?:es)?|unidades?|unità|eenheid|jednostka|enhet|enhed"
    "|birim|ед(?:иница)?|单位|單位|単位|단위"
)
_SENTENCE: Final = (
    r"(?:dimensions?|measure[a-z]*|sizes?|values|numbers|maße|angaben|medidas|dimensiones|mesures"
    r"|dimensioni|misure|afmetingen|wymiary|размеры)(?![^\W_])[^0-9]{0,40}"
    r"(?<![^\W_])(?:in|en|em|w|в)[ ]{1,2}"
)


@dataclass(frozen=True, slots=True)
class Header:
    """A unit by its name and `label`, the rest of the cell: "Width" of "Width (in)".

    `alone`: nothing else is in the cell. `title`: a table or a drawing may be meant, and not one
    column or row: "Size (cm)", "(cm)". `general`: all numbers are: "Unit: mm".
    """

    unit: str
    label: str
    alone: bool = False
    title: bool = False
    general: bool = False


def may_name_unit(word: str, spellings: Spellings) -> bool:
    """Whether a header may end with `word`, as it is printed; most do not, at little cost."""
    if word.isalpha():
        return word.lower() in spellings.last_words
    last = _LAST_WORD.search(word)
    return last is not None and last[0].lower() in spellings.last_words


@lru_cache(maxsize=4096)
def header_of(text: str, spellings: Spellings) -> Header | None:
    """What a cell or line without numbers says of others' unit, if anything."""
    plain = normalise(text).strip(_TRIMMED)
    if not 0 < len(plain) <= _LONGEST or _DIGIT.search(plain):
        return None
    bare = plain.strip("()[] .").replace(" ", "").replace(".", "")
    bracketed = plain[0] in "(["
    if bare in spellings.units:
        if not _is_plain(bare) and not (bracketed and bare in EVERYDAY):
            return None
        return Header(spellings.units[bare], "", alone=True, title=bracketed)
    patterns = _patterns(spellings)
    if match := patterns.general.search(plain):
        unit = match["unit"]
        return Header(spellings.unit_of(unit), "", general=True) if _is_plain(unit) else None
    for pattern in (patterns.bracketed, patterns.joined):
        match = pattern.search(plain)
        if match and _fits(match, spellings, bracketed=pattern is patterns.bracketed):
            label = text.strip(_TRIMMED)[: match.start("before")].strip(_TRIMMED + "([")
            return Header(spellings.unit_of(match["unit"]), label, title=_of_size(label))
    return None


@dataclass(frozen=True, slots=True)
class _Patterns:
    bracketed: re.Pattern[str]  # "Width (in)", "Size (L x W x H, cm)", "Voltage (V~)"
    joined: re.Pattern[str]  # "Weight/kg", "Breite in cm", "Height: cm"
    general: re.Pattern[str]  # "Unit: mm", "all dimensions in inches"


@lru_cache(maxsize=256)
def _patterns(spellings: Spellings) -> _Patterns:
    unit = rf"(?P<unit>{alternatives(spellings.words)})(?![^\W_])"
    current = r"\.?[ ]?(?:~|ac|dc)?[ ]?"
    return _Patterns(
        re.compile(
            r"(?P<before>[(\[][ ]?(?:[^()\[\]]{0,24}?(?P<sign>[ ,:;./]))?)(?<![^\W_])"
            rf"{unit}{current}[)\]]?$"
        ),
        re.compile(rf"(?P<before>(?P<sign>[ ]?/[ ]?|[ ,:]{{1,2}}(?:in[ ])?))(?<![^\W_]){unit}\.?$"),
        re.compile(rf"(?<![^\W_])(?:(?:{_UNIT_WORDS})[ ]?[:=/]?[ ]?[(\[]?[ ]?|{_SENTENCE}){unit}"),
    )


def _is_plain(unit: str) -> bool:
    """Whether a unit is neither one Latin letter nor an everyday word."""
    return unit not in EVERYDAY and (len(unit) > 1 or not unit.isascii())


def _fits(match: re.Match[str], spellings: Spellings, *, bracketed: bool) -> bool:
    """Whether what is before the unit leaves it one: not in "(g/kg)", "indoor/yard", "size (L)"."""
    label = match.string[: match.start("before")]
    inside = match["before"].strip("([ ,:;./").split()
    sign = (match["sign"] or "").strip()
    if inside and inside[-1] in spellings.foreign and (sign == "/" or inside[-1] != "in"):
        return False
    named = _is_named(label, spellings)
    if bracketed:
        return named or _is_plain(match["unit"])
    words = _words(label)
    if len(words) > _MOST_WORDS or (words and words[-1] in spellings.foreign):
        return False
    return named and _is_plain(match["unit"])


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W\d_]+", text)


def _is_named(label: str, spellings: Spellings) -> bool:
    """Whether the label says what is measured, in the dimension that is asked."""
    words = _words(normalise(label))
    if any(word in spellings.axes for word in words):
        return True
    if spellings.is_length and not _OF_SIZE.isdisjoint(words):
        return True
    return bool(words) and scripts.ends_with_name(words[-1], spellings.axes) is not None


def _of_size(label: str) -> bool:
    return not label or not _OF_SIZE.isdisjoint(_words(normalise(label)))
