"""Something to look at in the middle of a label."""

import math
from typing import NamedTuple

from entity_extract.sample_shop.drawing.canvas import Canvas
from entity_extract.sample_shop.drawing.colours import Colour, mix
from entity_extract.sample_shop.drawing.dice import Dice
from entity_extract.sample_shop.drawing.fonts import Typeface
from entity_extract.sample_shop.drawing.placing import Box
from entity_extract.sample_shop.products.products import Palette, Product
from entity_extract.sample_shop.shapes.shapes import SHAPES


class Look(NamedTuple):
    """The label's inks. `patch` is the ground behind the name, where it has one."""

    ink: Colour
    accent: Colour
    patch: Colour | None
    face: Typeface


def portrait(canvas: Canvas, box: Box, product: Product) -> None:
    """What is inside, on a pale disc."""
    size = min(box.width * 0.8, box.height * 0.96)
    x, y = box.centre
    disc = Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2)
    canvas.ellipse(
        disc, mix(product.palette.base, "white", 0.75), mix(product.palette.base, "white", 0.45)
    )
    SHAPES[product.shape](canvas, disc.inset(size * 0.25, size * 0.14), product.palette)


def ornament(canvas: Canvas, box: Box, palette: Palette, look: Look, dice: Dice) -> None:
    """Something to look at: leaves, sun rays, waves or a heap of the goods."""
    if box.height < 20:
        return
    kind = dice.pick(("leaves", "rays", "waves", "heap"))
    x, y = box.centre
    size = min(box.width, box.height * 1.35)
    tint = mix(look.accent, palette.base, 0.25)
    if kind == "rays":
        for n in range(16):
            angle = n * math.pi / 8
            reach = size * (0.36 if n % 2 else 0.28)
            canvas.line(
                [(x, y), (x + reach * math.cos(angle), y + reach * math.sin(angle))], tint, 3
            )
        canvas.ellipse(
            Box(x - size * 0.2, y - size * 0.2, x + size * 0.2, y + size * 0.2),
            look.accent,
            mix(look.accent, "black", 0.25),
            "round",
        )
    elif kind == "waves":
        for n in range(3):
            top = box.top + box.height * (0.2 + 0.25 * n)
            points = [
                (
                    box.left + box.width * t / 40,
                    top + box.height * 0.09 * math.sin(t / 40 * 4 * math.pi + n),
                )
                for t in range(41)
            ]
            canvas.line(points, mix(tint, palette.deep, n * 0.25), max(3.0, box.height * 0.06))
    else:
        _scatter(canvas, box, tint, look, dice, leaves=kind == "leaves")


def _scatter(
    canvas: Canvas, box: Box, tint: Colour, look: Look, dice: Dice, *, leaves: bool
) -> None:
    size = min(box.width * 0.26, box.height * 0.42)
    for n in range(9 if leaves else 14):
        x = box.centre[0] + (dice.between(-0.3, 0.3)) * box.width
        y = box.bottom - size * 0.6 - dice.between(0, 0.45) * (box.height - size)
        shade = mix(tint, "black" if n % 2 else "white", 0.2)
        if leaves:
            lean = dice.between(-0.5, 0.5) * size
            canvas.polygon(
                [
                    (x, y + size / 2),
                    (x - size * 0.24 + lean / 2, y),
                    (x + lean, y - size / 2),
                    (x + size * 0.24 + lean / 2, y),
                ],
                shade,
                mix(shade, "black", 0.25),
            )
        else:
            half = size * dice.between(0.22, 0.36)
            canvas.ellipse(
                Box(x - half, y - half, x + half, y + half),
                shade,
                mix(shade, "black", 0.35),
                "round",
            )
