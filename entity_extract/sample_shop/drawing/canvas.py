"""A picture being drawn, which remembers what was written on it and where."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from entity_extract.sample_shop.drawing.colours import Colour, rgb
from entity_extract.sample_shop.drawing.fonts import Lettering, letters
from entity_extract.sample_shop.drawing.placing import Box, Point
from entity_extract.sample_shop.drawing.printed import Printed

SCALE = 2  # drawn twice as large and reduced at the end, which smooths every edge


class Inscription(NamedTuple):
    """A text as drawn: `box` in pixels of the canvas, `angle` 0 or 90 degrees counterclockwise."""

    text: str
    box: Box
    angle: int


def _ramp(kind: str) -> Image.Image:
    """256 x 1, how much of the second colour: across, down, or round a cylinder."""
    x = np.linspace(0, 1, 256)
    if kind == "round":
        x = np.clip(np.abs(x - 0.34) * 1.5, 0, 1) ** 1.4
    image = Image.fromarray((x * 255).astype(np.uint8)[None, :])
    return image.transpose(Image.Transpose.ROTATE_270) if kind == "down" else image


class Canvas:
    """Coordinates are pixels of the finished picture; y goes down. Transparent where not drawn."""

    def __init__(self, width: int, height: int, background: str | Colour | None = None) -> None:
        self.width, self.height = width, height
        size = (width * SCALE, height * SCALE)
        fill = (0, 0, 0, 0) if background is None else (*rgb(background), 255)
        self.image = Image.new("RGBA", size, fill)
        self.pen = ImageDraw.Draw(self.image)
        self.inscriptions: list[Inscription] = []

    @property
    def box(self) -> Box:
        return Box(0, 0, self.width, self.height)

    def finished(self) -> Image.Image:
        """The picture at its size, RGBA."""
        return self.image.reduce(SCALE)

    def flaws(self) -> list[str]:
        """Texts that run into each other or over the edge: there should be none."""
        out = [
            f"{i.text!r} leaves the picture"
            for i in self.inscriptions
            if i.box.left < 0
            or i.box.top < 0
            or i.box.right > self.width
            or i.box.bottom > self.height
        ]
        pairs = combinations(self.inscriptions, 2)
        return out + [f"{a.text!r} on {b.text!r}" for a, b in pairs if a.box.overlaps(b.box)]

    # Shapes -------------------------------------------------------------------------------

    def polygon(
        self,
        points: Sequence[Point],
        fill: str | Colour,
        to: str | Colour | None = None,
        ramp: str = "across",
    ) -> None:
        """Filled with `fill`, or from `fill` to `to` along the ramp: across, down or round."""
        flat = [(x * SCALE, y * SCALE) for x, y in points]
        if to is None:
            self.pen.polygon(flat, fill=rgb(fill))
            return
        left, top = min(x for x, _ in flat), min(y for _, y in flat)
        box = Box(left, top, max(x for x, _ in flat), max(y for _, y in flat))
        inside = [(x - left, y - top) for x, y in flat]
        self._gradient(box, fill, to, ramp, lambda pen, size: pen.polygon(inside, fill=255))

    def rectangle(
        self,
        box: Box,
        fill: str | Colour,
        to: str | Colour | None = None,
        ramp: str = "across",
        radius: float = 0,
    ) -> None:
        scaled, round_by = _scaled(box), radius * SCALE
        if to is None:
            self.pen.rounded_rectangle(scaled, radius=round_by, fill=rgb(fill))
            return
        self._gradient(
            scaled,
            fill,
            to,
            ramp,
            lambda pen, size: pen.rounded_rectangle((0, 0, *size), radius=round_by, fill=255),
        )

    def ellipse(
        self, box: Box, fill: str | Colour, to: str | Colour | None = None, ramp: str = "across"
    ) -> None:
        if to is None:
            self.pen.ellipse(_scaled(box), fill=rgb(fill))
            return
        self._gradient(
            _scaled(box), fill, to, ramp, lambda pen, size: pen.ellipse((0, 0, *size), fill=255)
        )

    def _gradient(
        self,
        box: Box,
        fill: str | Colour,
        to: str | Colour,
        ramp: str,
        outline: Callable[[ImageDraw.ImageDraw, tuple[int, int]], None],
    ) -> None:
        size = (max(1, round(box.width)), max(1, round(box.height)))
        mask = Image.new("L", size)
        outline(ImageDraw.Draw(mask), (size[0] - 1, size[1] - 1))
        share = _ramp(ramp).resize(size)
        colours = Image.composite(
            Image.new("RGBA", size, (*rgb(to), 255)),
            Image.new("RGBA", size, (*rgb(fill), 255)),
            share,
        )
        self.image.paste(colours, (round(box.left), round(box.top)), mask)

    def line(self, points: Sequence[Point], fill: str | Colour, width: float = 1.5) -> None:
        flat = [(x * SCALE, y * SCALE) for x, y in points]
        self.pen.line(flat, fill=rgb(fill), width=max(1, round(width * SCALE)), joint="curve")

    def ring(self, box: Box, fill: str | Colour, width: float = 2) -> None:
        self.pen.ellipse(_scaled(box), outline=rgb(fill), width=max(1, round(width * SCALE)))

    def frame(self, box: Box, fill: str | Colour, width: float = 1.5, radius: float = 0) -> None:
        self.pen.rounded_rectangle(
            _scaled(box), radius=radius * SCALE, outline=rgb(fill), width=round(width * SCALE)
        )

    def arrow(
        self, start: Point, end: Point, fill: str | Colour, width: float = 1.6, head: float = 8
    ) -> None:
        """A dimension arrow: a head at both ends."""
        self.line([start, end], fill, width)
        direction = np.subtract(end, start) / max(1e-6, float(np.hypot(*np.subtract(end, start))))
        across = np.array([-direction[1], direction[0]]) * head * 0.38
        for tip, inward in ((np.array(start), direction), (np.array(end), -direction)):
            base = tip + inward * head
            points = [tuple(map(float, p)) for p in (tip, base + across, base - across)]
            self.polygon([(p[0], p[1]) for p in points], fill)

    def shadow(self, box: Box, opacity: float = 0.35, blur: float = 10) -> None:
        """A soft dark ellipse, drawn small and enlarged since it has no detail."""
        room = 3 * blur
        size = (round((box.width + 2 * room) / 4), round((box.height + 2 * room) / 4))
        mask = Image.new("L", size)
        inner = (room / 4, room / 4, size[0] - room / 4, size[1] - room / 4)
        ImageDraw.Draw(mask).ellipse(inner, fill=round(255 * opacity))
        mask = mask.filter(ImageFilter.GaussianBlur(blur / 4))
        mask = mask.resize((size[0] * 4 * SCALE, size[1] * 4 * SCALE))
        dark = Image.new("RGBA", mask.size, (25, 22, 20, 255))
        dark.putalpha(mask)
        corner = (round((box.left - room) * SCALE), round((box.top - room) * SCALE))
        self.image.alpha_composite(*_onto(dark, corner, self.image.size))

    # Text ---------------------------------------------------------------------------------

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        lettering: Lettering,
        *,
        anchor: str = "mm",
        angle: int = 0,
        fit: float | None = None,
    ) -> None:
        """Writes one line. `anchor` as in Pillow: l m r, then t m b.

        `fit` is the most it may take along its own direction; it is then written smaller.
        """
        mask = letters(text, size * SCALE, lettering)
        if fit is not None and mask.width > fit * SCALE:
            smaller = size * fit * SCALE / mask.width * 0.99
            mask = letters(text, smaller * SCALE, lettering)
        if angle:
            mask = mask.transpose(Image.Transpose.ROTATE_90)
        left = round(x * SCALE - mask.width * {"l": 0.0, "m": 0.5, "r": 1.0}[anchor[0]])
        top = round(y * SCALE - mask.height * {"t": 0.0, "m": 0.5, "b": 1.0}[anchor[1]])
        place = (left, top, left + mask.width, top + mask.height)
        self.image.paste((*rgb(lettering.fill), 255), place, mask)
        box = Box(*(v / SCALE for v in place))
        self.inscriptions.append(Inscription(text, box, angle))

    def lines(
        self,
        x: float,
        y: float,
        lines: Sequence[str],
        size: float,
        lettering: Lettering,
        *,
        anchor: str = "m",
        fit: float | None = None,
        leading: float = 1.35,
    ) -> float:
        """Writes lines under each other from top `y` on; returns the y below the last."""
        for line in lines:
            self.text(
                x, y + size * leading / 2, line, size, lettering, anchor=f"{anchor}m", fit=fit
            )
            y += size * leading
        return y


class Drawn(NamedTuple):
    """A finished card: `said` is what it states of which entity, `image` RGB as it goes out."""

    canvas: Canvas
    said: dict[str, Printed]
    image: Image.Image


def _scaled(box: Box) -> Box:
    return Box(*(v * SCALE for v in box))


def _onto(
    image: Image.Image, corner: tuple[int, int], size: tuple[int, int]
) -> tuple[Image.Image, tuple[int, int]]:
    """`image` cut to what lies within `size`, since alpha_composite refuses negative corners."""
    left, top = max(0, -corner[0]), max(0, -corner[1])
    right = min(image.width, size[0] - corner[0])
    bottom = min(image.height, size[1] - corner[1])
    cut = image.crop((left, top, max(left + 1, right), max(top + 1, bottom)))
    return cut, (max(0, corner[0]), max(0, corner[1]))
