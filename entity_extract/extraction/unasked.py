"""What a picture holds, where nobody has said what is asked of it."""

from collections.abc import Mapping
from dataclasses import dataclass

from entity_extract.extraction.answer import Answer
from entity_extract.quantities.geometry import Box
from entity_extract.status import Status


@dataclass(frozen=True)
class Quantity:
    """`text` is "<number> <unit>". `if_asked` has the entities that it would be the answer to, the
    surest first, with the confidence of each; `behind` those that take it, and take another first.

    A confidence is what it is of an answer: the share that is right where that was asked of such a
    picture. Whether a picture is one to ask for a depth, say, no model here has learned. `box` is
    where the quantity stands, in pixels of the upright picture; None of one that is behind in all.
    """

    text: str
    if_asked: Mapping[str, float]
    behind: tuple[str, ...]
    box: Box | None


@dataclass(frozen=True)
class Quantities:
    """Of one picture: those that would be an answer first, the surest before all."""

    found: tuple[Quantity, ...]
    status: Status
    reason: str | None


def quantities_of(answers: Mapping[str, Answer]) -> Quantities:
    """From what one picture answers to each entity, were it asked; there is one at least."""
    first = next(iter(answers.values()))
    texts = dict.fromkeys(text for answer in answers.values() for text in answer.candidates)
    found = sorted((_quantity(text, answers) for text in texts), key=_least_sure)
    return Quantities(tuple(found), first.status, first.reason)


def _quantity(text: str, answers: Mapping[str, Answer]) -> Quantity:
    takes = {entity: answer for entity, answer in answers.items() if text in answer.candidates}
    best = {entity: answer for entity, answer in takes.items() if answer.candidates[0] == text}
    sure = sorted(best, key=lambda entity: -best[entity].confidence)
    boxes = (best[entity].box for entity in sure)
    return Quantity(
        text,
        {entity: best[entity].confidence for entity in sure},
        tuple(entity for entity in takes if entity not in best),
        next((box for box in boxes if box is not None), None),
    )


def _least_sure(quantity: Quantity) -> float:
    return -max(quantity.if_asked.values(), default=0.0)
