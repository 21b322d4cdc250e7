"""Typefaces that come with matplotlib (DejaVu, STIX) and Pillow (Aileron), so none is shipped."""

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import matplotlib
from PIL import ImageFont

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


class Typeface(NamedTuple):
    """Fonts that go together. `squeeze` narrows them: DejaVu is wider than what shops print with."""

    head: str
    body: str
    squeeze: float = 1.0


TYPEFACES = (
    Typeface("sans-bold", "sans", 0.86),
    Typeface("sans-bold", "sans", 0.76),
    Typeface("aileron", "aileron"),
    Typeface("aileron", "aileron", 0.85),
    Typeface("serif-bold", "sans", 0.88),
    Typeface("times-bold", "times"),
    Typeface("sans", "sans", 0.86),
)
PLAIN_TYPEFACES = tuple(face for face in TYPEFACES if "serif" not in face.head)


@lru_cache(maxsize=512)
def font(face: str, size: int) -> ImageFont.FreeTypeFont:
    """`size` in pixels. "aileron" is the font inside Pillow."""
    if face == "aileron":
        built_in = ImageFont.load_default(size)
        if not isinstance(built_in, ImageFont.FreeTypeFont):
            raise RuntimeError("this Pillow was built without FreeType; install it from PyPI")
        return built_in
    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    return ImageFont.truetype(folder / f"{_FILES[face]}.ttf", size)


def face_for(text: str, face: str) -> str:
    """Aileron has no fractions, dashes or Greek in it: such text falls back to DejaVu Sans."""
    return face if face != "aileron" or text.isascii() else "sans"
