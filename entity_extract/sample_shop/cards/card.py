"""Which card shows what: the dispatcher over the kinds of card."""

from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image

from entity_extract.sample_shop.cards.dimension_cards import dimension_card
from entity_extract.sample_shop.cards.infographic_cards import infographic_card
from entity_extract.sample_shop.cards.package_cards import package_card, rating_card
from entity_extract.sample_shop.cards.table_cards import table_card
from entity_extract.sample_shop.drawing import effects
from entity_extract.sample_shop.drawing.canvas import Drawn
from entity_extract.sample_shop.drawing.dice import Dice
from entity_extract.sample_shop.drawing.printed import Printed
from entity_extract.sample_shop.products.categories import Category
from entity_extract.sample_shop.products.products import (
    DIMENSIONS,
    Product,
    categories_with,
    invent,
)
from entity_extract.sample_shop.shapes.hardware import PLATES

Draw = Callable[[Product, str, Dice], Drawn]
KINDS: dict[str, Draw] = {
    "dimension": dimension_card,
    "package": package_card,
    "rating": rating_card,
    "table": table_card,
    "infographic": infographic_card,
}
_ON_DIMENSION_CARDS = (*DIMENSIONS, "maximum_weight_recommendation", "item_weight")


@dataclass(frozen=True)
class Card:
    """All that is known of a product picture, save the picture."""

    kind: str
    product: Product
    texts: tuple[str, ...]  # every line written on it
    said: dict[str, Printed]  # entity -> how the card states it
    flaws: tuple[str, ...]  # texts that collide or leave the canvas: none, or the drawing is wrong


def draw_card(entity: str, dice: Dice) -> tuple[Card, Image.Image]:
    """A card that states the entity, of a product in a department that has it; RGB."""
    choices = categories_with(entity)
    weights = [3.0 if c.packs and entity not in DIMENSIONS else 1.0 for c in choices]
    category = dice.pick(choices, weights)
    product = invent(category, dice)
    kinds = _kinds(category, product, entity)
    kind = dice.pick(tuple(kinds), weights=tuple(kinds.values()))
    canvas, said, image = KINDS[kind](product, entity, dice)
    texts = tuple(inscription.text for inscription in canvas.inscriptions)
    return Card(kind, product, texts, said, tuple(canvas.flaws())), effects.worn(image, dice)


def _kinds(category: Category, product: Product, entity: str) -> dict[str, float]:
    """The kinds of card on which this department prints the entity, with their weights."""
    kinds = {"table": 1.5, "infographic": 1.5}
    if category.size and entity in _ON_DIMENSION_CARDS:
        kinds["dimension"] = 9.0 if entity in DIMENSIONS else 2.0
    if category.packs and entity not in DIMENSIONS:
        kinds["package"] = 12.0
    ratings = ("item_weight",) if "voltage" not in product.printed else ("voltage", "wattage")
    if category.shapes and product.shape in PLATES and entity in ratings:
        kinds["rating"] = 6.0
    return kinds
