"""Words that belong to a number in digits: 1.5 million, 3만 4천, 24本 x 350 ml."""

import re
from dataclasses import replace
from typing import Final

from entity_extract.quantities.glyphs import MARKS, normalise
from entity_extract.quantities.numbers import Number

_SPELLED: Final = {
    1e6: "million millions millionen millones millón millon milhões milhoes milhão milioni milione"
    " miljoen miljoner miljon miljoonaa millioner milyon milioane milion miliony milionów milionů"
    " millió миллион миллиона миллионов млн мільйон мільйона мільйонів милион милиона εκατομμύρια"
    " मिलियन مليون ملايين triệu juta",
    1e5: "lakh लाख",
    1e3: "thousand tausend duizend tusen tusind tuhatta tys tysięcy tisíc тыс тысяча тысяч тысячи"
    " тис тисяч хил хиляди χιλιάδες हज़ार हजार ألف آلاف nghìn ngàn ribu",
}
_FACTORS: Final = {
    normalise(word): factor for factor, words in _SPELLED.items() for word in words.split()
}
# What follows a number, and what Romance languages put between such a word and a unit.
_WORD: Final = re.compile(rf"[ ]?((?:[^\W\d_]|[{MARKS}])+)\.?(?:[ ]d[ei](?=[ ]))?")
# Where words need no space; 千克, 千瓦, 千米 are kilograms, kilowatts, kilometres.
_GLUED: Final = re.compile(
    r"[ ]?(?:(?P<million>百[万萬]|백만|ล้าน)"
    r"|(?P<thousand>千(?![克瓦米伏卡帕焦赫字兆周])|천(?![가-힣])|พัน)"
    r"|[万萬만][ ]?(?:(?P<thousands>[0-9])[ ]?[千천])?"
    r"(?:[ ]?(?P<rest>[0-9],?[0-9]{3}|[0-9]{1,3})(?![0-9]|[.,][0-9]))?)"
)
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
    factor = _FACTORS.get(word[1])
    if factor is not None:
        return _scaled(number, number.value * factor, word.end())
    if word[1] == "mil":
        mil = _MIL.match(text, number.end)
        return _scaled(number, number.value * 1000, mil.end()) if mil else number
    return number if word[1].isascii() else _with_glued(text, number)


def _with_glued(text: str, number: Number) -> Number:
    counted = _COUNTER.match(text, number.end)
    if counted is not None:
        return replace(number, end=counted.end())
    glued = _GLUED.match(text, number.end)
    if glued is None:
        return number
    if glued["million"] or glued["thousand"]:
        return _scaled(number, number.value * (1e6 if glued["million"] else 1e3), glued.end())
    left = int(glued["thousands"] or 0) * 1000 + int((glued["rest"] or "0").replace(",", ""))
    return _scaled(number, number.value * 1e4 + left, glued.end())


def _scaled(number: Number, value: float, end: int) -> Number:
    return Number(number.start, end, round(value, 6), whole=True)
