"""How an entity's units and axes are spelled, compiled for matching in normalised text."""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from entity_extract.config import Domain
from entity_extract.quantities.glyphs import printed_variants
from entity_extract.quantities.writing.alternatives import (
    GAP,
    SEPARATORS,
    alternatives,
    longest_first,
)

LENGTH: Final = "length"  # the dimension whose products are sides and not multiples
# Said of a length that is none of width, depth and height; the learner sees it as an axis.
_OTHER_AXES: Final = ("ø", "dia", "diameter", "durchmesser", "thick", "thickness", "t", "b")
_Units = tuple[tuple[str, float, tuple[str, ...]], ...]  # (name, SI factor, spellings)
_LAST_OF_LATIN: Final = "\u0250"
# "5it", "6 incl", "1pes" are seldom these.
_NEVER_MISREAD: Final = frozenset({"fit", "inci", "ons", "pes", "uns"})
# What OCR engines make of a letter, one glyph for one glyph.
_LOOKALIKES: Final = {
    "l": "1i|!]jt/",
    "i": "1l|!",
    "o": "0",
    "z": "2x",
    "s": "5",
    "g": "9qc6",
    "b": "6",
}


@dataclass(frozen=True, eq=False)  # compiled once per entity, so identity will do
class Spellings:
    """One entity's spellings: `units` maps a spelling, without spaces and points, to the unit.

    `si` has the factor of each of the entity's units by name.
    """

    units: dict[str, str]
    si: dict[str, float]
    words: tuple[str, ...]  # the spellings as they may be printed, longest first
    axes: frozenset[str]
    foreign: frozenset[str]  # all spellings of the domain, without spaces and points
    dimension: str

    @property
    def is_length(self) -> bool:
        return self.dimension == LENGTH

    @cached_property
    def unit(self) -> re.Pattern[str]:
        """A unit after a number, as in "5cm", "5-inch", "(5 x 6) cm", "5 <cm>", "5.cm": group 1."""
        opened = r"(?:[(\[]|<(?=[^<>]{1,12}>))?"
        before = rf"(?:\.|[ ]{{0,2}}[)\]]?-?[ ]?{opened}[ ]?)"
        return re.compile(f"{before}({alternatives(self.words)})")

    @cached_property
    def misread(self) -> re.Pattern[str]:
        """A digit, then a spelling of two letters or more with look-alike glyphs: group 1."""
        words = [word for word in self._words(2) if _is_misread(word)]
        shapes = "|".join(GAP.join(map(_shape, word.split())) for word in words)
        initials = "|".join(sorted({_shape(word[0]) for word in words}))  # rejects most at once
        return re.compile(rf"[0-9][ -]?(?={initials})({shapes})(?![^\W_])" if words else "(?!)")

    @cached_property
    def unit_behind(self) -> re.Pattern[str]:
        """Any unit of the domain, or a further side, after a number: its last digits are digits,
        as in "402 ml", where "02" is no oz, and "309 x 19 mm", where 9 is no g."""
        words = alternatives(word for word in self.foreign if word[0].isalpha())
        return re.compile(
            rf"[ ]?(?:fl[ .]|(?:{words})(?![^\W_])(?!(?<=[ ]in)[ ][a-z])|[x*][ ]?[0-9])"
        )

    @cached_property
    def last_words(self) -> frozenset[str]:
        """What a spelling may end with: "oz" of "fl oz"."""
        return frozenset(self.units).union(word.split()[-1] for word in self.words)

    @cached_property
    def axis(self) -> str:
        """The alternatives of an axis, as regular expression source."""
        return alternatives(self.axes)

    @cached_property
    def axis_after(self) -> re.Pattern[str]:
        """An axis right after a number or its unit, as in `30"W`, "36Lx32W", "48HCM": group 1."""
        unit = rf"[ ]?(?:{alternatives(self.words)})(?![^\W_])"
        return re.compile(
            rf"\.?[ ]?[(\[]?[ ]?({self.axis})"
            rf"(?:(?={unit})|(?![^\W_x])(?![ ]?[x*/][ ]?[^\W\d_])(?![ ]?[:=]))[ ]?[)\]]?"
        )

    @cached_property
    def axes_of_product(self) -> re.Pattern[str]:
        """ "L x W x H", "(W/D/H)": the whole sequence is the match."""
        return re.compile(
            rf"(?<![^\W_])(?:{self.axis})(?:[ ]?[x*/][ ]?(?:{self.axis})){{1,2}}(?![^\W_])"
        )

    @cached_property
    def axes_named(self) -> re.Pattern[str]:
        """ "(L x W x H)" between the numbers and their unit; nothing where no length is asked."""
        if not self.is_length:
            return re.compile("(?!)")
        return re.compile(rf"[ ]?[(\[][ ]?{self.axes_of_product.pattern}[ ]?[)\]]")

    def source(self, shortest: int) -> str:
        """Regular expression source of the units spelled with at least so many letters."""
        return alternatives(self._words(shortest))

    def canonical(self, text: str) -> str:
        """The spelling that a match of `misread` stands for, with its separators and length.

        A spelling of any unit in the domain stands for itself: "cm" is not a misread "gm".
        """
        glyphs = _squeezed(text)
        if glyphs in self.foreign:
            return text
        letters = iter(self._meant(glyphs))
        return "".join(glyph if glyph in SEPARATORS else next(letters) for glyph in text)

    @lru_cache(maxsize=4096)  # noqa: B019  there are a few of these objects, kept as long
    def _meant(self, glyphs: str) -> str:
        return next(word for shape, word in self._shapes if shape.fullmatch(glyphs))

    @cached_property
    def _shapes(self) -> list[tuple[re.Pattern[str], str]]:
        words = filter(_is_misread, self.units)
        return [(re.compile(_shape(word)), word) for word in words]

    def unit_of(self, spelled: str) -> str:
        """The unit's name for a match of `unit`."""
        return self.units[_squeezed(spelled)]

    def _words(self, shortest: int) -> list[str]:
        return [word for word in self.words if word[0].isalpha() and len(word) >= shortest]


