"""Words that belong to a number in digits: 1.5 million, 3만 4천, 24本 x 350 ml."""

# ruff: noqa: RUF001  look-alike glyphs are what languages have
import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, NamedTuple

from entity_extract.quantities.glyphs import MARKS, normalise
from entity_extract.quantities.numbers import Number

_SPELLED: Final = {
    1e6: "million millions mln mio millionen millones millón millon milhões milhoes milhão"
    " milioni milione miljoen miljoner miljon miljoonaa millioner milyon milioane milion miliony"
    " milionów milionů millió миллион миллиона миллионов млн мільйон мільйона мільйонів милион"
    " милиона εκατομμύρια मिलियन مليون ملايين triệu juta",
    1e5: "lakh लाख",
    1e3: "thousand tausend duizend tusen tusind tuhatta tys tysięcy tisíc тыс тысяча тысяч тысячи"
    " тис тисяч хил хиляди χιλιάδες हज़ार हजार ألف آلاف nghìn ngàn ribu",
    1e2: "hundred hundert honderd hundra hundre hundrede sataa सौ",
}
_FACTORS: Final = {
    normalise(word): factor for factor, words in _SPELLED.items() for word in words.split()
}
AND: Final = "(?:and|und|et|y|e|en|och|og|ve|dan|i|и)"
# 2 and a half pounds, 2 en een halve meter, 2 buçuk kilo.
_PART: Final = re.compile(
    rf"(?:[ -]{AND}[ -](?:(?:an?|one|een|en|ett|et|ein(?:e[nrm]?)?|une?|uma?|una)[ -])?"
    r"(?:(?:half|halve|halv[at]?|halb(?:e[snrm]?)?|demie?|medi[oa]|mezz[oa]|mei[oa]|yarım)"
    r"|(?P<three>three[ -]quarters)|(?P<quarter>quarter|kwart|viertel|quart|cuarto|quarto))"
    r"|[ ](?:buçuk|с половиной|a půl|i pół))(?![^\W_])"
)
_BEGIN_PART: Final = frozenset(
    ["and", "und", "et", "y", "e", "en", "och", "og", "ve", "dan", "i", "и", "buçuk", "с", "a"]
)
# What follows a number, and what Romance languages put between such a word and a unit.
_WORD: Final = re.compile(rf"[ ]?((?:[^\W\d_]|[{MARKS}])+)\.?(?:[ ]d[ei](?=[ ]))?")
# Where words need no space: 3만 4천, 1백50만; but 千克, 千瓦, 千米 are kilograms and the like.
_THAI: Final = {"ล้าน": 1e6, "พัน": 1e3}
_PLACES: Final = {"십": 10.0, **dict.fromkeys("百백", 1e2), **dict.fromkeys("千천", 1e3)}
_MYRIADS: Final = "万萬만"
_PLACE: Final = "(?:[백百십천]|千(?![克瓦米伏卡帕焦赫字兆周]))"
_NO_MORE: Final = "(?![0-9]|[.,][0-9])"
_RUN: Final = re.compile(
    rf"(?:[ ]?(?:ล้าน|พัน))|(?:[ ]?[{_MYRIADS}]|[ ]?{_PLACE}|(?<=[{_MYRIADS}백천])[ ]?[0-9]{{1,4}}"
    rf"(?=[ ]?{_PLACE})|(?<=[백천百千])[ ]?[0-9]{{1,3}}(?:(?=[{_MYRIADS}])|{_NO_MORE})"
    rf"|(?<=[{_MYRIADS}])[ ]?(?:[0-9],?[0-9]{{3}}|[0-9]{{1,3}}){_NO_MORE})+"
)
_SOME: Final = re.compile("[여多余餘]")  # 10여 톤, 10多公斤: some ten
_TOKEN: Final = re.compile(r"[0-9,]+|[^\W\d]")
# Spanish and Portuguese "mil" is a thousandth of an inch elsewhere: only before these.
_MIL: Final = re.compile(
    r"[ ]mil(?=[ ](?:litros|metros|libras|quilos|kilos|gram[oa]s|gal[oõ]n?es|toneladas|watts))"
)
# What pieces are counted by, where a product follows: 24本 x 350 ml, 6개입 x 50 g.
COUNTERS: Final = "本個个箇袋枚片包箱缶罐瓶盒支条粒개봉병캔팩"
_COUNTER: Final = re.compile(rf"[ ]?[{COUNTERS}][入입]?り?(?=[ ]?[x*])")


def with_words(text: str, number: Number) -> Number:
    """`number` of normalised `text` with the word after it: scaled by it, or counted in it."""
    word = _WORD.match(text, number.end)
    if word is None:
        return number
    if word[1] in _BEGIN_PART and (part := part_after(text, number.end)) is not None:
        return _scaled(number, number.value + part.value, part.end)
    factor = _FACTORS.get(word[1])
    if factor is not None:
        return _scaled(number, number.value * factor, word.end())
    if word[1] == "mil":
        mil = _MIL.match(text, number.end)
        return _scaled(number, number.value * 1000, mil.end()) if mil else number
    return number if word[1].isascii() else _with_glued(text, number)


class Part(NamedTuple):
    """What is added to a number in words, and where they end."""

    value: float
    end: int


def part_after(text: str, at: int) -> Part | None:
    """The half in "2 and a half", from behind the 2."""
    part = _PART.match(text, at)
    if part is None:
        return None
    value = 0.75 if part["three"] else 0.25 if part["quarter"] else 0.5
    return Part(value, part.end())


def _with_glued(text: str, number: Number) -> Number:
    counted = _COUNTER.match(text, number.end)
    if counted is not None:
        return replace(number, end=counted.end())
    if some := _SOME.match(text, number.end):
        return replace(number, end=some.end())
    run = _RUN.match(text, number.end)
    if run is None:
        return number
    thai = _THAI.get(run[0].strip())
    value = number.value * thai if thai else _added_up(number.value, _TOKEN.findall(run[0]))
    some = _SOME.match(text, run.end())
    return _scaled(number, value, some.end() if some else run.end())


def _added_up(first: float, tokens: Iterable[str]) -> float:
    """3, 백, 50, 만 -> 350 myriads."""
    total, section, current = 0.0, 0.0, first
    for token in tokens:
        if (place := _PLACES.get(token)) is not None:
            section, current = section + (current or 1.0) * place, 0.0
        elif token in _MYRIADS:
            total, section, current = total + (section + current) * 1e4, 0.0, 0.0
        else:
            current = float(token.replace(",", ""))
    return total + section + current


def _scaled(number: Number, value: float, end: int) -> Number:
    return Number(number.start, end, round(value, 6), whole=True)
