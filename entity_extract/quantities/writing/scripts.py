"""Where a unit ends in scripts without spaces between words, and in languages with endings."""
# ruff: noqa: RUF001  look-alike glyphs are what this module is about

import re
from typing import Final

from entity_extract.quantities.glyphs import MARKS, SPACELESS, VULGAR

# The next word's letters, vowel signs included. Where no space is needed it needs none: "10cm高".
LETTERS: Final = re.compile(rf"(?![{SPACELESS}{VULGAR}])(?:[^\W\d_]|[{MARKS}]){{1,12}}")
_HEBREW_TO_ARABIC: Final = "\u0590-\u08ff"
_RIGHT_TO_LEFT: Final = re.compile(rf"[{_HEBREW_TO_ARABIC}]")
_NO_SPACE: Final = re.compile(rf"[{SPACELESS}]")
_MARK: Final = frozenset(MARKS)
# A unit and what makes another one of it: carats and krones, kilocalories, watt hours, cubes.
_ANOTHER: Final = re.compile(
    r"(?:キロ)?ワット[ ]?(?:アワー|[時/])|(?:킬로)?와트[ ]?시|(?:กิโล)?วัตต์[ ]?(?:ชั่วโมง|ชม)"
    r"|克[拉朗隆罗羅]|(?:平方|立方)|升[级級降炊瓶び]|千?瓦特?[ ]?[时時小]|千?伏特?[ ]?安"
    r"|(?:米|公尺|厘米)(?:[²³/每]|平方|立方)"
    r"|(?:㌔|キロ)[ ]?カロ|(?:㌔|キロ|ミリ|センチ)(?:メ[ーガ]|ワット|ボルト|ヘルツ"
    r"|バイト|ビット|ジュール|パスカル|アンペア|オーム|バール|グラム|リットル|トン|秒)"
    r"|ボルト[ ]?アンペア|メートル[ ]?毎"
    r"|[킬키]로[ ]?(?:칼로리|미터|와트|볼트|헤르츠|바이트|비트|줄|그[램람])"
    r"|밀리[ ]?(?:암페어|미터|볼트|와트|리터|바|초|그[램람])|센티[ ]?리터"
    r"|볼트[ ]?암페어"
    r"|กิโล(?:เมตร|กรัม|วัตต์|แคล|โวลต์|เฮิร|ไบต์|จูล)"
    r"|(?:กก|กม|มก|มล|ซม|มม)[\u0e01-\u0e30]"
    r"|(?:к?вт|ватт|ват)[ ]?[*]?[ ]?(?:ч|час|год)(?![а-я])"
    r"|(?<=[2-9][ ])в[ ]?1(?![0-9.,]|[ ]?[аa])"  # 3 в 1: three in one
)
# Squares and cubes of a length, said after it.
_POWER: Final = re.compile(
    r"[ ](?:carr[eé]|quadr(?:i|a[dt])|cuadr|cub[ioí]|c[uú]bic|квадр|куб|مربع|مكعب|kare|küp"
    r"|vuông|khối|persegi|kubik|kwadrat|sześcien|čtver|krychl|p[aă]tra"
    r"|τετραγ|κυβικ|वर्ग|घन)"
)
_FRENCH_CUBE: Final = re.compile(r"(?:pied|pouce|(?:centi|milli)?m[eè]tre)s?[ ]cube")
# Endings that Turkish hangs on a unit: of 10 litres, from 5 metres, to 2 pounds.
_ENDING: Final = re.compile(r"'?(?:l[ıiuü]k|d[ae]n|t[ae]n|y[aeıiuü]|n?[ıiuü]n|[ıiuü])(?![^\W_])")
_LEAST_WITH_ENDING: Final = 4  # letters of the unit
# Units of one language that are everyday words of others: taken where the line shows its letters.
_TELLTALES: Final = {
    "fit": re.compile("[ğışç]"),
    "ons": re.compile("[ğış]"),
    "uns": re.compile("[åäö]"),
    "libre": re.compile("[ğış]"),
    "pes": re.compile("[ãçõéíú]"),
}
# Words that are English, or no more English than another language's: 1.500 grams is a gram and a
# half, but 1.500 gramos are a thousand and a half, as the point groups digits where it is not.
_ENGLISH: Final = re.compile(
    r"(?:kilo|centi|deci|milli|micro)?(?:gram(?:me)?|met(?:er|re)|lit(?:er|re)|volt|watt)s?"
    r"|kilos?|(?:metric[ ])?ton(?:ne)?s?|inch(?:es?|s)?|foot|feet|yards?|pounds?"
    r"|(?:fluid[ ])?ounces?"
    r"|(?:u\.?s\.?[ ]|us[ ]|uk[ ]|imp(?:erial)?[ ])?(?:gal(?:lon)?|pint|quart)s?"
    r"|cups?|cubic[ ].+|volts?[ ][ad]c|(?!cc$).{1,3}|fl.*|.*[ ]fl.*"
)
# 3米半, 2리터 반: three and a half, two and a half.
HALF_AFTER: Final = re.compile(rf"(?:半|[ ]?반)(?![{SPACELESS}])")
_ABOUT: Final = re.compile(r"[ :]*(?:約|约|大约|大約|약|ประมาณ)$")


