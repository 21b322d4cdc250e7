"""Dimension arrows along the sides of a thing, and the texts beside them."""

from typing import NamedTuple

from entity_extract.sample_shop.drawing.canvas import Canvas
from entity_extract.sample_shop.drawing.colours import Colour, mix
from entity_extract.sample_shop.drawing.fonts import Lettering, Typeface, text_width
from entity_extract.sample_shop.drawing.placing import Box, Point


class Style(NamedTuple):
    """How this seller draws arrows."""

    paper: Colour
    ink: Colour
    size: float
    face: Typeface
    upright: bool  # the height's text is turned by 90 degrees
    ticks: bool
    letters: bool  # W, D and H before the figures
    stacked: bool  # inches above centimetres

    @property
    def lettering(self) -> Lettering:
        return self.face.body(self.ink)


def along_bottom(canvas: Canvas, front: Box, lines: list[str], style: Style) -> None:
    y = front.bottom + 34
    _measure(canvas, (front.left, y), (front.right, y), style)
    room = min(front.centre[0], canvas.width - front.centre[0]) * 2 - 30
    canvas.lines(
        front.centre[0],
        y + 10,
        lines,
        style.size,
        style.lettering,
        fit=min(room, front.width + 110),
        leading=1.25,
    )


def along_left(canvas: Canvas, box: Box, lines: list[str], style: Style) -> None:
    x = box.left - 30
    _measure(canvas, (x, box.top), (x, box.bottom), style)
    y = box.centre[1]
    step = style.size * 1.3
    widest = max(text_width(line, style.size, style.lettering) for line in lines)
    for n, line in enumerate(lines):
        if style.upright or widest > x - 24:
            at = x - 12 - step * (len(lines) - 1 - n)
            canvas.text(
                at, y, line, style.size, style.lettering, anchor="rm", angle=90, fit=box.height + 60
            )
        else:
            shift = (n - (len(lines) - 1) / 2) * step
            canvas.text(
                x - 14, y + shift, line, style.size, style.lettering, anchor="rm", fit=x - 24
            )


def along_depth(canvas: Canvas, line: tuple[Point, Point], lines: list[str], style: Style) -> None:
    (x0, y0), (x1, y1) = line
    start, end = (x0 + 16, y0 + 16), (x1 + 16, y1 + 16)
    _measure(canvas, start, end, style)
    x, y = (start[0] + end[0]) / 2 + 14, (start[1] + end[1]) / 2 + 2
    canvas.lines(
        x,
        y,
        lines,
        style.size,
        style.lettering,
        anchor="l",
        fit=canvas.width - x - 12,
        leading=1.25,
    )


def beside(canvas: Canvas, box: Box, entity: str, lines: list[str], style: Style) -> None:
    """A side that cannot be seen from here is named in words, to the right."""
    x, y = box.right + 18, box.centre[1] - style.size * 1.4
    name = {"depth": "Depth", "height": "Thickness"}[entity]
    canvas.lines(
        x,
        y,
        lines if style.letters else [name, *lines],
        style.size,
        style.lettering,
        anchor="l",
        fit=canvas.width - x - 12,
    )


def _measure(canvas: Canvas, start: Point, end: Point, style: Style) -> None:
    colour = mix(style.ink, style.paper, 0.25)
    canvas.arrow(start, end, colour, 1.6, 9)
    if style.ticks:
        across = (0.0, 9.0) if abs(end[0] - start[0]) > abs(end[1] - start[1]) else (9.0, 0.0)
        for x, y in (start, end):
            canvas.line([(x - across[0], y - across[1]), (x + across[0], y + across[1])], colour)
