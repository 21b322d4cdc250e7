"""Typefaces that come with matplotlib (DejaVu, STIX) and Pillow (Aileron), so none is shipped."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import matplotlib
from PIL import Image, ImageDraw, ImageFont

from entity_extract.sample_shop.drawing.colours import Colour

_FILES = {
    "sans": "DejaVuSans",
    "sans-bold": "DejaVuSans-Bold",
    "sans-italic": "DejaVuSans-Oblique",
    "serif": "DejaVuSerif",
    "serif-bold": "DejaVuSerif-Bold",
    "mono": "DejaVuSansMono",
    "mono-bold": "DejaVuSansMono-Bold",
    "times": "STIXGeneral",
    "times-bold": "STIXGeneralBol",
    "times-italic": "STIXGeneralItalic",
}


class Lettering(NamedTuple):
    """How a text is written. `squeeze` narrows it: DejaVu is wider than what shops like."""

    face: str
    fill: str | Colour
    squeeze: float = 1.0


class Typeface(NamedTuple):
    """Two fonts that go together."""

    heading: str
    running: str
    squeeze: float = 1.0

    def head(self, fill: str | Colour) -> Lettering:
        return Lettering(self.heading, fill, self.squeeze)

    def body(self, fill: str | Colour) -> Lettering:
        return Lettering(self.running, fill, self.squeeze)


TYPEFACES = (
    Typeface("sans-bold", "sans", 0.86),
    Typeface("sans-bold", "sans", 0.76),
    Typeface("aileron", "aileron"),
    Typeface("aileron", "aileron", 0.85),
    Typeface("serif-bold", "sans", 0.88),
    Typeface("times-bold", "times"),
    Typeface("sans", "sans", 0.86),
)
PLAIN_TYPEFACES = tuple(face for face in TYPEFACES if "serif" not in face.heading)


@lru_cache(maxsize=512)
def _font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """`size` in pixels. "aileron" is the font inside Pillow."""
    if face == "aileron":
        built_in = ImageFont.load_default(size)
        if not isinstance(built_in, ImageFont.FreeTypeFont):
            raise RuntimeError("this Pillow was built without FreeType; install it from PyPI")
        return built_in
    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    return ImageFont.truetype(folder / f"{_FILES[face]}.ttf", size)


def _font_for(text: str, face: str, size: float) -> ImageFont.FreeTypeFont:
    """Aileron has no fractions, dashes or Greek in it: such text falls back to DejaVu Sans."""
    has_all = face != "aileron" or text.isascii()
    return _font(face if has_all else "sans", max(6, round(size)))


def text_width(text: str, size: float, lettering: Lettering) -> float:
    """In the unit of `size`."""
    return _font_for(text, lettering.face, size).getlength(text) * lettering.squeeze


def letters(text: str, size: float, lettering: Lettering) -> Image.Image:
    """The text as a mask (L), cut to its ink across and to a line's height down."""
    font = _font_for(text, lettering.face, size)
    left, top, right, bottom = font.getbbox(text, anchor="ls")
    above, below = max(-top, font.size * 0.74), max(bottom, font.size * 0.05)
    mask = Image.new("L", (max(1, round(right - left)), max(1, round(above + below))))
    ImageDraw.Draw(mask).text((-left, above), text, font=font, fill=255, anchor="ls")
    if lettering.squeeze == 1.0:
        return mask
    width = max(1, round(mask.width * lettering.squeeze))
    return mask.resize((width, mask.height), Image.Resampling.BICUBIC)
