"""Tables of specifications, alone or beside the product."""

from entity_extract.sample_shop.drawing.canvas import Canvas, Drawn
from entity_extract.sample_shop.drawing.colours import luminance, mix, rgb
from entity_extract.sample_shop.drawing.dice import Dice
from entity_extract.sample_shop.drawing.fonts import PLAIN_TYPEFACES, Typeface
from entity_extract.sample_shop.drawing.placing import Box
from entity_extract.sample_shop.drawing.printed import Printed
from entity_extract.sample_shop.products.facts import CAPTIONS, other_facts
from entity_extract.sample_shop.products.products import Product
from entity_extract.sample_shop.shapes.shapes import SHAPES

_TITLES = ("Specifications", "SPECIFICATION", "Product Details", "Technical Data", "PARAMETERS")


def table_card(product: Product, wanted: str, dice: Dice) -> Drawn:
    """A titled table; a portrait of the product above it where there is room."""
    rows, said = _rows(product, wanted, dice)
    face = dice.pick(PLAIN_TYPEFACES)
    step = dice.pick((38, 46, 54))
    portrait = 260 if product.category.shapes and dice.chance(0.6) else 0
    width = dice.pick((640, 760, 880))
    dark = dice.chance(0.18)
    paper = product.palette.ink if dark else dice.pick((rgb("white"), product.palette.paper))
    canvas = Canvas(width, 120 + portrait + step * len(rows) + 40, paper)
    _heading(canvas, product, dice.pick((*_TITLES, product.noun)), face)
    if portrait:
        box = Box(width / 2 - 105, 112, width / 2 + 105, 112 + portrait - 40)
        canvas.shadow(Box(box.left, box.bottom - 8, box.right, box.bottom + 10), 0.3)
        SHAPES[product.shape](canvas, box, product.palette)
    table = Box(36, 100 + portrait, width - 36, 100 + portrait + step * len(rows))
    _grid(canvas, table, rows, striped=dice.chance(0.7), dark=dark, product=product)
    ink = "#f2f2f2" if dark else "#222222"
    split = table.left + table.width * dice.between(0.42, 0.5)
    for n, (name, value) in enumerate(rows):
        y, size = table.top + step * (n + 0.5), step * 0.4
        canvas.text(
            table.left + 14, y, name, size, face.body(ink), anchor="lm", fit=split - table.left - 28
        )
        canvas.text(
            split + 12, y, value, size, face.head(ink), anchor="lm", fit=table.right - split - 24
        )
    return Drawn(canvas, said, canvas.finished().convert("RGB"))


def _rows(
    product: Product, wanted: str, dice: Dice
) -> tuple[list[tuple[str, str]], dict[str, Printed]]:
    said = {
        entity: what
        for entity, what in product.printed.items()
        if entity == wanted or dice.chance(0.75)
    }
    rows = [(dice.pick(CAPTIONS[entity]), what.text) for entity, what in said.items()]
    rows += other_facts(product, dice, dice.whole(3, 5))
    return dice.several(rows, len(rows)), said


def _heading(canvas: Canvas, product: Product, title: str, face: Typeface) -> None:
    band = product.palette.base
    canvas.rectangle(Box(0, 0, canvas.width, 80), band, product.palette.deep)
    ink = "#1c1c1c" if luminance(band) > 0.6 else "white"
    canvas.text(canvas.width / 2, 41, title, 32, face.head(ink), fit=canvas.width - 80)


def _grid(
    canvas: Canvas,
    table: Box,
    rows: list[tuple[str, str]],
    *,
    striped: bool,
    dark: bool,
    product: Product,
) -> None:
    ground = product.palette.ink if dark else rgb("white")
    line = mix(ground, "white" if dark else "black", 0.25)
    step = table.height / len(rows)
    for n in range(len(rows)):
        top = table.top + n * step
        row = Box(table.left, top, table.right, top + step)
        if striped and n % 2 == 0:
            canvas.rectangle(row, mix(ground, product.palette.base, 0.2))
        canvas.line([(row.left, row.bottom), (row.right, row.bottom)], line, 1)
    canvas.frame(table, line, 1)
