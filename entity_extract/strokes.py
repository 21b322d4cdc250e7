"""A straight stroke of a picture: a dimension line, or the edge of an object."""

import math
from typing import NamedTuple


class Stroke(NamedTuple):
    """A straight stroke; its ends are in pixels of the upright, full-size picture.

    `thickness` is the width of a drawn line in pixels, blur included; 0 for the edge of an area.
    """

    x0: float
    y0: float
    x1: float
    y1: float
    thickness: float = 0.0

    @property
    def length(self) -> float:
        return math.hypot(self.x1 - self.x0, self.y1 - self.y0)

    @property
    def drawn(self) -> bool:
        """Whether it is a line of its own, and not the edge of an area."""
        return self.thickness > 0
