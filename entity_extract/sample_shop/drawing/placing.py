"""Points and boxes, in pixels of the finished picture; y goes down."""

from collections.abc import Sequence
from typing import NamedTuple

Point = tuple[float, float]


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    @property
    def centre(self) -> Point:
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def inset(self, dx: float, dy: float | None = None) -> "Box":
        dy = dx if dy is None else dy
        return Box(self.left + dx, self.top + dy, self.right - dx, self.bottom - dy)

    def points(self, shares: Sequence[Point]) -> list[Point]:
        """Points given as shares of the box, (0, 0) its left top."""
        return [(self.left + self.width * x, self.top + self.height * y) for x, y in shares]

    def part(self, left: float, top: float, right: float, bottom: float) -> "Box":
        """A part of the box, given as shares of it."""
        (x0, y0), (x1, y1) = self.points([(left, top), (right, bottom)])
        return Box(x0, y0, x1, y1)

    def overlaps(self, other: "Box") -> bool:
        return (
            min(self.right, other.right) - max(self.left, other.left) > 1
            and min(self.bottom, other.bottom) - max(self.top, other.top) > 1
        )
