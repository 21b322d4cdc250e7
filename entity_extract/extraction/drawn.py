"""A picture with the boxes of its answers drawn in, for the eye."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from PIL import ImageDraw

from entity_extract.config import ImageConfig
from entity_extract.errors import UserError
from entity_extract.quantities.geometry import Box
from entity_extract.reading.images import decode

_COLOURS: Final = ("#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b")
_LETTERS: Final = 40  # of the picture's shorter side, one is a letter's height
_LEAST_PX: Final = 12


def draw_boxes(
    content: bytes, told: Sequence[tuple[str, Box]], config: ImageConfig, out: Path
) -> None:
    """Writes the upright picture with the boxes, a line of text at each.

    Raises ImageRejected where `content` is no picture, UserError where `out` cannot be written.
    """
    image = decode(content, config)
    canvas = ImageDraw.Draw(image)
    size = max(_LEAST_PX, min(image.size) // _LETTERS)
    for number, (text, (left, top, width, height)) in enumerate(told):
        colour = _COLOURS[number % len(_COLOURS)]
        line = max(2, size // 6)
        canvas.rectangle((left, top, left + width, top + height), outline=colour, width=line)
        place = (left, top - 1.3 * size if top > 2 * size else top + height + 0.2 * size)
        canvas.rectangle(canvas.textbbox(place, text, font_size=size), fill="white")
        canvas.text(place, text, fill=colour, font_size=size)
    try:
        image.save(out)
    except OSError as err:
        raise UserError(f"--draw {out}: {err}") from None
