"""Where keywords stand in a text: between other letters in scripts that write no spaces."""

import re
from collections.abc import Mapping
from functools import lru_cache

from entity_extract.config import Domain
from entity_extract.quantities.glyphs import MARKS, SPACELESS, normalise, printed_variants
from entity_extract.quantities.spellings import ByIdentity
from entity_extract.quantities.writing.alternatives import alternatives

_ASCII_WORD = re.compile("[a-z]+")
_WORD = re.compile(rf"(?:[^\W\d_]|[{MARKS}])+")
# One letter may begin any word: the \u9ad8 of "high" is that of "high-grade", too.
_SPACELESS_WORD = re.compile(rf"[{SPACELESS}]{{2,}}")


def tokens(text: str) -> list[str]:
    """The words of `text`, lower case."""
    return (_ASCII_WORD if text.isascii() else _WORD).findall(text.lower())


@lru_cache(maxsize=8192)  # each word of a picture is asked about for every row
def _token_set(text: str) -> frozenset[str]:
    return frozenset(tokens(text if text.isascii() else normalise(text)))


def keywords_of(domain: Domain) -> Mapping[str, frozenset[str]]:
    """Entity -> the words that name it, normalised, in the order of `entity_names`."""
    return _keywords(ByIdentity(domain))


def rivals_of(domain: Domain, entity: str) -> frozenset[str]:
    """Words that name another entity of the same dimension, and not this one."""
    return _rivals(ByIdentity(domain), entity)


def dimension_of(domain: Domain, entity: str) -> str:
    """What the entity measures: "length"."""
    return domain.units[domain.entities[entity].units[0]].dimension


@lru_cache(maxsize=8)
def _keywords(key: ByIdentity) -> Mapping[str, frozenset[str]]:
    entities = key.domain.entities
    return {name: printed_variants(entities[name].keywords) for name in key.domain.entity_names}


@lru_cache(maxsize=256)
def _rivals(key: ByIdentity, entity: str) -> frozenset[str]:
    own = dimension_of(key.domain, entity)
    known = _keywords(key)
    others = (
        words
        for name, words in known.items()
        if name != entity and dimension_of(key.domain, name) == own
    )
    return frozenset().union(*others) - known[entity]


def names_one(text: str, keywords: frozenset[str]) -> bool:
    """Whether one of the normalised `keywords` stands in `text`."""
    if not keywords.isdisjoint(_token_set(text)):
        return True
    return not text.isascii() and _spaceless(keywords).search(normalise(text)) is not None


def keyword_places(text: str, keywords: frozenset[str]) -> list[tuple[int, int]]:
    """Where one of the normalised `keywords` begins and ends in `text`, in order of their ends."""
    if text.isascii():
        words = _ASCII_WORD.finditer(text.lower())
        return [match.span() for match in words if match[0] in keywords]
    plain = normalise(text)
    places = {match.span() for match in _WORD.finditer(plain) if match[0] in keywords}
    places |= {match.span() for match in _spaceless(keywords).finditer(plain)}
    return sorted(places, key=lambda place: (place[1], place[0]))


@lru_cache(maxsize=64)
def _spaceless(keywords: frozenset[str]) -> re.Pattern[str]:
    return re.compile(alternatives(filter(_SPACELESS_WORD.fullmatch, keywords)))
