"""Labels as careless annotators give them: the printed quantity in full words, not always right."""

from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from entity_extract.config import Domain
from entity_extract.sample_shop.cards.card import Card
from entity_extract.sample_shop.drawing.dice import Dice
from entity_extract.sample_shop.drawing.printed import Quantity, number

# Shares of labels, after a look at public ones.
WRONG = 0.03
FOREIGN_UNIT = 0.006  # a unit that is not allowed for the entity
RANGE_KEPT = 0.5  # of printed ranges; the others become their larger end
AGAINST_HABIT = 0.12  # of "16 oz (454 g)": the one that the department does not usually take

_FOREIGN = {
    "item_weight": "calorie",
    "maximum_weight_recommendation": "newton",
    "item_volume": "serving",
    "voltage": "ampere",
    "wattage": "horsepower",
    "width": "pixel",
    "depth": "pixel",
    "height": "pixel",
}


class Flaw(StrEnum):
    """What is wrong with a label, known to the generator alone."""

    NONE = ""
    WRONG = "wrong"
    FOREIGN_UNIT = "foreign unit"
    RANGE = "range"


class Answer(NamedTuple):
    """The label; the text that it stands for ("" for an empty or wrong one); its flaw."""

    entity_value: str
    printed: str
    flaw: Flaw = Flaw.NONE


def answer(card: Card, entity: str, domain: Domain, dice: Dice) -> Answer:
    """The label of the entity on the card: empty where the card does not state it."""
    what = card.said.get(entity)
    if what is None:
        return Answer("", "")
    quantity = what.says[0] if len(what.says) == 1 else _habitual(card, what.says, dice)
    if dice.chance(WRONG):
        return Answer(
            spelled(_mistaken(card, entity, quantity, domain, dice), dice), "", Flaw.WRONG
        )
    if dice.chance(FOREIGN_UNIT):
        foreign = Quantity(quantity.amount, _FOREIGN[entity])
        return Answer(spelled(foreign, dice), what.text, Flaw.FOREIGN_UNIT)
    if quantity.upper is None:
        return Answer(spelled(quantity, dice), what.text)
    if dice.chance(RANGE_KEPT):
        ends = f"[{float(quantity.amount)}, {float(quantity.upper)}]"
        return Answer(f"{ends} {quantity.unit}", what.text, Flaw.RANGE)
    return Answer(spelled(Quantity(quantity.upper, quantity.unit), dice), what.text)


def _habitual(card: Card, says: tuple[Quantity, ...], dice: Dice) -> Quantity:
    """Of two systems side by side, the one that the department's annotators take."""
    metric = ("gram", "kilogram", "millilitre", "litre", "centimetre", "millimetre", "metre")
    wanted = card.product.category.metric_label != dice.chance(AGAINST_HABIT)
    return next((q for q in says if (q.unit in metric) == wanted), says[0])


def _mistaken(card: Card, entity: str, right: Quantity, domain: Domain, dice: Dice) -> Quantity:
    """Another side of the same thing, or a slip of the decimal point."""
    allowed = domain.entities[entity].units
    others = [
        what.says[0]
        for name, what in card.said.items()
        if name != entity and what.says[0].unit in allowed and what.says[0] != right
    ]
    if others and dice.chance(0.6):
        return others[0]
    return Quantity(
        right.amount * dice.pick((Fraction(10), Fraction(1, 10), Fraction(2))), right.unit
    )


def spelled(quantity: Quantity, dice: Dice) -> str:
    """500.0 gram or 500 gram: public labels have both."""
    text = number(quantity.amount)
    if "." not in text and dice.chance(0.4):
        text += ".0"
    return f"{text} {quantity.unit}"
