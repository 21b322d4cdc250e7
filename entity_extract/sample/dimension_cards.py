"""Dimension pictures: the product's silhouette with arrows along its sides."""

from typing import NamedTuple

from entity_extract.sample.canvas import (
    Box,
    Canvas,
    Colour,
    Drawn,
    Point,
    luminance,
    mix,
    rgb,
    text_width,
)
from entity_extract.sample.dice import Dice
from entity_extract.sample.fonts import PLAIN_TYPEFACES, Typeface
from entity_extract.sample.printed import Printed, headed
from entity_extract.sample.products import Product
from entity_extract.sample.shapes import SHAPES

_TITLES = ("Product Size", "PRODUCT DIMENSIONS", "Dimensions", "SIZE CHART", "Size Details")
_NOTES = (
    "Please allow 1-3 cm deviation due to manual measurement.",
    "Note: 1 inch = 2.54 cm",
    "*All sizes are approximate",
    "Designed in 2021. Colors may vary slightly.",
)
_LETTERS = {"width": ("W", "Width"), "depth": ("D", "L", "Depth"), "height": ("H", "Height")}
_LOADS = ("Max load", "Load capacity:", "Holds up to", "MAX WEIGHT", "Weight limit")
_WEIGHTS = ("Weight:", "Item weight", "Net weight", "N.W.")
_FLAT = ("rug",)  # seen from above: what goes down the picture is its length
_ROOM = {"left": 150, "right": 175, "bottom": 135}


class Style(NamedTuple):
    """How this seller draws arrows."""

    paper: Colour
    ink: Colour
    size: float
    face: Typeface
    upright: bool  # the height's text is turned by 90 degrees
    ticks: bool
    letters: bool


def _style(product: Product, dice: Dice) -> Style:
    paper = dice.pick(
        (rgb("white"), rgb("#f4f4f2"), product.palette.paper, product.palette.ink),
        weights=(60, 12, 20, 8),
    )
    dark = luminance(paper) < 0.5
    ink = rgb("#f4f4f4") if dark else dice.pick((rgb("#1c1c1c"), rgb("#444444"), rgb("#c05621")))
    return Style(
        paper=paper,
        ink=ink,
        size=dice.pick((15, 19, 22, 25, 29)),
        face=dice.pick(PLAIN_TYPEFACES),
        upright=dice.chance(0.55),
        ticks=dice.chance(0.5),
        letters=dice.chance(0.3),
    )


def dimension_card(product: Product, wanted: str, dice: Dice) -> Drawn:
    """All three sides where there is room, and always the `wanted` one."""
    style = _style(product, dice)
    canvas = Canvas(*dice.pick(((800, 800), (720, 840), (880, 720), (640, 640))), style.paper)
    said: dict[str, Printed] = {}
    top = _title(canvas, product, style, dice)
    bottom = canvas.height - _footer(canvas, product, wanted, style, dice, said) - _ROOM["bottom"]
    box = _object_box(product, Box(_ROOM["left"], top, canvas.width - _ROOM["right"], bottom))
    flat = product.shape in _FLAT
    canvas.shadow(Box(box.left, box.bottom - 10, box.right - 8, box.bottom + 14), 0.3)
    depth_line = SHAPES[product.shape](canvas, box, product.palette)
    front = box if depth_line is None else box._replace(right=depth_line[0][0])
    _along_bottom(canvas, front, _say("width", product, style, dice, said), style)
    upright = "depth" if flat else "height"
    _along_left(canvas, box, _say(upright, product, style, dice, said), style)
    if depth_line is not None and (wanted == "depth" or dice.chance(0.8)):
        _along_depth(canvas, depth_line, _say("depth", product, style, dice, said), style)
    rest = "height" if flat else "depth"
    if rest not in said and (wanted == rest or dice.chance(0.3)):
        _beside(canvas, box, rest, _say(rest, product, style, dice, said), style)
    return Drawn(canvas, said, canvas.finished().convert("RGB"))


def _title(canvas: Canvas, product: Product, style: Style, dice: Dice) -> float:
    """Returns the y below which there is room."""
    if not dice.chance(0.6):
        return 50
    text = dice.pick((*_TITLES, product.noun, product.title))
    canvas.text(
        canvas.width / 2, 48, text, dice.pick((26, 30, 36)), face=style.face.head,
        fill=style.ink, fit=canvas.width - 80, squeeze=style.face.squeeze,
    )  # fmt: skip
    if dice.chance(0.4):
        canvas.rectangle(Box(canvas.width / 2 - 40, 78, canvas.width / 2 + 40, 81),
                         product.palette.accent)  # fmt: skip
    return 105


