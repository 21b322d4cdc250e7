"""A line of text cut out of the picture, turned upright, at one letter height; and the way back."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from entity_extract.quantities.geometry import Box
from entity_extract.reading.text_lines.detector import TextLine
from entity_extract.reading.text_lines.medians import median

MARGIN: Final = 0.2  # of the letter height around the line; more lets the neighbours' marks in
_FRAME_PX: Final = 10  # of plain background, without which Tesseract takes letters for a border
_MAX_ENLARGED: Final = 8.0
_MAX_LENGTH_PX: Final = 4_000
# In letter heights. Tesseract drops narrow spaces, and then reads "250 g" as 2509.
_SPACE: Final = 0.36  # a gap from which it is a space, if it is also wider than most of the line's
_WIDE: Final = 1.3
_WIDENED_TO: Final = 0.7


@dataclass(frozen=True)
class Crop:
    """`pixels`, dark letters on light, (height, width) uint8.

    `columns` gives for each column of `pixels`, and for the end of the last, where it was before
    spaces were widened; `to_picture` is (2, 3) and takes such a place to the picture.
    """

    pixels: np.ndarray
    columns: np.ndarray
    to_picture: np.ndarray
    angle: int  # clockwise turn of the letters in the picture: 0, 90, 180 or 270, the nearest

    def box_in_picture(self, box: Box, picture: tuple[int, int]) -> Box:
        """`box` of the crop as an upright one inside the picture (width, height), 1 px at least."""
        last = len(self.columns) - 1
        ends = [self.columns[min(x, last)] for x in (box.left, box.left + box.width)]
        corners = [(x, y, 1.0) for x in ends for y in (box.top, box.top + box.height)]
        points = np.array(corners) @ self.to_picture.T
        low = np.clip(np.round(points.min(axis=0)), 0, np.array(picture) - 1).astype(int)
        high = np.clip(np.round(points.max(axis=0)), low + 1, picture).astype(int)
        return Box(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


def cut_out(grey: np.ndarray, line: TextLine, letter_px: float, *, spaces: bool = False) -> Crop:
    """`line` of (height, width) uint8 pixels, its letters `letter_px` high.

    With `spaces`, gaps that look like spaces are widened until Tesseract sees them as such.
    """
    margin = MARGIN * line.letter_height + 1
    length, thickness = line.length + 2 * margin, line.thickness + 2 * margin
    scale = min(letter_px / line.letter_height, _MAX_ENLARGED, _MAX_LENGTH_PX / length)
    size = max(round(length * scale), 1), max(round(thickness * scale), 1)
    # Pixels of the crop to pixels of the picture: scaled, turned clockwise, moved.
    turn = np.deg2rad(line.degrees)
    along = np.array([np.cos(turn), np.sin(turn)]) / scale
    across = np.array([-np.sin(turn), np.cos(turn)]) / scale
    corner = np.array([line.x, line.y]) - along * (size[0] - 1) / 2 - across * (size[1] - 1) / 2
    to_picture = np.column_stack([along, across, corner])
    pixels = _sampled(grey, to_picture, size, scale)
    framed = _framed(pixels if line.dark else cv2.bitwise_not(pixels))
    to_picture[:, 2] -= (along + across) * _FRAME_PX
    columns = np.arange(framed.shape[1] + 1)
    if spaces:
        columns = np.repeat(columns, _widths(framed, line.letter_height * scale))
    angle = round(line.degrees / 90) % 4 * 90
    return Crop(framed[:, columns[:-1]], columns, to_picture, angle)


def _sampled(
    grey: np.ndarray, to_picture: np.ndarray, size: tuple[int, int], scale: float
) -> np.ndarray:
    """The picture seen through `to_picture`; shrunk first where letters are large."""
    reach = np.abs(to_picture[:, 0]) * size[0] + np.abs(to_picture[:, 1]) * size[1]
    middle = to_picture @ (np.array([size[0] - 1, size[1] - 1, 2.0]) / 2)
    low = np.clip(np.floor(middle - reach / 2) - 3, 0, None).astype(int)
    high = np.ceil(middle + reach / 2).astype(int) + 4
    part = grey[low[1] : high[1], low[0] : high[0]]
    matrix = to_picture.copy()
    matrix[:, 2] -= low
    if scale < 0.5:  # interpolation alone would skip pixels
        width, height = (max(round(side * 2 * scale), 1) for side in part.shape[::-1])
        matrix *= np.array([[width / part.shape[1]], [height / part.shape[0]]])
        part = cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA)
    way = cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP
    return cv2.warpAffine(part, matrix, size, flags=way, borderMode=cv2.BORDER_REPLICATE)


def _framed(pixels: np.ndarray) -> np.ndarray:
    edges = (_FRAME_PX,) * 4
    return cv2.copyMakeBorder(
        pixels, *edges, cv2.BORDER_CONSTANT, value=float(np.median(rim_of(pixels)))
    )


def rim_of(pixels: np.ndarray) -> np.ndarray:
    """The outermost rows and columns of (height, width) pixels, which are mostly ground."""
    return np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])


def _widths(pixels: np.ndarray, letter_px: float) -> np.ndarray:
    """(width + 1,) how often to repeat each column, so that spaces come out wide enough."""
    _, ink = cv2.threshold(pixels, 0, 1, cv2.THRESH_BINARY_INV | cv2.THRESH_OTSU)
    edges = np.flatnonzero(np.diff(ink.any(axis=0).astype(np.int8)))
    widths = np.ones(pixels.shape[1] + 1, int)
    last, following = edges[1:-1:2], edges[2::2]  # the frame is free of ink: edges come in pairs
    gaps = following - last
    if len(gaps):
        wide = gaps >= max(_SPACE * letter_px, _WIDE * median(gaps))
        missing = np.clip(_WIDENED_TO * letter_px - gaps, 0, None).astype(int)
        widths[(last + following + 1)[wide] // 2] += missing[wide]
    return widths
