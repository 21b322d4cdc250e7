"""Infographics: coloured bands, light text on dark ground, figures in bubbles."""

from entity_extract.sample_shop.drawing.canvas import Canvas, Drawn
from entity_extract.sample_shop.drawing.colours import Colour, luminance, mix
from entity_extract.sample_shop.drawing.dice import Dice
from entity_extract.sample_shop.drawing.placing import Box
from entity_extract.sample_shop.drawing.printed import stacked
from entity_extract.sample_shop.products.facts import CAPTIONS
from entity_extract.sample_shop.products.products import Product
from entity_extract.sample_shop.shapes.packs import PACKS
from entity_extract.sample_shop.shapes.shapes import SHAPES

_SLOGANS = (
    "Built to Last",
    "Made for Everyday",
    "Premium Quality",
    "Why You'll Love It",
    "More Power",
    "Upgraded 2023 Version",
    "Save Up To 85%",
    "100% Satisfaction",
    "Small Size, Big Help",
)
_RATIOS = {"dumbbell": 1.8, "bench": 1.5, "table": 1.3, "desk": 1.3, "bulb": 0.65}


def infographic_card(product: Product, wanted: str, dice: Dice) -> Drawn:
    """A headline band, the product, and a column or a row of figures."""
    palette = product.palette
    canvas = Canvas(
        *dice.pick(((800, 800), (760, 900), (900, 760))), mix(palette.base, "white", 0.8)
    )
    canvas.rectangle(
        canvas.box, mix(palette.base, "white", 0.88), mix(palette.base, "white", 0.55), "down"
    )
    top = _headline(canvas, product, dice)
    foot = _foot(canvas, product)
    room = Box(40, top + 24, canvas.width - 40, foot - 24)
    chosen = [e for e in product.printed if e == wanted or dice.chance(0.6)][-4:]
    chosen = chosen if wanted in chosen or wanted not in product.printed else [wanted, *chosen[1:]]
    said = {entity: stacked(product.printed[entity]) for entity in chosen}
    facts = [(dice.pick(CAPTIONS[entity]), what.text) for entity, what in said.items()]
    facts += [("", claim) for claim in product.claims][: max(0, 3 - len(facts))]
    if dice.chance(0.5):
        bubbles = room._replace(top=room.bottom - 170)
        thing, across = room._replace(bottom=room.bottom - 190), True
    else:
        bubbles = room._replace(left=room.right - 270)
        thing, across = room._replace(right=room.right - 290), False
    _thing(canvas, thing, product, dice)
    _figures(canvas, bubbles, facts, product, across=across, discs=dice.chance(0.55))
    return Drawn(canvas, said, canvas.finished().convert("RGB"))


def _ink_on(ground: Colour) -> Colour:
    return (28, 28, 30) if luminance(ground) > 0.6 else (255, 255, 255)


def _headline(canvas: Canvas, product: Product, dice: Dice) -> float:
    palette, face = product.palette, product.typeface
    height = 128
    if dice.chance(0.4):
        canvas.polygon(
            [(0, 0), (canvas.width, 0), (canvas.width, height - 22), (0, height + 22)],
            palette.base,
            palette.deep,
        )
        height += 10
    else:
        canvas.rectangle(Box(0, 0, canvas.width, height), palette.base, palette.deep)
    ink = _ink_on(palette.base)
    canvas.text(
        canvas.width / 2,
        46,
        dice.pick((*_SLOGANS, product.noun)).upper(),
        38,
        face.head(ink),
        fit=canvas.width - 60,
    )
    canvas.text(canvas.width / 2, 90, product.title, 22, face.body(ink), fit=canvas.width - 100)
    return height


def _foot(canvas: Canvas, product: Product) -> float:
    top = canvas.height - 52
    canvas.rectangle(Box(0, top, canvas.width, canvas.height), product.palette.deep)
    line = "   |   ".join((*product.claims[:2], product.brand))
    canvas.text(
        canvas.width / 2,
        top + 26,
        line,
        18,
        product.typeface.body(_ink_on(product.palette.deep)),
        fit=canvas.width - 60,
    )
    return top


def _thing(canvas: Canvas, room: Box, product: Product, dice: Dice) -> None:
    """The product itself, or its package with no more than its name on it."""
    if product.category.shapes:
        box = _stage(canvas, room, product, _RATIOS.get(product.shape, 0.95))
        SHAPES[product.shape](canvas, box, product.palette)
        return
    draw, ratio, paper = PACKS[dice.pick(product.category.packs)]
    label = draw(canvas, _stage(canvas, room, product, ratio), product.palette)
    face, (x, y) = product.typeface, label.centre
    ink = product.palette.ink if paper else _ink_on(product.palette.base)
    canvas.text(x, y - label.width * 0.2, product.brand, label.width * 0.12, face.body(ink))
    canvas.text(x, y, product.noun, label.width * 0.16, face.head(ink), fit=label.width * 0.9)


def _stage(canvas: Canvas, room: Box, product: Product, ratio: float) -> Box:
    """A pale disc with a shadow on it; returns the box, width / height = `ratio`, to draw into."""
    width = min(room.width * 0.9, room.height * 0.92 * ratio)
    height, (x, y) = width / ratio, room.centre
    disc = Box(x - width * 0.62, y - height * 0.5, x + width * 0.62, y + height * 0.56)
    canvas.ellipse(disc, mix(product.palette.base, "white", 0.93))
    box = Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    canvas.shadow(Box(box.left, box.bottom - 12, box.right, box.bottom + 14), 0.35, 12)
    return box


def _figures(
    canvas: Canvas,
    room: Box,
    facts: list[tuple[str, str]],
    product: Product,
    *,
    across: bool,
    discs: bool,
) -> None:
    for n, (caption, value) in enumerate(facts):
        a, b = n / len(facts), (n + 1) / len(facts)
        cell = room.part(a, 0, b, 1) if across else room.part(0, a, 1, b)
        _figure(canvas, cell.inset(8), caption, value, product, disc=discs)


def _figure(
    canvas: Canvas, cell: Box, caption: str, value: str, product: Product, *, disc: bool
) -> None:
    """A figure with its caption, on a disc or a card."""
    x, y = cell.centre
    half = min(cell.width, cell.height) / 2
    ground = product.palette.deep if disc else mix(product.palette.paper, "white", 0.4)
    if disc:
        cell = Box(x - half, y - half, x + half, y + half)
        canvas.ellipse(cell, product.palette.base, ground, "down")
        canvas.ring(cell.inset(5), mix(ground, "white", 0.6), 1.5)
    else:
        cell = Box(cell.left, y - min(half, 62), cell.right, y + min(half, 62))
        canvas.rectangle(cell, ground, radius=12)
        canvas.rectangle(cell._replace(right=cell.left + 7), product.palette.accent)
    ink = _ink_on(mix(product.palette.base, ground, 0.5) if disc else ground)
    face, fit = product.typeface, cell.width * (0.82 if disc else 0.86)
    lines = value.split("\n")
    size = min(34.0, cell.height * (0.25 if len(lines) == 1 else 0.2))
    rows = len(lines) * 1.15 + (0.75 if caption else 0)
    below = canvas.lines(x, y - size * rows / 2, lines, size, face.head(ink), fit=fit, leading=1.15)
    if caption:
        canvas.text(x, below + size * 0.4, caption, size * 0.56, face.body(ink), fit=fit * 0.86)
