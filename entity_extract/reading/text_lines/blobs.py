"""Connected pieces of ink: what differs from its surroundings, darker or lighter."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np

_WINDOW_PX: Final = 25  # of the local mean: wider than the strokes of a letter
_CONTRAST: Final = 9  # grey levels from the local mean, from which a pixel is ink
_MIN_AREA: Final = 3  # pixels
_MAX_STRETCH: Final = 12  # longer strokes are rules and arrows
_MAX_BLOBS: Final = 6_000  # foliage and fabric have tens of thousands; the largest are kept


def inks(grey: np.ndarray, *, light: bool) -> Iterator[tuple[bool, np.ndarray]]:
    """(True, mask of what is darker than the mean around it), and (False, of what is lighter)."""
    around = cv2.blur(grey, (_WINDOW_PX, _WINDOW_PX))
    # Subtraction is saturated: a difference below 0 is 0.
    yield True, (cv2.subtract(around, grey) > _CONTRAST).astype(np.uint8)
    if light:
        yield False, (cv2.subtract(grey, around) > _CONTRAST).astype(np.uint8)


def blobs_of(ink: np.ndarray, longest: float) -> np.ndarray:
    """(n, 4) float32 left, top, width, height of the pieces that may be letters or marks."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8, ltype=cv2.CV_32S)
    _, _, width, height, area = stats.T
    longer, shorter = np.maximum(width, height), np.minimum(width, height)
    kept = (longer <= longest) & (longer <= _MAX_STRETCH * shorter + 6) & (area >= _MIN_AREA)
    kept[0] = False  # the background
    blobs = stats[kept]
    if len(blobs) > _MAX_BLOBS:
        blobs = blobs[np.argsort(-blobs[:, cv2.CC_STAT_AREA], kind="stable")[:_MAX_BLOBS]]
    return np.asarray(blobs[:, :4], np.float32)