@dataclass(frozen=True, eq=False)
class ByIdentity:
    """Hashes and compares by the object itself, and keeps it alive so that its id stays its own: a
    Domain holds dicts, and hashing its content for every row is slow."""

    domain: Domain

    def __hash__(self) -> int:
        return id(self.domain)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ByIdentity) and self.domain is other.domain


def spellings_for(domain: Domain, entity: str) -> Spellings:
    """The entity's spellings, compiled once per process. Raises KeyError for an unknown entity."""
    return _by_identity(ByIdentity(domain), entity)


@lru_cache(maxsize=256)
def _by_identity(key: ByIdentity, entity: str) -> Spellings:
    domain = key.domain
    asked = domain.entities[entity].units
    units = tuple((name, domain.units[name].si, domain.units[name].spellings) for name in asked)
    dimension = domain.units[asked[0]].dimension
    siblings = (other for other in domain.entities.values() if set(other.units) & set(asked))
    keywords = frozenset(keyword for other in siblings for keyword in other.keywords)
    everything = tuple(s for unit in domain.units.values() for s in unit.spellings)
    return _compiled(units, keywords, everything, dimension)


@lru_cache(maxsize=256)
def _compiled(
    units: _Units, keywords: frozenset[str], everything: tuple[str, ...], dimension: str
) -> Spellings:
    by_spelling: dict[str, str] = {}
    words: set[str] = set()
    for name, _, spellings in units:
        for spelling in printed_variants((name, *spellings)):
            by_spelling.setdefault(_squeezed(spelling), name)
            words.add(spelling)
    axes = printed_variants(tuple(keywords)) | frozenset(_OTHER_AXES if dimension == LENGTH else ())
    foreign = frozenset(map(_squeezed, printed_variants(everything)))
    si = {name: factor for name, factor, _ in units}
    return Spellings(by_spelling, si, longest_first(words), axes, foreign, dimension)


def _is_misread(word: str) -> bool:
    return max(word) < _LAST_OF_LATIN and word not in _NEVER_MISREAD


def _shape(word: str) -> str:
    """Regular expression source of a word and all that it may be misread as."""
    return "".join(f"[{re.escape(letter + _LOOKALIKES.get(letter, ''))}]" for letter in word)


def _squeezed(spelling: str) -> str:
    """ "fl. oz", "fl oz" and "floz" are one spelling."""
    return spelling.translate(dict.fromkeys(map(ord, SEPARATORS)))
