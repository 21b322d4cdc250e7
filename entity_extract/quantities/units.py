"""Whether what follows a number is a unit of ours, another word, or a unit of other things."""

import re
from typing import Final, NamedTuple

from entity_extract.quantities.spellings import Spellings
from entity_extract.quantities.writing import scripts

# Units that begin many words: what is glued to them is not taken for a following word.
_AMBIGUOUS: Final = frozenset({"in", "gr", "gm", "pt", "gal", "ton", "yd", "cup", "dl", "cl"})
# The ends of words that begin like a unit: voltage, watt hours, footprint, cupboard, foot-pound.
_OTHER_WORD: Final = re.compile(
    r"age|worm|ball|print|rest|board|cake|holder|stool|stick|wear|path|force|amp|pounds?|hg"
    r"|h(?:ou)?rs?(?![a-z])"
)
_METRES: Final = frozenset({"m", "cm", "mm", "ft", "in", "yd"})
# "5 m²", "5 m2", but neither "5 m 2.5 cm" nor "6ft2in".
_SQUARED: Final = re.compile(
    r"[ ]?[²³^]|[23](?![0-9.,]|[ ]?(?:[cm]m|ft)(?![^\W_])|[ ]?[cz]entim"
    r"|(?<=(?:ft|yd).)[ ]?(?:[0-9]{1,2}/[0-9]{1,2}[ ]?)?(?:in|pou|pul|pol|zoll|[\"']))"
)
_WHOLE: Final = re.compile(r"(?<![0-9.,])[0-9]{1,2}\+?$")
# What may be glued to a unit: a factor, a range, "max", the estimated sign (250ge).
_JOINT: Final = re.compile(r"x[ ]?[(\[]?[lwhdbtø]?[)\]]?[ ]?[0-9]|(?:to|bis|e|max|min)(?![^\W_])")
_MISREAD_SLASH: Final = re.compile(r"[il|!](?:[0-9.]|[ ][0-9]|[oizsgb][0-9.])")
_PLURAL: Final = re.compile(r"[a-wyz]")
# "2 in 1", "6 in the pack"; a decimal or a glued unit ("9.85in 1") is no such phrase.
_ENGLISH_IN: Final = re.compile(
    r"[ -]{0,2}(?:1(?![0-9./,]|[ ]?(?:[x\"]|in|ft|cm|mm))"
    r"|(?:a|an|the|one|all|this|that|our|your|stock|total|each|every|case|front|which|order|use"
    r"|minutes|seconds|years?|days?|china|usa|germany|india)(?![a-z]))"
)
# Units that measure what no entity asks. Many begin like one of ours: 2000 mAh is no 2000 m.
_OTHER_BASES: Final = (
    "a ah ahr amp amps b bar bd bit bits bps byte bytes cal cd f h hz j lm mol nm ohm ohms ω pa"
    " s sec sv t v va var w wh whr"
)
_OTHER_WORDS: Final = (
    "btu cfm cmh2o db dba dbi dbm dm dpi fps ftlb ftlbs gf gph gpm hp hr hrs inhg inlb inlbs kgf"
    " kmh kn lbf lbft lbin lph lpm lumens min minutes mins mmhg mp mph mpx ozf ph ppi ps psi rpm"
    " seconds voltampere voltamperes"
)
_OTHER_UNITS: Final = frozenset(_OTHER_WORDS.split()).union(
    prefix + base for prefix in ("", *"npuµmkgt") for base in _OTHER_BASES.split()
)
# The same with another word behind: 2000mAhBattery, 2.4GHzWiFi, 500mLBottle.
_OTHER_CASED: Final = re.compile(
    r"(?:[pnuµmkMGT](?:Hz|Ah|Wh|VA|Pa|bps)|m[AVWL](?![A-Z]{2})|[KMGT]B)(?![a-z])"
)
_OTHER_AFTER: Final = re.compile(r"(?:[ ]?([^\W\d_]{2,9})|[^\W\d_])(?![^\W_])")
# 2.1mL x 1.5mW x 1.2mH: a millilitre beside another letter of the kind is a metre and its axis.
_METRE_AND_AXIS: Final = re.compile("m([lwhd])(?![^\\W_])")
_SIDE_AFTER: Final = re.compile(r"[ ]?[x*/,][ ]?[0-9][0-9.,]{0,5}[ ]?m([lwhd])(?![^\W_])")
_SIDE_BEFORE: Final = re.compile(r"m([lwhd])[ ]?[x*/,][ ]?[0-9.,]{1,7}[ ]?$")
# Torque: in-lb, lb-ft, kg.cm, "ft lbs".
_MOMENT: Final = re.compile(
    r"(?:in|inch|ft|foot)[-.* ](?:lb|lbs|lbf|ozs?|pounds?)(?![^\W_])"
    r"|(?:lbs?|pounds?|oz)[-.*](?:ft|in|foot|feet|inch(?:es)?)(?![^\W_])|lbs?[ ]ft(?![^\W_])"
    r"|k?gf?[-.*][cm]?m(?![^\W_])|v[-.*]a(?![^\W_])"
)
# Two words of which the first alone is a unit of ours: watt hours, kilo volts, meters squared.
_PART_OF: Final = re.compile(
    r"(?:kilo)?watts?[ -](?:hours?|hrs?|h|uur|stunden?|timm(?:ar|e))(?![^\W_])"
    r"|volts?[ -]amp(?:s|[eè]res?)?(?![^\W_])"
    r"|kilos?[ -](?:[vw]olt|watt|met(?:er|re)|lit(?:er|re)|calorie|joule|byte|bit|hertz|pascal|amp"
    r"|ohm)s?(?![^\W_])"
    r"|(?:pounds?|lbs?|kg)[ -](?:per[ ]sq|sterling|force(?![^\W_]))"
    r"|(?:[cm]?m|(?:[a-z]{4,5})?met(?:er|re)s?|feet|foot|inch(?:es)?|yards?)[ ](?:squared|cubed)"
)
# Units that Germanic languages make words of, and what makes a unit or a tool of these instead.
_COMPOUNDED: Final = re.compile(
    "(?:(?:[czs]enti|milli|kilo)?(?:gramm?|meter|liter)|volt|watt|voet|ton|tum|zoll|inch)s?"
)
_NO_COMPOUND: Final = re.compile("met|amp|stund|uur|uren|tim|ing|age|worm")
_LEAST_OF_COMPOUND: Final = 3  # letters: 5-pounder, 5-footed
# Oil: 5W-30, 10W40.
_OIL: Final = re.compile(r"(?<![0-9.,])(?:[05]|10|15|2[05])w-?(?:8|12|16|[2-6]0)(?![0-9.,]|[ ]?w)")
# A share of something else: g/m², l/min, W/m, "g per kg". Labels say it now and then.
_PER: Final = r"(?:[ ]?/[ ]?|[ ]per[ ]|[ ]?/[ ]?100[ ]?(?=km))"
_PER_TIME: Final = (
    r"s|secs?|seconds?|mins?|minutes?|hrs?|hours?|rev|se[ck]onde?n?|sekunde?|minuu?t|uur|stunde"
)
_RATE_OF_LENGTH: Final = re.compile(rf"{_PER}(?:{_PER_TIME})(?![^\W_])")
_RATE: Final = re.compile(
    rf"{_PER}(?:{_PER_TIME}|h|(?:[cdk]?m|ft|in|yd)[23²³]?|sqm|met(?:er|re)|foot|inch"
    r"|[mcd]?l|lit(?:er|re)|[mk]?g|lb|oz|k?hz|rad)(?![^\W_])"
)
# A mobile network or a radio band, rather than a weight: 5G, 2.4G.
_NETWORK: Final = re.compile(r"(?<![0-9.,])(?:[2-6]|2\.4|5\.8)G(?![^\W_]|[ ]?[/|(,=]|(?i:[ ]per))")


