"""Units printed as other glyphs, which only what stands around them gives away."""

import re
from functools import lru_cache
from typing import Final

from entity_extract.quantities.spellings import Spellings

_END: Final = r"(?![^\W_])"  # no letter or digit follows
_DECIMAL: Final = r"(?<=[0-9][.,][0-9])|(?<=[0-9][.,][0-9]{2})"
# (spelling, what the digit before it must end, the glyphs that are read as the spelling): found by
# setting Tesseract's and RapidOCR's readings of the same printed lines side by side. Glyphs that
# look alike wherever they stand are in spellings.py; here only this unit or place makes it likely.
_MISREADINGS: Final = (
    # A round c opens, closes or breaks in two, and m breaks into rn.
    ("cm", "", rf"[ ]?(?:[¢<«]m|em(?!{_END}[ ]?1)|[¢c]em|c[rn]n|cmm|om){_END}"),  # "3 em 1": 3 in 1
    ("cm", "", rf"(?:com|[ ][to]om){_END}"),
    ("cm", "", r'¢[|"* ]'),
    # A length in metres has no 0 at its end and seldom a 6: 12.10m is 12.1 cm, 146m is 14 cm.
    ("cm", "(?<=[1-9][0-9][.,][0-9])", rf"[06]m{_END}"),
    ("cm", "(?<=[1-9][0-9])", rf"6m{_END}"),
    ('"', "", rf"'(?!'){_END}"),  # a doubled mark often loses a half, or both its tails
    ('"', _DECIMAL, "[:°](?![0-9])"),
    ('"', "", rf"!{_END}"),
    ('"', "", rf"(?:ii|ll|il|li|\|\|){_END}"),
    ("g", "(?<=[0-9.,][0-9])", rf"(?:[q¢€]|z(?<!0z)){_END}"),  # 80z is 8 oz
    ("g", "(?<=[0-9]{2})", rf"[ ][qz¢€9](?!%|[.,][0-9]){_END}"),
    ("kg", "", rf"[ ]?(?:ka|hg){_END}"),
    ("mg", "(?<=[0-9]{2})", rf"(?:[ ]?m[gc]t|me){_END}"),  # a dagger: 500mg\u2020 per capsule
    ("g", "(?<=[0-9]{2})", rf"[ ]?g[hq]{_END}"),  # the estimated sign: 200g\u212e
    ("g", "(?<=[0-9]{3})", rf"e{_END}"),
    ("g", "(?<=[0-9]{2})", rf"ge?net{_END}"),
    ("oz", _DECIMAL, rf"[ ]?0[17]{_END}"),  # 01 and 07 also end many whole numbers
    ("oz", _DECIMAL, rf"[ ]o[ns]{_END}"),
    ("oz", "", r"[ ]?or(?=[ .]{0,2}[(\[/])"),
    ("lbs", "(?<=[0-9][.,][0-9])", rf"[ ]?1[68][58s]{_END}"),
    ("lbs", "", rf"[ ]?(?:l8[s5]|lips){_END}"),
    ("lb", "", rf"[ ]?(?:ub|l8){_END}"),
    ("ml", "", rf"[ ]?(?:rnl|nnl|mil|mli|m[€¢]){_END}"),
    ("ml", "(?<=[0-9]{2})", rf"(?:[ ]m|m\.){_END}"),
    ("l", "", rf"[ ]?[i|!]{_END}"),
    ("v", "", rf"y{_END}"),
    ("v", "", rf"v(?!olt)[a-z]{{3,}}{_END}"),  # the blank behind is lost: 18VLITHIUM
    ("v", "", rf"w(?=[il|!/]?[0-9][0-9.]{{0,3}}a{_END})"),  # 5Wi2A: amperes go with volts
    ("w", "", rf"(?:vv|ww){_END}"),
)
# A g looks like a 9 most, and like a 6 where it is a capital. The number in front of it:
_GRAMS: Final = re.compile(
    rf"(?<![0-9.,$£€])(?:[1-9][0-9]{{0,3}}|[0-9]{{1,3}}[.,][0-9]{{1,2}})(?P<unit>[986])"
    rf"(?!%|[.,][0-9]|[:x*-][0-9]|[|!]b){_END}"
)
_OUNCES: Final = r"(?:[o0][zx2]s?|[l1i|][b86][s58]?)"
_AFTER_OUNCES: Final = re.compile(rf"[0-9][ ]?{_OUNCES}[ .,:;)]{{0,3}}[(\[/|{{]?[ ]?$")
_BEFORE_OUNCES: Final = re.compile(rf"[ ]?[/|(\[,]{{1,2}}[ ]?[0-9][0-9.,]{{0,4}}[ ]?{_OUNCES}")
_WORD_BEFORE: Final = re.compile(r"([^\W\d_]{2,})[^\w]{0,5}$")
# 2019 and 2029 are years.
_LONE_NINE: Final = re.compile("(?!20[12]9)[0-9]{2,3}9|[1-9][0-9]009")
_WINDOW: Final = 20  # characters on either side that tell a weight


