"""Numbers that belong together: products, ranges and lists, and the unit they share."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise
from typing import Final

from entity_extract.quantities.products import Chain, Link, Member, place_sides
from entity_extract.quantities.quantity import Kind
from entity_extract.quantities.spellings import Spellings
from entity_extract.quantities.terms import Term
from entity_extract.quantities.units import other_unit_after
from entity_extract.quantities.writing.number_words import AND, COUNTERS

_LISTS: Final = (Link.LIST, Link.ALSO)
_MAX_GAP: Final = 16
_BETWEEN: Final = (
    r"(?P<TIMES>\.?[ ]?[)\]]?[ ]?(?:x|\*|-?(?:by|por|bij|gånger|mal|на|乘)-?)[ ]?[(\[]?[ ]?"
    r"(?:(?:AXIS)[ ]?[)\]]?[ ]?[:=.]?[ ]?)?)"
    r"|(?P<RANGE>\.?[ ]?(?:-{1,2}|~|\.{2,3}|[…‥⋯]|up to|-?[ ]?(?:to|bis|tot|till?|do|až|до|ila)-?"
    r"|에서|부터|내지|から|到|至)[ ]?(?:(?:AXIS)[ ]?[:=.]?[ ]?)?"
    r"|[ ](?:a|à|al|hasta|até)[ ])"
    r"|(?P<LIST>\.?[ ]?[)\]]?[ ]?[/|][ ]?|[ ](?:or|oder|ou|o|eller|tai|lub|nebo|veya|atau)[ ]"
    r"|[ ]?(?:또는|혹은|または|或)[ ]?)"
    rf"|(?P<ALSO>\.?[ ]?[)\]]?[ ]?[;&+][ ]?|,[ ]|[ ]{AND}[ ])"
    r"|(?P<SAME>\.?[ ]?[(\[=][ ]?)"
)
_NEXT_SIDE: Final = r"[ ]?[,;/|]?[ ]?(?:[(\[]?(?:AXIS)[ ]?[)\]]?[ ]?[:=.]?[ ]?)?"
# "x 2 packs": a count and not a side.
_PIECES: Final = re.compile(rf"[ ]?(?:[^\W\d_]{{2,}}|[%{COUNTERS}])")


def find_chains(text: str, terms: Sequence[Term], spellings: Spellings) -> Iterator[Chain]:
    """Every term, in exactly one chain, with shared units and roles worked out."""
    links = [_link(text, left, right, spellings) for left, right in pairwise(terms)]
    first = 0
    for last, link in enumerate([*links, None][: len(terms)]):
        if link is None:
            chain = terms[first : last + 1]
            yield _resolve(text, chain, tuple(filter(None, links[first:last])), spellings)
            first = last + 1


def _link(text: str, left: Term, right: Term, spellings: Spellings) -> Link | None:
    start = right.start
    if start - left.end > _MAX_GAP:
        return None
    between, next_side = _links(spellings.axis)
    match = between.fullmatch(text, left.end, start)
    if match is None:
        sided = spellings.is_length and left.axis and right.axis
        beside = sided and next_side.fullmatch(text, left.end, start)
        return Link.SIDE if beside else None
    if right.unit is None and other_unit_after(text, spellings, right.end):  # 220 V x 60 Hz
        return None
    return Link[match.lastgroup or ""]


@lru_cache(maxsize=256)
def _links(axis: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What links any two numbers, and what links two that have their axes."""
    between, side = (source.replace("AXIS", axis) for source in (_BETWEEN, _NEXT_SIDE))
    return re.compile(between), re.compile(side)


def _resolve(
    text: str, terms: Sequence[Term], links: tuple[Link, ...], spellings: Spellings
) -> Chain:
    members = [
        Member(term, term.unit, _own_role(term), axis=term.axis, doubtful=term.doubtful)
        for term in terms
    ]
    if links:
        _share_leftwards(members, links, spellings)
        _share_rightwards(text, members, links, spellings)
        _mark_ranges(members, links)
        place_sides(text, members, links, spellings)
    return Chain(tuple(members), links)


def _own_role(term: Term) -> Kind:
    if term.implied:
        return Kind.IMPLIED
    return Kind.FRACTION if term.number.fraction else Kind.PLAIN


def _share_leftwards(members: list[Member], links: Sequence[Link], spellings: Spellings) -> None:
    """10 x 20 cm, 220-240 V, 12/16/20 W: the unit of the last is that of all."""
    for i in range(len(links) - 1, -1, -1):
        here, following, link = members[i], members[i + 1], links[i]
        if here.unit or not following.unit or link is Link.SAME:
            continue
        if (link is Link.TIMES and not spellings.is_length) or not _rises(here, following, link):
            continue
        doubtful = following.doubtful
        members[i] = replace(here, unit=following.unit, role=Kind.LIST, doubtful=doubtful)


def _share_rightwards(
    text: str, members: list[Member], links: Sequence[Link], spellings: Spellings
) -> None:
    """10" x 5, 16 mm x 1.5, (V): 220-240: the unit of the first is that of all."""
    for i, link in enumerate(links):
        here, following = members[i], members[i + 1]
        if following.unit or not here.unit or not _rises(here, following, link):
            continue
        sides = link in (Link.TIMES, Link.SIDE) and spellings.is_length
        if sides and _PIECES.match(text, following.term.end):
            continue
        if sides or link is Link.RANGE or (link in _LISTS and here.role is Kind.IMPLIED):
            role = Kind.IMPLIED if here.role is Kind.IMPLIED else Kind.LIST
            doubtful = here.doubtful
            members[i + 1] = replace(following, unit=here.unit, role=role, doubtful=doubtful)


def _rises(here: Member, following: Member, link: Link) -> bool:
    """A range goes up; 24-12 V is an article number or two things."""
    return link is not Link.RANGE or here.term.number.value < following.term.number.value


def _mark_ranges(members: list[Member], links: Sequence[Link]) -> None:
    for i, link in enumerate(links):
        low, high = members[i], members[i + 1]
        if link is Link.RANGE and low.unit and low.unit == high.unit and _rises(low, high, link):
            members[i] = replace(low, role=Kind.RANGE_LOW)
            members[i + 1] = replace(high, role=Kind.RANGE_HIGH)