class Unit(NamedTuple):
    """A unit by its name, where its spelling ends, and whether it is rather part of another."""

    name: str
    end: int
    doubtful: bool = False


def unit_after(text: str, raw: str, spellings: Spellings, at: int) -> Unit | None:
    """The unit right after a number that ends at `at`: "5 kg", "250+ lbs"."""
    match = spellings.unit.match(text, at + text.startswith("+", at))
    if match is None or not _is_unit(text, raw, spellings, match):
        return None
    rate = _RATE_OF_LENGTH if spellings.is_length else _RATE
    doubtful = rate.match(text, match.end()) is not None
    return Unit(spellings.unit_of(match[1]), match.end(), doubtful)


def other_unit_after(text: str, spellings: Spellings, at: int) -> str | None:
    """The unit that none of the entity's is, right after a number that ends at `at`: "60 Hz"."""
    match = _OTHER_AFTER.match(text, at)
    word = match[0].lstrip() if match else ""
    return word if _is_other(word, spellings) else None


def is_network(raw: str, at: int) -> bool:
    """Whether the number that begins at `at` rather names a radio network than a weight."""
    return _NETWORK.match(raw, at) is not None


def _is_unit(text: str, raw: str, spellings: Spellings, match: re.Match[str]) -> bool:
    """Whether what follows lets a spelling be a unit and not the beginning of another word."""
    spelled, end = match[1], match.end()
    if not scripts.is_spelled(spelled) or spelled[-1].isdigit():
        return _is_mark(text, match)
    if scripts.is_of_another(text, match.start(1), end) or _is_part(text, match):
        return False
    rest = scripts.LETTERS.match(text, end)
    if rest is None or (text[end] == "x" and not raw[end].isalpha()):  # a sign, not the letter
        squared = spelled in _METRES and _SQUARED.match(text, end)
        english = spelled == "in" and _is_english(text, match)
        return not (squared or english or _MOMENT.match(text, match.start(1)))
    if _JOINT.match(text, end):
        return True
    if _is_part_of_other(text, raw, spellings, match, rest[0]):
        return False
    if spellings.axis_after.match(text, end) or _MISREAD_SLASH.match(text, end):
        return True
    if _OTHER_WORD.match(text, end):
        return False
    return scripts.has_ending(text, match.start(1), end) or _begins_word(raw, match, rest[0])


