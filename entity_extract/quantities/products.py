"""The members of a chain and the products they make: sides, pieces in a pack, totals."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import accumulate, pairwise
from typing import Final

from entity_extract.quantities.quantity import Kind
from entity_extract.quantities.spellings import Spellings
from entity_extract.quantities.terms import Term

_AXES_WINDOW: Final = 28  # characters beside a product in which "(L x W x H)" may stand
_MAX_COUNT: Final = 1000  # pieces in a pack
_ROUNDING: Final = 0.05  # 6 x 12 fl oz (2.1 l): what printed totals are rounded by


class Link(Enum):
    """What stands between two neighbouring numbers."""

    TIMES = auto()
    RANGE = auto()
    LIST = auto()
    ALSO = auto()  # a list, whose parts belong to no one product: 3 x 100 W + 50 W
    SIDE = auto()  # the next side by its axis: W30 D20 H10 cm
    SAME = auto()  # the same again in another unit: 10 cm (4 in)


@dataclass(frozen=True, slots=True)
class Member:
    """A term in its chain: the unit it has or shares, its role, and its place in a product."""

    term: Term
    unit: str | None
    role: Kind = Kind.PLAIN
    position: int = 0
    of: int = 1
    axis: str | None = None
    product: int = 0  # which of the chain's products it is a side of
    doubtful: bool = False  # the unit is rather part of another thing's


@dataclass(frozen=True, slots=True)
class Chain:
    """Neighbouring members and the links between them: one link fewer than members."""

    members: tuple[Member, ...]
    links: tuple[Link, ...]

    def of_product(self, product: int) -> list[Member]:
        return [member for member in self.members if member.product == product]

    def span(self, product: int) -> tuple[int, int]:
        """From the first number of a product to the end of its last number or unit."""
        sides = self.of_product(product)
        return sides[0].term.start, max(member.term.unit_end for member in sides)


def place_sides(
    text: str, members: list[Member], links: Sequence[Link], spellings: Spellings
) -> None:
    """Numbers the sides of each product, and names them by an axis sequence beside them."""
    if Link.TIMES not in links:
        return
    bounds = [0, *(i + 1 for i in _breaks(links)), len(members)]
    around = members[0].term.start, members[-1].term.end
    for product, (first, last) in enumerate(pairwise(bounds)):
        sides = list(
            accumulate((link is Link.TIMES for link in links[first : last - 1]), initial=0)
        )
        of = sides[-1] + 1
        axes = _axes_beside(text, around, of, spellings) if spellings.is_length and of > 1 else None
        for i, side in enumerate(sides, start=first):
            if of > 1:
                members[i] = _as_side(members[i], side, of, axes)
            members[i] = replace(members[i], product=product)


def _as_side(member: Member, side: int, of: int, axes: Sequence[str] | None) -> Member:
    ranged = member.role in (Kind.RANGE_LOW, Kind.RANGE_HIGH)
    role = member.role if ranged else Kind.PRODUCT
    axis = axes[side] if axes else member.axis
    return replace(member, role=role, position=side, of=of, axis=axis)


def _breaks(links: Sequence[Link]) -> Iterator[int]:
    """After which members a product ends and another begins.

    The same again in another unit is another product if all of it is repeated, "20 x 30 cm (8 x 12
    in)", and not if each side is: "20 cm (8 in) x 30 cm (12 in)".
    """
    first = 0
    for i, link in enumerate([*links, Link.ALSO]):
        if link in (Link.ALSO, Link.SIDE):
            yield from _repetitions(links, first, i)
            first = i + 1
            if i < len(links):
                yield i


def _repetitions(links: Sequence[Link], first: int, last: int) -> list[int]:
    """The links in links[first:last] between equally many sides, two or more."""
    again = [i for i in range(first, last) if links[i] in (Link.LIST, Link.SAME)]
    runs = [
        sum(link is Link.TIMES for link in links[start:end])
        for start, end in pairwise([first, *again, last])
    ]
    return again if runs[0] > 0 and len(set(runs)) == 1 else []


def _axes_beside(
    text: str, around: tuple[int, int], of: int, spellings: Spellings
) -> list[str] | None:
    """["l", "w", "h"] from "(L x W x H)" right before or after the chain."""
    start, end = around
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
    product = chain.of_product(member.product)
    counts = {other.position: other.term.number for other in product if not other.unit}
    if not counts or len(counts) != member.of - 1 or member.position in counts:
        return 1
    if not all(number.whole and 1 < number.value <= _MAX_COUNT for number in counts.values()):
        return 1
    pieces = 1
    for number in counts.values():
        pieces *= int(number.value)
    return 1 if _is_total(chain, member, pieces, spellings) else pieces


def _is_total(chain: Chain, member: Member, pieces: int, spellings: Spellings) -> bool:
    """Whether `member` says what so many of the quantity before or after it make, one of the two in
    brackets: 12 x 85 g (1.02 kg), 1.2 kg (120 g x 10)."""
    place = chain.members.index(member)
    beside = [
        chain.members[other]
        for other, link in ((place - 1, place - 1), (place + 1, place))
        if 0 <= other < len(chain.members) and chain.links[link] is Link.SAME
    ]
    return any(_make(piece, pieces, member, spellings) for piece in beside)


def _make(piece: Member, pieces: int, member: Member, spellings: Spellings) -> bool:
    if piece.unit is None or member.unit is None:
        return False
    total = pieces * piece.term.number.value * spellings.si[piece.unit]
    return abs(member.term.number.value * spellings.si[member.unit] - total) < _ROUNDING * total
