"""One line of text, cut out of a picture by its box, becomes characters with their places.

PP-OCR's recogniser answers, for each eighth pixel column of a line 48 pixels high, how likely each
character begins there, or none (CTC: Graves et al. 2006).
"""

import math
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from entity_extract.reading.ppocr.detector import Pixels, Quad, network_input
from entity_extract.reading.ppocr.onnx_models import open_session

_HEIGHT: Final = 48  # pixels; what the network was trained on
_STEP: Final = 8  # pixels of width for one answer
_BLANK_END: Final = 16  # pixels after the line: it was trained on lines that end in blank
_MAX_WIDTH: Final = 3200  # a longer line is squeezed: its cost and memory grow with the square


class Line(NamedTuple):
    """Characters in reading order."""

    text: str
    confs: NDArray[np.float32]  # (n,), 0 to 1
    centres: NDArray[np.float32]  # (n,), 0 to 1 along the line

    @property
    def conf(self) -> float:
        """0 to 1; 0 where nothing was read."""
        return float(self.confs.mean()) if self.text else 0.0

    def edges(self, first: int, last: int) -> tuple[float, float]:
        """Where text[first:last] begins and ends, 0 to 1 along the line: half way to others."""
        start = self.centres[first - 1 : first + 1].mean() if first else 0.0
        end = self.centres[last - 1 : last + 1].mean() if last < len(self.text) else 1.0
        return float(start), float(end)


class TextRecogniser:
    """Reads lines one by one: on one thread a batch is no faster, and padding costs."""

    def __init__(self, model: Path) -> None:
        self._session = open_session(model, keep_memory=False)
        self._input = self._session.get_inputs()[0].name
        listed = self._session.get_modelmeta().custom_metadata_map["character"].splitlines()
        self._characters = ["", *listed, " "]  # 0 is CTC's blank

    def read(self, strip: Pixels) -> Line:
        """`strip` is one upright line of any size."""
        page, filled = _page(strip)
        (answer,) = self._session.run(None, {self._input: page[np.newaxis]})
        return self._decode(answer[0], filled)

    def _decode(self, likely: NDArray[np.float32], filled: float) -> Line:
        """(steps, characters) -> the likeliest of each step, repeats and blanks left out."""
        best = likely.argmax(axis=1)
        new = best != 0
        new[1:] &= best[1:] != best[:-1]
        steps = np.flatnonzero(new)
        centres = (steps + 0.5) / (len(best) * filled)
        text = "".join(self._characters[index] for index in best[steps])
        return Line(text, likely[steps, best[steps]], centres.clip(0, 1).astype(np.float32))


def cut(picture: Pixels, quad: Quad) -> Pixels:
    """What lies inside `quad`, straightened; its top left corner is the quad's first."""
    across = np.linalg.norm(quad - np.roll(quad, -1, axis=0), axis=1)  # top, right, bottom, left
    width, height = max(int(across[::2].max()), 1), max(int(across[1::2].max()), 1)
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], dtype=np.float32)
    return np.asarray(
        cv2.warpPerspective(
            picture,
            cv2.getPerspectiveTransform(quad, target),
            (width, height),
            flags=cv2.INTER_CUBIC,
            borderMode=cv2.BORDER_REPLICATE,
        ),
        dtype=np.uint8,
    )


def _page(strip: Pixels) -> tuple[NDArray[np.float32], float]:
    """(BGR, 48, width) for the network, and how much of that width the line fills (0 to 1)."""
    height, width = strip.shape[:2]
    filled = min(max(math.ceil(_HEIGHT * width / height), _STEP), _MAX_WIDTH)
    padded = math.ceil((filled + _BLANK_END) / _STEP) * _STEP
    line = cv2.resize(
        strip,
        (filled, _HEIGHT),
        interpolation=cv2.INTER_AREA if height > _HEIGHT else cv2.INTER_CUBIC,
    )
    page = np.zeros((3, _HEIGHT, padded), dtype=np.float32)  # 0 is mid grey
    page[:, :, :filled] = network_input(np.asarray(line, dtype=np.uint8))
    return page, filled / padded