def _footer(
    canvas: Canvas, product: Product, wanted: str, style: Style, dice: Dice,
    said: dict[str, Printed],
) -> float:  # fmt: skip
    """A line of small print, or the weight or load; returns the height it takes."""
    lines = [dice.pick(_NOTES)] if dice.chance(0.3) else []
    for entity, heads in (("maximum_weight_recommendation", _LOADS), ("item_weight", _WEIGHTS)):
        if entity in product.printed and (wanted == entity or dice.chance(0.25)):
            said[entity] = headed(heads, dice, product.printed[entity])
            lines.insert(0, said[entity].text)
    y: float = canvas.height - 24.0
    for line in reversed(lines):
        size = 14 if line in _NOTES else style.size
        canvas.text(canvas.width / 2, y, line, size, face=style.face.body, fill=style.ink,
                    fit=canvas.width - 60, squeeze=style.face.squeeze)  # fmt: skip
        y -= style.size + 16
    return canvas.height - 24 - y


def _object_box(product: Product, room: Box) -> Box:
    """As large as `room` allows, in the product's own proportions within reason."""
    if product.category.size is None:
        ratio = {"dumbbell": 2.0, "panel": 1.3, "bulb": 0.62}.get(product.shape, 0.95)
    else:
        upright = "depth" if product.shape in _FLAT else "height"
        across, down = product.quantities["width"].amount, product.quantities[upright].amount
        ratio = min(2.2, max(0.5, float(across / down)))
    if product.shape in ("clock", "plate", "kettlebell"):
        ratio = 1.0
    width = min(room.width, room.height * ratio)
    height = min(room.height, width / ratio)
    x, y = room.centre
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _say(
    entity: str, product: Product, style: Style, dice: Dice, said: dict[str, Printed]
) -> list[str]:
    """The lines to write for the entity, noted in `said`."""
    text, says = product.printed[entity]
    if style.letters:
        letter = dice.pick(_LETTERS[entity])
        text = f"{letter}: {text}" if len(letter) > 1 else f"{letter} {text}"
    lines = text.split(" / ") if not style.letters and len(text) > 12 else [text]
    said[entity] = Printed("\n".join(lines), says)
    return lines


def _along_bottom(canvas: Canvas, front: Box, lines: list[str], style: Style) -> None:
    y = front.bottom + 34
    _measure(canvas, (front.left, y), (front.right, y), style)
    room = min(front.centre[0], canvas.width - front.centre[0]) * 2 - 30
    canvas.lines(front.centre[0], y + 10, lines, style.size, face=style.face.body, fill=style.ink,
                 fit=min(room, front.width + 110), squeeze=style.face.squeeze, leading=1.25)  # fmt: skip


def _along_left(canvas: Canvas, box: Box, lines: list[str], style: Style) -> None:
    x = box.left - 30
    _measure(canvas, (x, box.top), (x, box.bottom), style)
    y = box.centre[1]
    step = style.size * 1.3
    widest = max(
        text_width(line, style.size, style.face.body, style.face.squeeze) for line in lines
    )
    for n, line in enumerate(lines):
        if style.upright or widest > x - 24:
            at = x - 12 - step * (len(lines) - 1 - n)
            canvas.text(at, y, line, style.size, face=style.face.body, fill=style.ink,
                        anchor="rm", angle=90, fit=box.height + 60, squeeze=style.face.squeeze)  # fmt: skip
        else:
            shift = (n - (len(lines) - 1) / 2) * step
            canvas.text(x - 14, y + shift, line, style.size, face=style.face.body, fill=style.ink,
                        anchor="rm", fit=x - 24, squeeze=style.face.squeeze)  # fmt: skip


def _along_depth(canvas: Canvas, line: tuple[Point, Point], lines: list[str], style: Style) -> None:
    (x0, y0), (x1, y1) = line
    start, end = (x0 + 16, y0 + 16), (x1 + 16, y1 + 16)
    _measure(canvas, start, end, style)
    x, y = (start[0] + end[0]) / 2 + 14, (start[1] + end[1]) / 2 + 2
    canvas.lines(x, y, lines, style.size, face=style.face.body, fill=style.ink, anchor="l",
                 fit=canvas.width - x - 12, squeeze=style.face.squeeze, leading=1.25)  # fmt: skip


def _beside(canvas: Canvas, box: Box, entity: str, lines: list[str], style: Style) -> None:
    """A side that cannot be seen from here is named in words, to the right."""
    x, y = box.right + 18, box.centre[1] - style.size * 1.4
    name = {"depth": "Depth", "height": "Thickness"}[entity]
    canvas.lines(x, y, lines if style.letters else [name, *lines], style.size,
                 face=style.face.body, fill=style.ink, anchor="l", fit=canvas.width - x - 12,
                 squeeze=style.face.squeeze)  # fmt: skip


def _measure(canvas: Canvas, start: Point, end: Point, style: Style) -> None:
    colour = mix(style.ink, style.paper, 0.25)
    canvas.arrow(start, end, colour, 1.6, 9)
    if style.ticks:
        across = (0.0, 9.0) if abs(end[0] - start[0]) > abs(end[1] - start[1]) else (9.0, 0.0)
        for x, y in (start, end):
            canvas.line([(x - across[0], y - across[1]), (x + across[0], y + across[1])], colour)
