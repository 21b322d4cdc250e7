"""Whether a picture holds text that is too small for anything to read."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from PIL import Image

from entity_extract.reading.text_lines.crops import cut_out
from entity_extract.reading.text_lines.detector import find_text_lines
from entity_extract.reading.text_lines.line_classifier import log_odds
from entity_extract.records import Word

# Rendered letters: exact strings are read from 8 px on, and single ones at 7.
_READABLE_PX: Final = 6.0  # height of a letter, which is about 0.7 of its font's
_SURE: Final = 80.0  # a word of three letters with this confidence: the picture can be read
_LETTER_PX: Final = 32.0
_LIKELY: Final = -2.0  # log odds of a line being text; letters this small never look much like it
_MIN_LINES: Final = 3  # fewer may be texture


def too_small_to_read(image: Image.Image, words: Sequence[Word]) -> str | None:
    """Why the text of an RGB picture could not be read, where its size is why; else None."""
    if any(word.conf >= _SURE and sum(map(str.isalnum, word.text)) > 2 for word in words):
        return None
    grey = np.asarray(image.convert("L"))
    heights = [
        line.letter_height
        for line in find_text_lines(grey)
        if line.shape is not None
        and log_odds(line.shape, cut_out(grey, line, _LETTER_PX).pixels) >= _LIKELY
    ]
    if len(heights) < _MIN_LINES or max(heights) >= _READABLE_PX:
        return None
    return f"its largest letters are {max(heights):.0f} pixels high"
