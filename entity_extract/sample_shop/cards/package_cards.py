"""Photo-like pictures of packages, and of things that carry their rating on themselves."""

from PIL import Image

from entity_extract.sample_shop.drawing import effects
from entity_extract.sample_shop.drawing.canvas import Canvas, Drawn
from entity_extract.sample_shop.drawing.colours import luminance
from entity_extract.sample_shop.drawing.dice import Dice
from entity_extract.sample_shop.drawing.placing import Box
from entity_extract.sample_shop.drawing.printed import Printed, headed
from entity_extract.sample_shop.products.products import Product
from entity_extract.sample_shop.shapes.hardware import PLATES
from entity_extract.sample_shop.shapes.pack_labels import draw_label
from entity_extract.sample_shop.shapes.packs import PACKS
from entity_extract.sample_shop.shapes.shapes import SHAPES

RATINGS = ("item_weight", "voltage", "wattage")  # what a thing may carry on itself

_TALL = 820  # px of the package's canvas; the label's text is in proportion to it


def package_card(product: Product, wanted: str, dice: Dice) -> Drawn:
    """A package in front of a background."""
    draw, ratio, paper = PACKS[dice.pick(product.category.packs)]
    canvas = Canvas(round(_TALL * ratio) + 20, _TALL + 20)
    box = Box(10, 10, canvas.width - 10, canvas.height - 10)
    label = draw(canvas, box, product.palette)
    said = draw_label(canvas, label, product, paper=paper, dice=dice)
    return Drawn(canvas, said, scene(canvas.finished(), product, dice))


def rating_card(product: Product, wanted: str, dice: Dice) -> Drawn:
    """A charger's nameplate, or the weight cast into a dumbbell."""
    wide = product.shape == "dumbbell"
    canvas = Canvas(*((900, 480) if wide else (640, 720)))
    box = (
        canvas.box.inset(10, 60)
        if product.shape in ("adapter", "battery")
        else canvas.box.inset(12)
    )
    if product.shape == "plate":
        box = Box(20, 60, 620, 660)
    SHAPES[product.shape](canvas, box, product.palette)
    lines, said = _rating(product, dice)
    for place in PLATES[product.shape]:
        _plate(canvas, box.part(*place), lines, product)
    return Drawn(canvas, said, scene(canvas.finished(), product, dice))


def _rating(product: Product, dice: Dice) -> tuple[list[str], dict[str, Printed]]:
    """The lines of the plate, the first one the largest."""
    said = {entity: product.printed[entity] for entity in RATINGS if entity in product.printed}
    if "voltage" not in said:
        return [said["item_weight"].text], said
    said.pop("item_weight", None)
    said["voltage"] = headed(("OUTPUT:", "DC OUTPUT", "Rated:", "OUT"), dice, said["voltage"])
    said["wattage"] = headed(("POWER:", "MAX", "Rated power"), dice, said["wattage"])
    lines = [
        product.brand.upper(),
        f"MODEL: {product.model}",
        f"INPUT: 100-240V~ 50/60Hz {dice.pick(('0.6A', '1.5A', '1.8A'))}"
        if product.shape == "adapter"
        else f"{dice.pick(('2.0Ah', '4.0Ah', '5200mAh'))} Li-ion",
        said["voltage"].text,
        said["wattage"].text,
        dice.pick(("MADE IN CHINA 2022", "CAUTION: INDOOR USE ONLY", "LPS  CE  FCC  RoHS")),
    ]
    return lines, said


def _plate(canvas: Canvas, box: Box, lines: list[str], product: Product) -> None:
    face, ink = product.typeface, "#e9e9e9"
    if product.shape == "kettlebell" and luminance(product.palette.base) > 0.6:
        ink = "#1a1a1a"
    step = box.height / len(lines)
    for n, line in enumerate(lines):
        size = min(step * 0.62, box.width * (0.11 if n == 0 and len(lines) > 1 else 0.3))
        canvas.text(
            box.centre[0],
            box.top + step * (n + 0.5),
            line,
            size,
            (face.head if n in (0, 3, 4) else face.body)(ink),
            fit=box.width * 0.96,
        )


def scene(thing: Image.Image, product: Product, dice: Dice) -> Image.Image:
    """The thing photographed: half the time on white, as the large shops demand."""
    side = dice.pick((600, 700, 800, 1000))
    size = dice.pick(((side, side), (side, side), (round(side * 0.8), side)))
    background = dice.pick(effects.BACKGROUNDS, weights=(46, 16, 14, 12, 12))
    degrees = dice.between(-7, 7) if dice.chance(0.25) else 0.0
    ground = background(size, product.palette.accent, dice)
    return effects.place(thing, ground, degrees=degrees, dice=dice)
