"""One spelling for each glyph, character for character, so that spans fit the input."""
# ruff: noqa: RUF001  look-alike glyphs are what this module is about

import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import chain
from typing import Final

_SAME_AS: Final = {
    "x": "×✕✖╳⨯⨉хХ᙮",  # the last two letters are Cyrillic ha
    '"': "“”„‟″‶〃＂˝¨ʺˮ〝〞❝❞",
    "'": "’‘‚‛′‵＇´`ʹʼ",
    "-": "‐‑‒–—―−﹣－⁃",
    "~": "～〜∼˜≈∿",
    "/": "⁄∕／÷",
    # No-break and narrow spaces, and marks without a width: joiners, directions, a soft hyphen.
    " ": "\t\n\r\v\f\u00a0\u00ad\u2002\u2003\u2007\u2009\u200a\u200b\u200c\u200d\u200e\u200f"
    "\u202a\u202b\u202c\u202d\u202e\u202f\u2066\u2067\u2068\u2069\u3000\ufeff_",
    "µ": "μΜ",  # the Greek letter becomes the micro sign
    "ø": "Ø⌀∅ΦφϕФ",  # drawn for a diameter
    "*": "∗＊·•",
    ":": "：﹕",
    ".": "．。٫۔｡",
    ",": "，、٬،､",
    "(": "{（【〔［「『｢",
    ")": "}）】〕］」』｣",
    "%": "٪",
    "l": "ℓ",
    "½": "半",
    # What Python lowers to two characters, or to one or the other by its place in the word.
    "i": "İ",
    "σ": "Σς",
    "е": "ёЁ",
    # Letters of the Arabic script that print, keyboards and OCR engines do not tell apart.
    "ا": "أإآٱ",
    "ي": "ىی",
    "ك": "ک",
    "ه": "ةۀھہ",
    # As OCR takes the voicing marks of half-width kana apart, too.
    "\u3099": "ﾞ゛",
    "\u309a": "ﾟ゜",
}
# Arabic, Persian; Devanagari, Bengali, Gurmukhi, Gujarati, Oriya, Tamil, Telugu, Kannada,
# Malayalam; Thai, Lao, Burmese, Khmer; full width.
_DIGIT_ZEROS: Final = "٠۰०০੦૦୦௦౦೦൦๐໐၀០０"
_FORMS: Final = (  # of letters that Unicode has in a plain form, too
    (0xFF00, 0xFFF0),  # full-width Latin, half-width kana and Hangul
    (0xFB50, 0xFF00),  # Arabic letters by their place in a word
    (0x0340, 0x0342),  # two accents of Vietnamese that are written twice
)


def _plain_forms() -> Iterator[tuple[str, str]]:
    for start, end in _FORMS:
        for glyph in map(chr, range(start, end)):
            plain = unicodedata.normalize("NFKC", glyph)
            if plain != glyph and len(plain) == 1:
                yield glyph, plain


_PLAIN: Final = {glyph: plain for plain, glyphs in _SAME_AS.items() for glyph in glyphs}
_TABLE: Final = str.maketrans(
    {glyph: _PLAIN.get(plain, plain) for glyph, plain in _plain_forms()}
    | _PLAIN
    | {chr(ord(zero) + n): str(n) for zero in _DIGIT_ZEROS for n in range(10)}
)

VULGAR: Final = "¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞"


# Vowel signs, tone marks and accents, for a character class: part of a word, though no \w.
MARKS: Final = "".join(
    glyph for glyph in map(chr, range(0x300, 0x1000)) if unicodedata.category(glyph)[0] == "M"
)
# Letters of scripts that are written without spaces between words, or, in Korean, with endings
# attached: Thai, Lao, kana and their voicing, Han, Hangul.
SPACELESS: Final = "\u0e01-\u0eff\u3005\u3040-\u30fa\u30fc-\u30ff\u3400-\u9fff\uac00-\ud7af"

_LEAST_FOLDED: Final = 4  # letters; shorter words without their accents are others: "pé", "dài"


def normalise(text: str) -> str:
    """Lower case, ASCII digits, plain quotes, dashes and spaces; the length does not change."""
    return text.translate(_TABLE).lower()


@lru_cache(maxsize=1024)
def printed_variants(words: tuple[str, ...]) -> frozenset[str]:
    """Words of the domain as they may be read, normalised: with accents as glyphs of their own,
    as some keyboards and engines give them, and without any, as capitals are often printed."""
    return frozenset(chain.from_iterable(map(_variants, words)))


def _variants(word: str) -> set[str]:
    decomposed = unicodedata.normalize("NFKD", word)
    variants = {word, unicodedata.normalize("NFC", word), decomposed}
    bare = decomposed.translate(_WITHOUT_ACCENTS)
    if len(bare) >= _LEAST_FOLDED and max(bare) < _LAST_OF_EUROPE:
        variants.add(bare)
    capitals = {variant.upper() for variant in variants}  # "Ф" is a diameter, and "SS" a sharp s
    return {normalise(variant) for variant in variants | capitals}


# Combining accents are dropped; letters with a stroke or without a dot are no compositions.
_WITHOUT_ACCENTS: Final = dict.fromkeys(range(0x300, 0x370)) | str.maketrans("łŁđĐı", "lLdDi")
_LAST_OF_EUROPE: Final = "\u0400"  # of the letters that are printed without accents; then Cyrillic


def vulgar_value(glyph: str) -> float:
    """½ -> 0.5."""
    return unicodedata.numeric(glyph)
