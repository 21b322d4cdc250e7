"""A picture with the boxes of its answers drawn in, for the eye."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from PIL import ImageDraw

from entity_extract.config import ImageConfig
from entity_extract.errors import UserError
from entity_extract.extraction.answer import Answer
from entity_extract.reading.images import decode

_COLOURS: Final = ("#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b")
_LETTERS: Final = 40  # of the picture's shorter side, one is a letter's height
_LEAST_PX: Final = 12


def draw_answers(
    content: bytes, answers: Mapping[str, Answer], config: ImageConfig, out: Path
) -> None:
    """Writes the upright picture with a box and a line of text per answer that there is, by entity.

    Raises ImageRejected where `content` is no picture, UserError where `out` cannot be written.
    """
    image = decode(content, config)
    canvas = ImageDraw.Draw(image)
    size = max(_LEAST_PX, min(image.size) // _LETTERS)
    for number, (entity, answer) in enumerate(answers.items()):
        if not answer or answer.box is None:
            continue
        colour = _COLOURS[number % len(_COLOURS)]
        left, top, width, height = answer.box
        line = max(2, size // 6)
        canvas.rectangle((left, top, left + width, top + height), outline=colour, width=line)
        place = (left, top - 1.3 * size if top > 2 * size else top + height + 0.2 * size)
        told = f"{entity} {answer.text}"
        canvas.rectangle(canvas.textbbox(place, told, font_size=size), fill="white")
        canvas.text(place, told, fill=colour, font_size=size)
    try:
        image.save(out)
    except OSError as err:
        raise UserError(f"--draw {out}: {err}") from None
