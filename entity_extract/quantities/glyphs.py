"""One spelling for each glyph, character for character, so that spans fit the input."""
# ruff: noqa: RUF001  look-alike glyphs are what this module is about

import unicodedata
from typing import Final

_SAME_AS: Final = {
    "x": "×✕✖╳⨯⨉хХ᙮",  # the last two letters are Cyrillic ha
    '"': "“”„‟″‶〃＂˝¨",
    "'": "’‘‚‛′‵＇´`ʹʼ",
    "-": "‐‑‒–—―−﹣－⁃",
    "~": "～〜∼˜≈∿",
    "/": "⁄∕／÷",
    " ": "\t\n\r\v\f\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\u3000_",
    "µ": "μ",  # the Greek letter becomes the micro sign
    "ø": "Ø⌀∅ΦφϕФ",  # drawn for a diameter
    "*": "∗＊·•",
    ":": "：﹕",
    ".": "．。",
    ",": "，、",
    "(": "（【",
    ")": "）】",
    "i": "İ",  # the only letter whose lower case is two characters
}
_DIGIT_ZEROS: Final = "٠۰०০０"  # Arabic, Persian, Devanagari, Bengali, full width
_TABLE: Final = str.maketrans(
    {glyph: plain for plain, glyphs in _SAME_AS.items() for glyph in glyphs}
    | {chr(ord(zero) + n): str(n) for zero in _DIGIT_ZEROS for n in range(10)}
)

VULGAR: Final = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"


def normalise(text: str) -> str:
    """Lower case, ASCII digits, plain quotes, dashes and spaces; the length does not change."""
    return text.translate(_TABLE).lower()


def vulgar_value(glyph: str) -> float:
    """½ -> 0.5."""
    return unicodedata.numeric(glyph)
