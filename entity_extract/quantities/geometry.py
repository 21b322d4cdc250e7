"""Boxes in the direction of reading, whatever the angle at which the letters stand."""

from collections.abc import Iterable
from typing import NamedTuple

from entity_extract.records import Word


class Box(NamedTuple):
    """Pixels of the upright picture."""

    left: int
    top: int
    width: int
    height: int


class Span(NamedTuple):
    """A box turned so that its letters are upright: text runs along `start`, lines along `top`.

    Units are pixels; the origin differs between angles, so compare spans of one angle only.
    """

    start: float
    end: float
    top: float
    bottom: float

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


def span(word: Word) -> Span:
    """`word.angle` is clockwise: at 90 letters read from top to bottom, lines go leftwards."""
    left, top, width, height, angle = word.left, word.top, word.width, word.height, word.angle
    right, bottom = left + width, top + height
    if angle == 90:
        return Span(top, bottom, -right, -left)
    if angle == 180:
        return Span(-right, -left, -bottom, -top)
    if angle == 270:
        return Span(-bottom, -top, left, right)
    return Span(left, right, top, bottom)


def union_span(spans: Iterable[Span]) -> Span:
    """The smallest span around all; raises ValueError for none."""
    starts, ends, tops, bottoms = zip(*spans, strict=True)
    return Span(min(starts), max(ends), min(tops), max(bottoms))


def union_box(words: Iterable[Word]) -> Box:
    """The smallest upright box around all; raises ValueError for none."""
    boxes = [(w.left, w.top, w.left + w.width, w.top + w.height) for w in words]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    left, top = min(lefts), min(tops)
    return Box(left, top, max(rights) - left, max(bottoms) - top)


def same_place(one: Box, other: Box) -> bool:
    """Whether two boxes share more than half of the smaller one."""
    across = min(one.left + one.width, other.left + other.width) - max(one.left, other.left)
    down = min(one.top + one.height, other.top + other.height) - max(one.top, other.top)
    if across <= 0 or down <= 0:
        return False
    smaller = min(one.width * one.height, other.width * other.height)
    return across * down > smaller / 2


def overlap(one: Span, other: Span) -> float:
    """Pixels of height that two spans share; negative where there is a gap."""
    return min(one.bottom, other.bottom) - max(one.top, other.top)