def unmisread(text: str, raw: str, spellings: Spellings) -> str:
    """`raw` with the misread units in normalised `text` spelled out, glyph for glyph.

    A spelling shorter than what it replaces is filled up with spaces.
    """
    pattern, respelled = _compiled(spellings)
    found = [
        (m.span(m.lastindex or 0), respelled[m.lastindex or 0]) for m in pattern.finditer(text)
    ]
    if "g" in spellings.units:
        nines = (m for m in _GRAMS.finditer(text) if _is_gram(text, m, spellings))
        found += [(m.span("unit"), "g") for m in nines if not _has_unit(text, m, spellings)]
    for (start, end), spelling in found:
        if are_digits(text, start, end, spellings):
            continue
        raw = raw[:start] + spelling.ljust(end - start) + raw[end:]
    return raw


def are_digits(text: str, start: int, end: int, spellings: Spellings) -> bool:
    """Whether what could be a misread unit is the end of a number that has its unit behind it."""
    return text[start:end].strip().isdigit() and bool(spellings.unit_behind.match(text, end))


@lru_cache(maxsize=256)
def _compiled(spellings: Spellings) -> tuple[re.Pattern[str], list[str]]:
    """One pattern for all, as a scan for digits is quick, and the spelling for each group."""
    rules = [rule for rule in _MISREADINGS if rule[0] in spellings.units]
    source = "|".join(
        f"(?:{before})({glyphs})" if before else f"({glyphs})" for _, before, glyphs in rules
    )
    return re.compile(f"[0-9](?:{source or '(?!)'})"), ["", *(rule[0] for rule in rules)]


def _is_gram(text: str, match: re.Match[str], spellings: Spellings) -> bool:
    """Whether the last digit of a number without a unit is rather a misread g.

    Shares of labels among what each place adds, in 7,600 weights: after a weight in ounces 0.32 for
    9, 0.16 for 6 and 0.19 for 8; before one 0.27; after a word for weight 0.39 and 0.27; a 9 at the
    end of three or four digits elsewhere 0.13. Other glyphs and places stayed below 0.05.
    """
    glyph, before = match["unit"], text[max(0, match.start() - _WINDOW) : match.start()]
    if _AFTER_OUNCES.search(before):
        return True
    if glyph == "8":
        return False
    if _follows_keyword(before, spellings):
        return True
    if glyph == "6":
        return False
    if _BEFORE_OUNCES.match(text, match.end()):
        return True
    return _LONE_NINE.fullmatch(match[0]) is not None and text[match.end() : match.end() + 1] != "/"


def _follows_keyword(before: str, spellings: Spellings) -> bool:
    """Whether a word of the entity stands before, be it glued to others: "NETWT 2509"."""
    word = _WORD_BEFORE.search(before)
    return word is not None and any(word[1].endswith(keyword) for keyword in spellings.axes)


def _has_unit(text: str, match: re.Match[str], spellings: Spellings) -> bool:
    """Whether a unit, or what is misread for one, follows a whole number: "Net wt 46 0z"."""
    end = match.end()
    return bool(spellings.unit.match(text, end) or spellings.misread.match(text, end - 1))
