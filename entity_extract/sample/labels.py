"""What is printed on a package: brand, name, ornament, claims and the quantities."""

import math
from typing import NamedTuple

from entity_extract.sample.canvas import Box, Canvas, Colour, luminance, mix
from entity_extract.sample.dice import Dice
from entity_extract.sample.fonts import Typeface
from entity_extract.sample.printed import Printed, headed
from entity_extract.sample.products import Palette, Product
from entity_extract.sample.shapes import SHAPES

_NET = {
    "item_weight": ("NET WT", "Net Wt.", "NET WEIGHT", "Net Weight:", "e", "NET WT."),
    "item_volume": ("NET CONTENTS", "Net.", "VOL", "Volume:", "Contents:"),
}
_DISTRACTIONS = (
    "Serving size 30 g", "Per serving: 120 calories", "Best before 2026", "12 g fiber",
    "Since 1968", "Batch 20417", "Family recipe No. 7", "2 scoops = 25 g", "Made in small batches",
)  # fmt: skip


class Look(NamedTuple):
    """The label's inks. `patch` is the ground behind the name, where it has one."""

    ink: Colour
    accent: Colour
    patch: Colour | None
    face: Typeface


def _look(product: Product, paper: bool, dice: Dice) -> Look:
    palette = product.palette
    if paper or luminance(palette.base) > 0.7:
        pale = luminance(palette.base) > 0.7
        return Look(palette.ink, palette.accent if pale else palette.base, None, product.typeface)
    patch = palette.paper if dice.chance(0.35) else None
    return Look(mix(palette.paper, "white", 0.5), palette.accent, patch, product.typeface)


def draw_label(
    canvas: Canvas, box: Box, product: Product, *, paper: bool, dice: Dice
) -> dict[str, Printed]:
    """Fills the box from the top down, the quantities last; returns what it states."""
    look = _look(product, paper, dice)
    wide = box.width
    y = _brand(canvas, box, product, look)
    bottom, said = _quantities(canvas, box, product, look, dice)
    y = _name(canvas, box._replace(top=y), product, look)
    claims = list(product.claims) + ([product.count] if product.count else [])
    if dice.chance(0.4):
        claims.append(dice.pick(_DISTRACTIONS))
    size = max(11.0, wide * 0.05)
    room = bottom - y
    shown = claims[: max(0, int((room - wide * 0.34) / (size * 1.5)))]
    if room > wide * 0.34:
        ornament = Box(box.left, y, box.right, bottom - len(shown) * size * 1.5 - 8)
        if product.category.shapes:
            _portrait(canvas, ornament, product)
        else:
            _ornament(canvas, ornament.inset(wide * 0.05, 6), product.palette, look, dice)
        y = ornament.bottom
    _claims(canvas, box._replace(top=y), shown, size, look, dice)
    return said


def _brand(canvas: Canvas, box: Box, product: Product, look: Look) -> float:
    size = box.width * 0.1
    y = box.top + size * 0.9
    canvas.text(box.centre[0], y, product.brand.upper(), size, face=look.face.head, fill=look.accent,
                fit=box.width * 0.72, squeeze=look.face.squeeze)  # fmt: skip
    y += size * 0.75
    x0, x1 = box.points([(0.3, 0), (0.7, 0)])
    canvas.rectangle(Box(x0[0], y, x1[0], y + 1.5), look.accent)
    return y + size * 0.35


def _name(canvas: Canvas, box: Box, product: Product, look: Look) -> float:
    """The noun in two lines, large, and the variant under it."""
    lines = _two_lines(product.noun)
    size = box.width * (0.19 if max(map(len, lines)) <= 9 else 0.155)
    ink = look.ink
    if look.patch is not None:
        patch = box._replace(bottom=box.top + size * (len(lines) * 1.2 + 0.9))
        canvas.rectangle(patch, look.patch, radius=8)
        ink = product.palette.ink
    y = canvas.lines(box.centre[0], box.top + size * 0.12, lines, size, face=look.face.head, fill=ink,
                     fit=box.width * 0.94, squeeze=look.face.squeeze, leading=1.18)  # fmt: skip
    y = canvas.lines(box.centre[0], y, [product.variant], size * 0.45, face=look.face.body, fill=ink,
                     fit=box.width * 0.9, squeeze=look.face.squeeze, leading=1.5)  # fmt: skip
    return y + 4


def _two_lines(name: str) -> list[str]:
    words = name.split()
    return [name] if len(words) == 1 else [words[0], " ".join(words[1:])]


def _quantities(
    canvas: Canvas, box: Box, product: Product, look: Look, dice: Dice
) -> tuple[float, dict[str, Printed]]:
    """Along the foot of the label; returns the y above them."""
    size = box.width * dice.pick((0.062, 0.075, 0.09))
    y = box.bottom - size
    said: dict[str, Printed] = {}
    for entity in ("wattage", "voltage", "item_volume", "item_weight"):
        if entity not in product.printed:
            continue
        what = product.printed[entity]
        if (
            entity in _NET
            and dice.chance(0.75)
            and what.says[0].unit not in ("milligram", "microgram")
        ):
            what = headed(_NET[entity], dice, what)
        canvas.text(box.centre[0], y, what.text, size, face=look.face.head, fill=look.ink,
                    fit=box.width * 0.96, squeeze=look.face.squeeze)  # fmt: skip
        said[entity] = what
        y -= size * 1.5
    return y + size * 0.3, said


def _claims(
    canvas: Canvas, box: Box, claims: list[str], size: float, look: Look, dice: Dice
) -> None:
    centred = dice.chance(0.5)
    x = box.centre[0] if centred else box.left + size * 1.6
    y = box.top
    for claim in claims:
        y += size * 1.5
        if not centred:
            dot = Box(x - size * 1.1, y - size * 0.95, x - size * 0.6, y - size * 0.45)
            canvas.ellipse(dot, look.accent)
        canvas.text(x, y - size * 0.7, claim, size, face=look.face.body, fill=look.ink,
                    anchor="mm" if centred else "lm", fit=box.width * 0.86,
                    squeeze=look.face.squeeze)  # fmt: skip


def _portrait(canvas: Canvas, box: Box, product: Product) -> None:
    """What is inside, on a pale disc."""
    size = min(box.width * 0.8, box.height * 0.96)
    x, y = box.centre
    disc = Box(x - size / 2, y - size / 2, x + size / 2, y + size / 2)
    canvas.ellipse(
        disc, mix(product.palette.base, "white", 0.75), mix(product.palette.base, "white", 0.45)
    )
    SHAPES[product.shape](canvas, disc.inset(size * 0.25, size * 0.14), product.palette)


def _ornament(canvas: Canvas, box: Box, palette: Palette, look: Look, dice: Dice) -> None:
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
        canvas.ellipse(Box(x - size * 0.2, y - size * 0.2, x + size * 0.2, y + size * 0.2),
                       look.accent, mix(look.accent, "black", 0.25), "round")  # fmt: skip
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
                [(x, y + size / 2), (x - size * 0.24 + lean / 2, y), (x + lean, y - size / 2),
                 (x + size * 0.24 + lean / 2, y)], shade, mix(shade, "black", 0.25),
            )  # fmt: skip
        else:
            half = size * dice.between(0.22, 0.36)
            canvas.ellipse(Box(x - half, y - half, x + half, y + half), shade,
                           mix(shade, "black", 0.35), "round")  # fmt: skip