def _is_part(text: str, match: re.Match[str]) -> bool:
    """Whether a unit is the first of two words for another thing, or an oil's winter grade."""
    start = match.start(1)
    part = _PART_OF.match(text, start)
    if part is not None and part.end() > match.end():
        return True
    return match[1] == "w" and any(_OIL.match(text, max(0, start - n)) for n in (1, 2))


def _is_part_of_other(
    text: str, raw: str, spellings: Spellings, match: re.Match[str], rest: str
) -> bool:
    """Whether a spelling and the letters after it are the unit of another thing: m in 20 mAh."""
    cased = _OTHER_CASED.match(raw, match.start(1))
    other = (cased and cased.end() > match.end()) or _is_other(match[1] + rest, spellings)
    return bool(other) and not _is_side(text, match)


def _is_other(word: str, spellings: Spellings) -> bool:
    """Whether a word is a unit of another entity, or of what no entity asks."""
    return word not in spellings.units and (word in _OTHER_UNITS or word in spellings.foreign)


def _is_side(text: str, match: re.Match[str]) -> bool:
    """Whether "mL" is a length in metres beside others: 2mL x 1mW, and not 500mL x 250mL."""
    own = _METRE_AND_AXIS.match(text, match.start(1))
    if own is None:
        return False
    at = match.start()
    side = _SIDE_AFTER.match(text, own.end()) or _SIDE_BEFORE.search(text, max(0, at - 14), at)
    return side is not None and side[1] != own[1]


def _begins_word(raw: str, match: re.Match[str], rest: str) -> bool:
    """Whether another word begins where the unit ends: "500mlBottle", "18VLithium", "9ftcord"."""
    spelled, end = match[1], match.end()
    letter = len(spelled) == 1  # 5mA, 2.4GHz
    cased = raw[end - 1].islower() or raw[end + 1 : end + 2].islower()
    if cased and raw[end].isupper() and len(rest) > 2 * letter:
        return True
    if _COMPOUNDED.fullmatch(spelled) and match[0][0] == "-":  # 5-literfles, 60-Wattlampe
        return len(rest) >= _LEAST_OF_COMPOUND and not _NO_COMPOUND.match(rest)
    glued = match.start(1) == match.start() and spelled not in _AMBIGUOUS
    return glued and spelled.isascii() and not letter and len(spelled) + len(rest) >= 5


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
    if mark[-1].isdigit():  # ft3
        return not following.isalnum()
    return not (spaced and following.isalnum())