# Words and letters of those languages; Spanish is left out, in which Mexico groups as English does.
_GROUPING: Final = re.compile(
    r"(?<![^\W_])(?:het|een|van|voor|met|bij|naar|door|ongeveer|weegt|wordt|zijn|deze|inhoud"
    r"|der|das|ist|eine?|und|für|mit|etwa|wiegt|inhalt|att|som|och|för|med|innehåll|og|til|af"
    r"|il|della|nel|dos|não|uma?|dengan|untuk|yang|adalah|ve)(?![^\W_])"
    r"|[åäöøæßğışłśżęąčřžýěůőű]"
)


# "de" is Spanish, too, but not beside a unit that Spanish spells otherwise.
_DUTCH_DE: Final = re.compile(r"(?<![^\W_])(?:de|en|te)(?![^\W_])")
_DUTCH_TOO: Final = re.compile("(?:kilo|milli|centi|deci)?(?:gram|meter|liter)|kilo|volt|watt|ton")


def is_letter(glyph: str) -> bool:
    """A letter, or a vowel sign or accent that belongs to one."""
    return glyph.isalpha() or glyph in _MARK


def runs_right_to_left(text: str) -> bool:
    return _RIGHT_TO_LEFT.search(text) is not None


def is_spelled(unit: str) -> bool:
    """Whether a spelling is a word or a squared word ("㎝"), and no quote or degree sign."""
    return is_letter(unit[-1]) or unit[0].isalpha() or "\u3300" <= unit[0] <= "\u33ff"


def is_of_another(text: str, start: int, end: int) -> bool:
    """Whether the unit in text[start:end] is but a part of another: 500 キロ of キロカロリー."""
    goes_on = text[end : end + 1] == " "
    if goes_on and _POWER.match(text, end) is not None:
        return True
    if text[start] < "\u0250":
        cube = _FRENCH_CUBE.match(text, start) if goes_on else None
        telltale = _TELLTALES.get(text[start:end])
        return (cube is not None and cube.end() > end) or (
            telltale is not None and telltale.search(text) is None
        )
    match = _ANOTHER.match(text, start)
    return match is not None and match.end() > end


def groups(text: str, unit: str) -> bool:
    """Whether a unit is spelled out, or stands among words, in a European language that writes
    1.500 or 1 500 for 1,500."""
    if not unit[:1].isalpha() or unit[0] >= "\u0530":
        return False
    if not _ENGLISH.fullmatch(unit) or _GROUPING.search(text):
        return True
    return _DUTCH_TOO.fullmatch(unit) is not None and _DUTCH_DE.search(text) is not None


def has_ending(text: str, start: int, end: int) -> bool:
    return end - start >= _LEAST_WITH_ENDING and _ENDING.match(text, end) is not None


def ends_with_name(word: str, names: frozenset[str]) -> str | None:
    """The longest of `names` that a word in a script without spaces ends with: 本体幅 -> 幅."""
    if not word or not _NO_SPACE.match(word[-1]):
        return None
    return next((word[at:] for at in range(len(word)) if word[at:] in names), None)


def without_about(text: str) -> str:
    """`text` without the "about" that such scripts write before the number: 幅約 -> 幅."""
    return _ABOUT.sub("", text) if text and text[-1] > "\u0e00" else text
