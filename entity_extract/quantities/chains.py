"""Numbers that belong together: products, ranges and lists, and the unit they share."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import lru_cache
from itertools import pairwise
from typing import Final

from entity_extract.quantities.quantity import Kind
from entity_extract.quantities.spellings import Spellings
from entity_extract.quantities.terms import Term
from entity_extract.quantities.writing.number_words import COUNTERS


class Link(Enum):
    """What stands between two neighbouring numbers."""

    TIMES = auto()
    RANGE = auto()
    LIST = auto()
    SAME = auto()  # the same again in another unit: 10 cm (4 in)


_MAX_GAP: Final = 16
_AXES_WINDOW: Final = 28  # characters beside a product in which "(L x W x H)" may stand
_MAX_COUNT: Final = 1000  # pieces in a pack
_BETWEEN: Final = (
    r"(?P<TIMES>\.?[ ]?[)\]]?[ ]?(?:x|\*|by|por)[ ]?[(\[]?[ ]?(?:(?:AXIS)[ ]?[:=]?[ ]?)?)"
    r"|(?P<RANGE>\.?[ ]?(?:-{1,2}|~|\.{2,3}|to|bis|up to)[ ]?(?:(?:AXIS)[ ]?[:=]?[ ]?)?"
    r"|[ ](?:a|à|al|hasta|até)[ ])"
    r"|(?P<LIST>\.?[ ]?[)\]]?[ ]?[/|;&+][ ]?|,[ ]|[ ](?:and|or|und|oder|et|ou|y|o|e)[ ])"
    r"|(?P<SAME>\.?[ ]?[(\[=][ ]?)"
)
_ROUNDING: Final = 0.05  # 6 x 12 fl oz (2.1 l): what printed totals are rounded by
# "x 2 packs": a count and not a side.
_PIECES: Final = re.compile(rf"[ ]?(?:[^\W\d_]{{2,}}|[%{COUNTERS}])")


@dataclass(frozen=True, slots=True)
class Member:
    """A term in its chain: the unit it has or shares, its role, and its place in a product."""

    term: Term
    unit: str | None
    role: Kind = Kind.PLAIN
    position: int = 0
    of: int = 1
    axis: str | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """Neighbouring members and the links between them: one link fewer than members."""

    members: tuple[Member, ...]
    links: tuple[Link, ...]

    @property
    def span(self) -> tuple[int, int]:
        """From the first number to the end of the last number or unit."""
        return self.members[0].term.start, max(member.term.unit_end for member in self.members)


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
    if right.start - left.end > _MAX_GAP:
        return None
    match = _between(spellings.axis).fullmatch(text, left.end, right.start)
    return Link[match.lastgroup] if match and match.lastgroup else None


@lru_cache(maxsize=256)
def _between(axis: str) -> re.Pattern[str]:
    return re.compile(_BETWEEN.replace("AXIS", axis))


def _resolve(
    text: str, terms: Sequence[Term], links: tuple[Link, ...], spellings: Spellings
) -> Chain:
    members = [Member(term, term.unit, _own_role(term), axis=term.axis) for term in terms]
    if links:
        _share_leftwards(members, links, spellings)
        _share_rightwards(text, members, links, spellings)
        _mark_ranges(members, links)
        _place(text, members, links, spellings)
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
        members[i] = replace(here, unit=following.unit, role=Kind.LIST)


def _share_rightwards(
    text: str, members: list[Member], links: Sequence[Link], spellings: Spellings
) -> None:
    """10" x 5, 16 mm x 1.5, (V): 220-240: the unit of the first is that of all."""
    for i, link in enumerate(links):
        here, following = members[i], members[i + 1]
        if following.unit or not here.unit or not _rises(here, following, link):
            continue
        sides = link is Link.TIMES and spellings.is_length
        if sides and _PIECES.match(text, following.term.end):
            continue
        if sides or link is Link.RANGE or (link is Link.LIST and here.role is Kind.IMPLIED):
            role = Kind.IMPLIED if here.role is Kind.IMPLIED else Kind.LIST
            members[i + 1] = replace(following, unit=here.unit, role=role)


def _rises(here: Member, following: Member, link: Link) -> bool:
    """A range goes up; 24-12 V is an article number or two things."""
    return link is not Link.RANGE or here.term.number.value < following.term.number.value


def _mark_ranges(members: list[Member], links: Sequence[Link]) -> None:
    for i, link in enumerate(links):
        low, high = members[i], members[i + 1]
        if link is Link.RANGE and low.unit and low.unit == high.unit and _rises(low, high, link):
            members[i] = replace(low, role=Kind.RANGE_LOW)
            members[i + 1] = replace(high, role=Kind.RANGE_HIGH)


def _place(text: str, members: list[Member], links: Sequence[Link], spellings: Spellings) -> None:
    """Numbers the sides of a product, and names them by an axis sequence beside it."""
    sides = [0]
    for link in links:
        sides.append(sides[-1] + (link is Link.TIMES))
    of = sides[-1] + 1
    if of == 1:
        return
    axes = _axes_beside(text, members, of, spellings) if spellings.is_length else None
    for i, (member, side) in enumerate(zip(members, sides, strict=True)):
        ranged = member.role in (Kind.RANGE_LOW, Kind.RANGE_HIGH)
        members[i] = replace(
            member,
            role=member.role if ranged else Kind.PRODUCT,
            position=side,
            of=of,
            axis=axes[side] if axes else member.axis,
        )


def _axes_beside(
    text: str, members: Sequence[Member], of: int, spellings: Spellings
) -> list[str] | None:
    """["l", "w", "h"] from "(L x W x H)" right before or after the product."""
    start, end = members[0].term.start, members[-1].term.end
    found = [
        *spellings.axes_of_product.finditer(text, max(0, start - _AXES_WINDOW), start),
        *spellings.axes_of_product.finditer(text, end, end + _AXES_WINDOW),
    ]
    for match in found:
        axes = re.split(r"[ ]?[x*/][ ]?", match[0])
        if len(axes) == of:
            return axes
    return None


def total_count(chain: Chain, member: Member, spellings: Spellings) -> int:
    """How many pieces of `member` there are: 6 for 330 ml in "6 x 330 ml"; 1 where none is said.

    What the total itself is printed as, 1.02 kg in "12 x 85 g (1.02 kg)", is there once.
    """
    counts = {other.position: other.term.number for other in chain.members if not other.unit}
    if not counts or len(counts) != member.of - 1 or member.position in counts:
        return 1
    if not all(number.whole and 1 < number.value <= _MAX_COUNT for number in counts.values()):
        return 1
    pieces = 1
    for number in counts.values():
        pieces *= int(number.value)
    return 1 if _is_total(chain, member, pieces, spellings) else pieces


def _is_total(chain: Chain, member: Member, pieces: int, spellings: Spellings) -> bool:
    """Whether `member` says in brackets what so many of the quantity before it make."""
    place = chain.members.index(member)
    if place == 0 or chain.links[place - 1] is not Link.SAME:
        return False
    piece = chain.members[place - 1]
    if piece.unit is None or member.unit is None:
        return False
    total = pieces * piece.term.number.value * spellings.si[piece.unit]
    return abs(member.term.number.value * spellings.si[member.unit] - total) < _ROUNDING * total
