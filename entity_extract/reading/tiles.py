"""One measure for pictures of every shape: what would be looked at shrunk is looked at in tiles.

Finding text takes a picture to about one size, which is little for a long one: of 750 x 6000 pixels
every fifth is left. Such a picture is read as a whole, for its largest letters, and then in
overlapping tiles, each of a shape and size as other pictures have.
"""

import math
import time
from typing import Final

import numpy as np
from PIL import Image

from entity_extract.config import OcrConfig
from entity_extract.quantities.geometry import Box
from entity_extract.reading.engine import OcrTimeout, Reader
from entity_extract.reading.stitching import Part, stitched
from entity_extract.reading.text_lines.detector import WORK_PX
from entity_extract.records import Word

_LONG: Final = 3.0  # longer side over shorter
_SHRUNK: Final = 1.5  # times, from which a long picture is worth tiles
_FAR: Final = 2.0  # times, from which that nothing was read says nothing; and the most for a tile
_OVERLAP: Final = 0.25  # of a tile's side: no line across the length of a picture is cut


class Tiled:
    """Reads a picture as a whole, and in tiles too where it is long, or large and nothing was read.

    Pictures less than three times as long as wide, and read at all, are left to `reader` as they
    are: what was learned from its words holds.
    """

    def __init__(self, reader: Reader, config: OcrConfig) -> None:
        self._reader, self._config = reader, config
        self.version = reader.version

    def read(self, image: Image.Image) -> list[Word]:
        """As `Reader.read`. Raises OcrTimeout, OcrFailed."""
        end = time.monotonic() + self._config.timeout_s
        words = self._reader.read(image)
        tiles = tiles_of(image.size, self._config.tiles, empty=not words)
        if not tiles:
            return words
        parts = [Part(Box(0, 0, *image.size), words)]
        for tile in tiles:
            if time.monotonic() > end:
                raise OcrTimeout(f"longer than {self._config.timeout_s:g} s in {len(tiles)} tiles")
            parts.append(Part(tile, self._reader.read(_cut_out(image, tile))))
        return stitched(parts)


def tiles_of(size: tuple[int, int], most: int, *, empty: bool) -> list[Box]:
    """Where to look closer at a picture of `size` (width, height), `most` places; often nowhere.

    `empty` says that nothing was read in the picture as a whole.
    """
    times = max(size) / WORK_PX
    is_long = max(size) >= _LONG * min(size) and times > _SHRUNK
    if most == 0 or not (is_long or (empty and times > _FAR)):
        return []
    side = min(max(min(size), WORK_PX), _FAR * WORK_PX)
    while (across := _count(size[0], side)) * (down := _count(size[1], side)) > most:
        side *= 1.05
    return [
        Box(left, top, min(size[0], round(side)), min(size[1], round(side)))
        for top in _starts(size[1], side, down)
        for left in _starts(size[0], side, across)
    ]


def _cut_out(image: Image.Image, tile: Box) -> Image.Image:
    return image.crop((tile.left, tile.top, tile.left + tile.width, tile.top + tile.height))


def only_shrunk(size: tuple[int, int], most: int) -> str | None:
    """Why it means little that nothing was read in a picture of `size`; else None."""
    tiles = tiles_of(size, most, empty=True)
    times = max([side for tile in tiles for side in tile[2:]] or size) / WORK_PX
    if times <= _FAR * 1.01:  # a tile's side is rounded
        return None
    where = f"{len(tiles)} tiles" if tiles else "one piece"
    return (
        f"{size[0]} x {size[1]} pixels, looked at {times:.1f} times smaller in {where}, "
        "and nothing was read: raise ocr.tiles"
    )


def _count(length: int, side: float) -> int:
    """How many tiles cover `length` pixels."""
    if length <= side:
        return 1
    return math.ceil((length - _OVERLAP * side) / ((1 - _OVERLAP) * side))


def _starts(length: int, side: float, count: int) -> list[int]:
    return [int(x) for x in np.linspace(0, max(length - round(side), 0), count)]
