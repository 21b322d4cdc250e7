"""Drawings (SVG) as pixels, by resvg: no scripts, no network; and no files, which is seen to here.

It is an extra, and runs in the process apart as decoders do.
"""

import io
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from PIL import Image

_SIDE: Final = 1600  # pixels of the longer side that a smaller drawing is enlarged to
_TAG: Final = re.compile(r"<(?:\w+:)?svg\b[^>]*>", re.S)
_LENGTH: Final = re.compile(r"\s*([0-9.]+(?:e[+-]?\d+)?)\s*(px|pt|pc|mm|cm|in|)\s*$", re.I)
_INCH: Final = 96.0  # pixels, by CSS
_PX: Final = {
    **{"": 1.0, "px": 1.0, "pt": _INCH / 72, "pc": _INCH / 6},
    **{"mm": _INCH / 25.4, "cm": _INCH / 2.54, "in": _INCH},
}
# A reference to anything but a part of the drawing itself, or a picture within it.
_ELSEWHERE: Final = re.compile(r"""\bhref\s*=\s*(?:"(?!#|data:)[^"]*"|'(?!#|data:)[^']*')""", re.I)


class Drawing:
    """An SVG file; `size` (width, height) is what it would be drawn at. Raises ValueError."""

    def __init__(self, content: bytes) -> None:
        wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
        self._text = content.decode("utf-16" if wide else "utf-8-sig", "replace")
        if "<!ENTITY" in self._text:  # which could hide a reference, or unfold without end
            raise ValueError("an SVG with entities of its own is not drawn")
        self.size = _size(self._text)

    def drawn(self) -> Image.Image:
        """RGBA, transparent where nothing is drawn. Raises ValueError."""
        import resvg_py

        png = resvg_py.svg_to_bytes(
            svg_string=_ELSEWHERE.sub('href=""', self._text),
            width=self.size[0],
            height=self.size[1],
            dpi=_INCH,
            font_dirs=[str(path) for path in _fonts()],
            font_family="DejaVu Sans",
            sans_serif_family="DejaVu Sans",
            serif_family="DejaVu Serif",
            monospace_family="DejaVu Sans Mono",
        )
        return Image.open(io.BytesIO(png), formats=["PNG"])


def _size(text: str) -> tuple[int, int]:
    tag = _TAG.search(text)
    if tag is None:
        raise ValueError("no <svg> that ends")
    width, height = (_length(tag[0], name) for name in ("width", "height"))
    view = re.findall(r"[0-9.e+-]+", _attribute(tag[0], "viewBox"))
    if len(view) == 4 and (ratio := _number(view[3]) and _number(view[2]) / _number(view[3])):
        width = width or (height * ratio if height else _number(view[2]))
        height = height or width / ratio
    width, height = width or 100.0, height or 100.0
    scale = max(_SIDE / max(width, height), 1.0)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def _length(tag: str, name: str) -> float:
    """An attribute in pixels; 0 where it is not there, or relative."""
    found = _LENGTH.match(_attribute(tag, name))
    return _number(found[1]) * _PX[found[2].lower()] if found else 0.0


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"""\s{name}\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag)
    return (found[1] or found[2] or "") if found else ""


def _number(text: str) -> float:
    try:
        return min(abs(float(text)), 1e7)
    except ValueError:
        return 0.0


def _fonts() -> list[Path]:
    """Folders of fonts that come with the package's own needs: a bare machine has none."""
    spec = find_spec("matplotlib")
    if spec is None or spec.origin is None:
        return []
    return [Path(spec.origin).parent / "mpl-data/fonts/ttf"]
