"""Drawings of products with dimension lines, made by chance: whose texts stand at which line is
known for certain, as in no catalog.

Only geometry is to be learned from them. So lines, texts and things are drawn in every manner that
sellers were seen to use, and what a thing is decides nothing.
"""

from dataclasses import dataclass

from deploy.artefacts.directions.measures import measure, name, print_prose
from deploy.artefacts.directions.sheet import Pixels, Sheet, Text
from deploy.artefacts.directions.things import draw_thing
from entity_extract.sample_shop.drawing.dice import Dice


@dataclass(frozen=True)
class Drawing:
    """(height, width) grey pixels and the texts in them."""

    pixels: Pixels
    texts: list[Text]


def draw(dice: Dice) -> Drawing:
    """One picture, with one to three things and up to four texts that measure none of them."""
    sheet = Sheet(dice)
    if dice.chance(0.3):
        sheet.shade()
    things = [draw_thing(sheet) for _ in range(dice.pick((1, 1, 1, 2, 3)))]
    for box, back in things:
        measure(sheet, box, back)
    if dice.chance(0.4):
        sheet.lean()
    for line in sheet.lines:
        name(sheet, line)
    for _ in range(dice.pick((0, 0, 1, 2, 4))):
        print_prose(sheet)
    return Drawing(sheet.printed(), sheet.texts)
