"""What the network of `dimension_lines` sees of a text: a square of the picture around it."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Pixels = npt.NDArray[np.uint8]

SIDE: Final = 80  # pixels of a patch
LETTERS: Final = 16.0  # letter heights that a patch is wide
CHANNELS: Final = 4


def patches(grey: Pixels, boxes: Floats, letters: Floats, words: Floats) -> Floats:
    """(n, CHANNELS, SIDE, SIDE) of n texts of (h, w) grey pixels: grey against its median, its
    range within a pixel of the patch, the text's own box, the boxes of others. In the first two all
    texts are painted out.

    boxes: (n, 4) left, top, width and height in pixels; letters: (n,) their letter heights;
    words: (m, 4) boxes of all texts, which are no lines.
    """
    made = np.zeros((len(boxes), CHANNELS, SIDE, SIDE), np.float32)
    for patch, box, letter in zip(made, boxes, letters, strict=True):
        _fill(patch, grey, box, float(letter), words)
    return made


def _fill(patch: Floats, grey: Pixels, box: Floats, letter: float, words: Floats) -> None:
    side = max(8.0, LETTERS * letter)
    scale = SIDE / side
    corner = np.asarray(box[:2] + box[2:] / 2 - side / 2, np.float32)
    part = _cut(grey, corner, round(side))
    reach = max(1, round(1 / scale))  # thinner lines than a pixel of the patch are seen by these
    kernel = np.ones((reach, reach), np.uint8)
    light = cv2.resize(cv2.dilate(part, kernel), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    dark = cv2.resize(cv2.erode(part, kernel), (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    mean = cv2.resize(part, (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    _mark(patch[2], box[None], corner, scale)
    _mark(patch[3], words, corner, scale)
    patch[3][patch[2] > 0] = 0.0
    text = (patch[2] > 0) | (patch[3] > 0)
    around = mean[~text]
    patch[0] = (mean - (np.median(around) if around.size else 0.0)) / 128.0
    patch[1] = (light.astype(np.float32) - dark) / 128.0
    patch[:2, text] = 0.0


def _cut(grey: Pixels, corner: Floats, side: int) -> Pixels:
    """A square of `grey`; what lies outside is as its edge."""
    left, top = (round(float(x)) for x in corner)
    height, width = grey.shape
    inside = grey[max(0, top) : max(0, top + side), max(0, left) : max(0, left + side)]
    if inside.size == 0:
        return np.zeros((side, side), np.uint8)
    over, under = max(0, -top), max(0, top + side - height)
    before, behind = max(0, -left), max(0, left + side - width)
    if not (over or under or before or behind):
        return inside
    grown = cv2.copyMakeBorder(inside, over, under, before, behind, cv2.BORDER_REPLICATE)
    return np.asarray(grown[:side, :side], np.uint8)


def _mark(channel: Floats, boxes: Floats, corner: Floats, scale: float) -> None:
    """A pixel of the patch more on each side: boxes of engines are tight, and blur reaches out."""
    low = np.floor((boxes[:, :2] - corner) * scale - 1).clip(0, SIDE).astype(int)
    high = np.ceil((boxes[:, :2] + boxes[:, 2:] - corner) * scale + 1).clip(0, SIDE).astype(int)
    for (x0, y0), (x1, y1) in zip(low, high, strict=True):
        channel[y0:y1, x0:x1] = 1.0
