"""Pictures with text that tests of reading draw themselves, and where its ink is."""

from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFont

from entity_extract.records import Word

FONTS = ("DejaVuSans", "DejaVuSerif", "DejaVuSansMono")
TURNS = {
    90: Image.Transpose.ROTATE_270,  # Pillow turns counter-clockwise, Word.angle clockwise
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}

Ink = tuple[float, float, float, float]  # left, top, right, bottom


def font(px: int, name: str = "DejaVuSans") -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(Path(matplotlib.get_data_path(), f"fonts/ttf/{name}.ttf")), px)


def write(
    image: Image.Image,
    text: str,
    *,
    at: tuple[int, int],
    px: int = 40,
    name: str = "DejaVuSans",
    fill: str = "black",
) -> Ink:
    """Draws `text`, `px` the size of its font, and returns the box of its ink."""
    before = image.convert("L")
    ImageDraw.Draw(image).text(at, text, fill=fill, font=font(px, name))
    return _ink(ImageChops.difference(image.convert("L"), before))


def _ink(contrast: Image.Image) -> Ink:
    pixels = np.asarray(contrast)
    rows, columns = np.nonzero(pixels > pixels.max() / 2)
    return columns.min(), rows.min(), columns.max() + 1.0, rows.max() + 1.0


def written(
    text: str,
    *,
    at: tuple[int, int] = (60, 50),
    size: tuple[int, int] = (600, 300),
    px: int = 40,
    name: str = "DejaVuSans",
    fill: str = "black",
    ground: str = "white",
) -> tuple[Image.Image, Ink]:
    """A picture with one line of `text`, and the box of its ink."""
    image = Image.new("RGB", size, ground)
    return image, write(image, text, at=at, px=px, name=name, fill=fill)


def oblique(text: str, degrees: float, *, px: int = 32) -> tuple[Image.Image, Ink]:
    """A square white picture whose `text` rises or falls around its middle, and its ink's box."""
    image = Image.new("L", (600, 600), 255)
    ImageDraw.Draw(image).text((300, 300), text, fill=0, font=font(px), anchor="mm")
    turned = image.rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=255)
    return turned.convert("RGB"), _ink(ImageChops.invert(turned))


def turned(ink: Ink, angle: int, size: tuple[int, int]) -> Ink:
    """Where `ink` of an upright picture of `size` lies once that is turned clockwise."""
    (left, top, right, bottom), (width, height) = ink, size
    return {
        0: ink,
        90: (height - bottom, left, height - top, right),
        180: (width - right, height - bottom, width - left, height - top),
        270: (top, width - right, bottom, width - left),
    }[angle]


def overlap(word: Word, ink: Ink) -> float:
    """Intersection over union of a word's box and `ink`."""
    box = (word.left, word.top, word.left + word.width, word.top + word.height)
    across = min(box[2], ink[2]) - max(box[0], ink[0])
    down = min(box[3], ink[3]) - max(box[1], ink[1])
    shared = max(across, 0.0) * max(down, 0.0)
    inked = (ink[2] - ink[0]) * (ink[3] - ink[1])
    return shared / (word.width * word.height + inked - shared)


def lines_of(words: list[Word]) -> list[str]:
    """The words of each line of each look, in the order in which they came."""
    lines: dict[tuple[str, int, int], list[str]] = {}
    for word in words:
        lines.setdefault((word.pass_, word.block, word.line), []).append(word.text)
    return [" ".join(line) for line in lines.values()]


def noise(width: int, height: int) -> Image.Image:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)
