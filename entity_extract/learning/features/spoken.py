"""Where keywords stand in a text: between other letters in scripts that write no spaces."""

import re
from functools import lru_cache

from entity_extract.quantities.glyphs import MARKS, SPACELESS, normalise
from entity_extract.quantities.writing.alternatives import alternatives

_WORD = re.compile(rf"(?:[^\W\d_]|[{MARKS}])+")
# One letter may begin any word: the \u9ad8 of "high" is that of "high-grade", too.
_SPACELESS_WORD = re.compile(rf"[{SPACELESS}]{{2,}}")


def tokens(text: str) -> list[str]:
    """The words of `text`, normalised."""
    return _WORD.findall(normalise(text))


def keyword_places(text: str, keywords: frozenset[str]) -> list[tuple[int, int]]:
    """Where one of the normalised `keywords` begins and ends in `text`, in order of their ends."""
    plain = normalise(text)
    places = {match.span() for match in _WORD.finditer(plain) if match[0] in keywords}
    if not plain.isascii():
        places |= {match.span() for match in _spaceless(keywords).finditer(plain)}
    return sorted(places, key=lambda place: (place[1], place[0]))


@lru_cache(maxsize=64)
def _spaceless(keywords: frozenset[str]) -> re.Pattern[str]:
    return re.compile(alternatives(filter(_SPACELESS_WORD.fullmatch, keywords)))
