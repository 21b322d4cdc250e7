"""What is printed on a package: brand, name, ornament, claims and the quantities."""

from entity_extract.sample_shop.drawing.canvas import Canvas
from entity_extract.sample_shop.drawing.colours import luminance, mix
from entity_extract.sample_shop.drawing.dice import Dice
from entity_extract.sample_shop.drawing.placing import Box
from entity_extract.sample_shop.drawing.printed import Printed, headed
from entity_extract.sample_shop.products.products import Product
from entity_extract.sample_shop.shapes.ornaments import Look, ornament, portrait

_NET = {
    "item_weight": ("NET WT", "Net Wt.", "NET WEIGHT", "Net Weight:", "e", "NET WT."),
    "item_volume": ("NET CONTENTS", "Net.", "VOL", "Volume:", "Contents:"),
}
_DISTRACTIONS = (
    "Serving size 30 g",
    "Per serving: 120 calories",
    "Best before 2026",
    "12 g fiber",
    "Since 1968",
    "Batch 20417",
    "Family recipe No. 7",
    "2 scoops = 25 g",
    "Made in small batches",
)


def _look(product: Product, paper: bool, dice: Dice) -> Look:
    palette = product.palette
    pale = luminance(palette.base) > 0.7
    if paper or pale:
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
    shown = claims[: max(0, int((room - wide * 0.42) / (size * 1.5)))]
    if room > wide * 0.24:
        space = Box(box.left, y, box.right, bottom - len(shown) * size * 1.5 - 8)
        if product.category.shapes:
            portrait(canvas, space, product)
        else:
            ornament(canvas, space.inset(wide * 0.05, 6), product.palette, look, dice)
        y = space.bottom
    _claims(canvas, box._replace(top=y), shown, size, look, dice)
    return said


def _brand(canvas: Canvas, box: Box, product: Product, look: Look) -> float:
    size = box.width * 0.1
    y = box.top + size * 0.9
    canvas.text(
        box.centre[0],
        y,
        product.brand.upper(),
        size,
        look.face.head(look.accent),
        fit=box.width * 0.72,
    )
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
    y = canvas.lines(
        box.centre[0],
        box.top + size * 0.12,
        lines,
        size,
        look.face.head(ink),
        fit=box.width * 0.94,
        leading=1.18,
    )
    y = canvas.lines(
        box.centre[0],
        y,
        [product.variant],
        size * 0.45,
        look.face.body(ink),
        fit=box.width * 0.9,
        leading=1.5,
    )
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
        canvas.text(
            box.centre[0], y, what.text, size, look.face.head(look.ink), fit=box.width * 0.96
        )
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
        canvas.text(
            x,
            y - size * 0.7,
            claim,
            size,
            look.face.body(look.ink),
            anchor="mm" if centred else "lm",
            fit=box.width * 0.86,
        )
