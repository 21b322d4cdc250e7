"""Dimension pictures: the product's silhouette with arrows along its sides."""

from PIL import Image

from entity_extract.sample_shop.drawing import effects
from entity_extract.sample_shop.drawing.arrows import (
    Style,
    along_bottom,
    along_depth,
    along_left,
    beside,
)
from entity_extract.sample_shop.drawing.canvas import Canvas, Drawn
from entity_extract.sample_shop.drawing.colours import luminance, rgb
from entity_extract.sample_shop.drawing.dice import Dice
from entity_extract.sample_shop.drawing.fonts import PLAIN_TYPEFACES
from entity_extract.sample_shop.drawing.placing import Box
from entity_extract.sample_shop.drawing.printed import Printed, headed, stacked
from entity_extract.sample_shop.products.products import Product
from entity_extract.sample_shop.shapes.shapes import SHAPES

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
# Shapes that look wrong when stretched: width / height.
_RATIOS = {
    "dumbbell": 2.0,
    "panel": 1.3,
    "bulb": 0.62,
    "clock": 1.0,
    "plate": 1.0,
    "kettlebell": 1.0,
    "charm": 0.8,
    "knob": 0.95,
    "kettle": 0.95,
}
_ROOM = {"left": 150, "right": 175, "bottom": 135}


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
        stacked=dice.chance(0.6),
    )


def dimension_card(product: Product, wanted: str, dice: Dice) -> Drawn:
    """All three sides where there is room, and always the `wanted` one."""
    style = _style(product, dice)
    canvas = Canvas(*dice.pick(((800, 800), (720, 840), (880, 720), (640, 640))))
    said: dict[str, Printed] = {}
    top = _title(canvas, product, style, dice)
    bottom = canvas.height - _footer(canvas, product, wanted, style, dice, said) - _ROOM["bottom"]
    box = _object_box(product, Box(_ROOM["left"], top, canvas.width - _ROOM["right"], bottom))
    flat = product.shape in _FLAT
    canvas.shadow(Box(box.left, box.bottom - 10, box.right - 8, box.bottom + 14), 0.3)
    depth_line = SHAPES[product.shape](canvas, box, product.palette)
    front = box if depth_line is None else box._replace(right=depth_line[0][0])
    along_bottom(canvas, front, _say("width", product, style, dice, said), style)
    upright = "depth" if flat else "height"
    along_left(canvas, box, _say(upright, product, style, dice, said), style)
    if depth_line is not None and (wanted == "depth" or dice.chance(0.8)):
        along_depth(canvas, depth_line, _say("depth", product, style, dice, said), style)
    rest = "height" if flat else "depth"
    if rest not in said and (wanted == rest or dice.chance(0.3)):
        beside(canvas, box, rest, _say(rest, product, style, dice, said), style)
    return Drawn(canvas, said, _developed(canvas, style, dice))


def _developed(canvas: Canvas, style: Style, dice: Dice) -> Image.Image:
    """On plain paper, or now and then before a backdrop with folds or a studio's wall."""
    picture = canvas.finished()
    ground = Image.new("RGB", picture.size, style.paper)
    if luminance(style.paper) > 0.5 and dice.chance(0.25):
        backdrop = dice.pick((effects.studio, effects.cloth))
        ground = backdrop(picture.size, style.paper, dice)
    ground.paste(picture, (0, 0), picture)
    return ground


def _title(canvas: Canvas, product: Product, style: Style, dice: Dice) -> float:
    """Returns the y below which there is room."""
    if not dice.chance(0.6):
        return 50
    text = dice.pick((*_TITLES, product.noun, product.title))
    canvas.text(
        canvas.width / 2,
        48,
        text,
        dice.pick((26, 30, 36)),
        style.face.head(style.ink),
        fit=canvas.width - 80,
    )
    if dice.chance(0.4):
        canvas.rectangle(
            Box(canvas.width / 2 - 40, 78, canvas.width / 2 + 40, 81), product.palette.accent
        )
    return 105


def _footer(
    canvas: Canvas,
    product: Product,
    wanted: str,
    style: Style,
    dice: Dice,
    said: dict[str, Printed],
) -> float:
    """A line of small print, or the weight or load; returns the height it takes."""
    lines = [dice.pick(_NOTES)] if dice.chance(0.3) else []
    for entity, heads in (("maximum_weight_recommendation", _LOADS), ("item_weight", _WEIGHTS)):
        if entity in product.printed and (wanted == entity or dice.chance(0.25)):
            said[entity] = headed(heads, dice, product.printed[entity])
            lines.insert(0, said[entity].text)
    y: float = canvas.height - 24.0
    for line in reversed(lines):
        size = 14 if line in _NOTES else style.size
        canvas.text(
            canvas.width / 2, y, line, size, style.face.body(style.ink), fit=canvas.width - 60
        )
        y -= style.size + 16
    return canvas.height - 24 - y


def _object_box(product: Product, room: Box) -> Box:
    """As large as `room` allows, in the product's own proportions within reason."""
    ratio = _RATIOS.get(product.shape, 0.95)
    if product.shape not in _RATIOS and product.category.size is not None:
        upright = "depth" if product.shape in _FLAT else "height"
        across, down = product.quantities["width"].amount, product.quantities[upright].amount
        ratio = min(2.2, max(0.5, float(across / down)))
    width = min(room.width, room.height * ratio)
    height = min(room.height, width / ratio)
    x, y = room.centre
    return Box(x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _say(
    entity: str, product: Product, style: Style, dice: Dice, said: dict[str, Printed]
) -> list[str]:
    """The lines to write for the entity, noted in `said`."""
    what = product.printed[entity]
    if style.letters:
        letter = dice.pick(_LETTERS[entity])
        what = Printed(f"{letter}{':' if len(letter) > 1 else ''} {what.text}", what.says)
    elif style.stacked:
        what = stacked(what)
    said[entity] = what
    return what.text.split("\n")
