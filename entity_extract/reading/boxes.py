"""Boxes found on a turned and scaled page, taken back to the upright, full-size picture."""

from typing import NamedTuple


class Turn(NamedTuple):
    """How a page was made: the picture scaled to `page` (width, height), then turned upright.

    `angle` is the clockwise turn of the letters in the picture, so the page was turned back by it.
    """

    angle: int
    page: tuple[int, int]
    image: tuple[int, int]


class Box(NamedTuple):
    """In pixels, from the top left corner."""

    left: int
    top: int
    width: int
    height: int


def upright_box(box: Box, turn: Turn) -> Box:
    """`box` of the page in pixels of the picture; inside it, and 1 pixel at least."""
    left, top, width, height = box
    page_width, page_height = turn.page
    if turn.angle == 90:
        left, top, width, height = page_width - top - height, left, height, width
    elif turn.angle == 180:
        left, top = page_width - left - width, page_height - top - height
    elif turn.angle == 270:
        left, top, width, height = top, page_height - left - width, height, width
    across, down = turn.image[0] / page_width, turn.image[1] / page_height
    x, wide = _span(left * across, width * across, turn.image[0])
    y, high = _span(top * down, height * down, turn.image[1])
    return Box(x, y, wide, high)


def _span(start: float, length: float, limit: int) -> tuple[int, int]:
    first = min(max(round(start), 0), limit - 1)
    last = min(max(round(start + length), first + 1), limit)
    return first, last - first
