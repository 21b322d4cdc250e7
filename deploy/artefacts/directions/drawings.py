"""Drawings of products with dimension lines, made by chance: whose texts stand at which line is
known for certain, as in no catalog.

Only geometry is to be learned from them. So lines, texts and things are drawn in every manner that
sellers were seen to use, and what a thing is decides nothing.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import cv2
import matplotlib
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from entity_extract.sample_shop.drawing.dice import Dice

Pixels = npt.NDArray[np.uint8]
Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom
Spot = tuple[int, int, int, int]  # the same, in whole pixels

_DARK: Final = 120  # grey levels: on less, ink is pale
_FACES: Final = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "STIXGeneral", "DejaVuSerif")
_UNITS: Final = ("cm", " cm", "mm", " mm", '"', " in", "in", " inch", " inches", "''", "ft", " m")
_BESIDE: Final = ("Width", "Height", "Depth", "W:", "H", "L", "approx.", "Size")
_PROSE: Final = (
    "2 cm thick foam", "Fits 24 in rails", "HIGH QUALITY", "Set of 4", "up to 30 cm",
    "12 mm plywood", "Model 2040", "5 mm", "non-slip", "easy to clean", "20 in & 24 in",
    "for 60 cm shelves",
)  # fmt: skip


@dataclass(frozen=True)
class Text:
    """A printed line: `box` is left, top, width and height of its ink; `kind` a place in KINDS."""

    box: tuple[int, int, int, int]
    letter_px: float
    kind: int
    measure: bool = True  # a length, as the reader would take it


@dataclass
class Drawing:
    """(height, width) grey pixels and the texts in them."""

    pixels: Pixels
    texts: list[Text] = field(default_factory=list)


@dataclass(frozen=True)
class _Style:
    ink: int
    pale: int  # the ink where it is dark behind
    line_px: int
    letter_px: int
    face: str
    ends: str
    dashed: bool
    stands: str  # where the text is: beside, on (the line is interrupted), over (it is not)
    turned: bool  # along lines that are not level
    stacked: bool
    wings: bool  # extension lines from the thing to the dimension line


def draw(dice: Dice) -> Drawing:
    """One picture of 380 to 1,000 pixels a side."""
    return _Page(dice).drawing()


class _Page:
    def __init__(self, dice: Dice) -> None:
        self._dice = dice
        self._size = dice.whole(380, 1000), dice.whole(380, 1000)
        self._paper = dice.pick((255, 255, 255, 250, 240, dice.whole(0, 255)))
        self._image = Image.new("L", self._size, self._paper)
        self._pen = ImageDraw.Draw(self._image)
        self._texts: list[Text] = []
        self._taken: list[Spot] = []
        self._things: list[Box] = []

    def drawing(self) -> Drawing:
        dice = self._dice
        if dice.chance(0.3):
            self._shade()
        things = [self._thing() for _ in range(dice.pick((1, 1, 1, 2, 3)))]
        for box, back in things:
            self._measured(box, back, self._style())
        for _ in range(dice.pick((0, 0, 1, 2, 4))):
            self._prose()
        return Drawing(self._printed(), self._texts)

    def _shade(self) -> None:
        """A photo's background: slow changes of light, coarse grain."""
        small = self._dice.generator.integers(90, 256, (4, 4))
        grown = cv2.resize(small.astype(np.uint8), self._size, interpolation=cv2.INTER_CUBIC)
        self._image.paste(Image.fromarray(grown))

    # --- things -----------------------------------------------------------------------------------

    def _thing(self) -> tuple[Box, Point | None]:
        """Its front, and where its back lies from there if it is seen from aside."""
        dice = self._dice
        width, height = self._size
        for _ in range(8):  # beside the others, if there is room
            wide, high = dice.between(0.12, 0.6) * width, dice.between(0.12, 0.6) * height
            left = dice.between(0.08, 0.92) * (width - wide)
            top = dice.between(0.08, 0.92) * (height - high)
            box = (left, top, left + wide, top + high)
            if not any(_overlap(box, other) for other in self._things):
                break
        self._things.append(box)
        shade = dice.whole(20, 250)
        slant = math.radians(dice.between(18, 65)) * dice.pick((1, 1, 1, -1))
        deep = dice.between(0.1, 0.45) * min(wide, high)
        back = (deep * math.cos(slant), -deep * abs(math.sin(slant)))
        solid = dice.chance(0.65)
        if solid:
            self._block(box, back, shade)
        else:
            self._silhouette(box, shade)
        if dice.chance(0.5):
            self._details(box, shade)
        return box, back if solid else None

    def _block(self, box: Box, back: Point, shade: int) -> None:
        x0, y0, x1, y1 = box
        dx, dy = back
        edge = max(0, shade - self._dice.whole(0, 90))
        top = [(x0, y0), (x1, y0), (x1 + dx, y0 + dy), (x0 + dx, y0 + dy)]
        near = x1 if dx > 0 else x0
        side = [(near, y0), (near, y1), (near + dx, y1 + dy), (near + dx, y0 + dy)]
        for corners, light in ((top, 25), (side, -25)):
            self._pen.polygon(corners, fill=min(255, max(0, shade + light)), outline=edge)
        self._pen.rectangle(box, fill=shade, outline=edge)

    def _silhouette(self, box: Box, shade: int) -> None:
        x0, y0, x1, y1 = box
        form = self._dice.pick(("ellipse", "rectangle", "bottle", "polygon", "frame"))
        if form == "ellipse":
            self._pen.ellipse(box, fill=shade)
        elif form == "bottle":
            neck = (x0 + 0.35 * (x1 - x0), y0, x0 + 0.65 * (x1 - x0), y1)
            self._pen.rounded_rectangle((x0, y0 + 0.3 * (y1 - y0), x1, y1), 12, fill=shade)
            self._pen.rectangle(neck, fill=shade)
        elif form == "polygon":
            turn = sorted(self._dice.between(0, 2 * math.pi) for _ in range(9))
            mid, half = ((x0 + x1) / 2, (y0 + y1) / 2), ((x1 - x0) / 2, (y1 - y0) / 2)
            at = [(mid[0] + half[0] * math.cos(a), mid[1] + half[1] * math.sin(a)) for a in turn]
            self._pen.polygon(at, fill=shade)
        elif form == "frame":
            self._pen.rectangle(box, outline=shade, width=self._dice.whole(2, 14))
        else:
            self._pen.rectangle(box, fill=shade)

    def _details(self, box: Box, shade: int) -> None:
        """Shelves, seams, textures: strokes that are no dimension lines."""
        x0, y0, x1, y1 = box
        dice = self._dice
        other = min(255, max(0, shade + dice.pick((-60, -30, 40, 70))))
        for _ in range(dice.whole(1, 7)):
            kind = dice.between(0.0, 1.0)
            x, y = dice.between(x0, x1), dice.between(y0, y1)
            if kind < 0.35:
                self._pen.line((x0, y, x1, y), fill=other, width=dice.whole(1, 4))
            elif kind < 0.7:
                self._pen.line((x, y0, x, y1), fill=other, width=dice.whole(1, 4))
            elif kind < 0.85:
                self._pen.line((x, y, dice.between(x0, x1), dice.between(y0, y1)), fill=other)
            else:
                r = dice.between(3, 0.2 * (x1 - x0) + 4)
                self._pen.ellipse((x - r, y - r, x + r, y + r), outline=other, width=2)

    # --- dimension lines --------------------------------------------------------------------------

    def _style(self) -> _Style:
        dice = self._dice
        return _Style(
            ink=dice.pick((0, 0, 30, 90)),
            pale=dice.pick((255, 220)),
            line_px=dice.pick((1, 1, 1, 2, 2, 3, 5)),
            letter_px=dice.whole(11, 38),
            face=dice.pick(_FACES),
            ends=dice.pick(("filled", "filled", "open", "open", "tick", "dot", "none", "bar")),
            dashed=dice.chance(0.12),
            stands=dice.pick(("beside", "beside", "beside", "on", "over")),
            turned=dice.chance(0.35),
            stacked=dice.chance(0.3),
            wings=dice.chance(0.4),
        )

    def _measured(self, box: Box, back: Point | None, style: _Style) -> None:
        x0, y0, x1, y1 = box
        dice = self._dice
        off = dice.between(0.4, 2.2) * style.letter_px + style.line_px
        lines: list[tuple[Point, Point, int, Point]] = []  # ends, kind, outwards
        over, under = (0.0, -1.0), (0.0, 1.0)
        toleft, toright = (-1.0, 0.0), (1.0, 0.0)
        up = y0 - off + (back[1] if back and dice.chance(0.7) else 0.0)
        far = x1 + off + (max(back[0], 0.0) if back else 0.0)
        choices = [
            ((x0, y1 + off), (x1, y1 + off), 1, under),
            ((x0, up), (x1, up), 1, over),
            ((x0 - off, y0), (x0 - off, y1), 2, toleft),
            ((far, y0), (far, y1), 2, toright),
        ]
        lines += dice.several(choices, dice.pick((1, 2, 2, 2, 3)))
        if dice.chance(0.3):  # of a part, or within the thing
            y = dice.between(y0, y1)
            a, b = sorted((dice.between(x0, x1), dice.between(x0, x1)))
            if b - a > 30:
                lines.append(((a, y), (b, y), 1, dice.pick((over, under))))
        if dice.chance(0.3):
            x = dice.between(x0, x1)
            a, b = sorted((dice.between(y0, y1), dice.between(y0, y1)))
            if b - a > 30:
                lines.append(((x, a), (x, b), 2, dice.pick((toleft, toright))))
        if back and dice.chance(0.85):
            lines.append(self._receding(box, back, off))
        elif dice.chance(0.15):  # across a round or a flat thing
            turn = math.radians(dice.pick((1, -1)) * dice.between(20, 70))
            mid, half = ((x0 + x1) / 2, (y0 + y1) / 2), min(x1 - x0, y1 - y0) / 2
            dx, dy = half * math.cos(turn), half * math.sin(turn)
            a, b = (mid[0] - dx, mid[1] - dy), (mid[0] + dx, mid[1] + dy)
            lines.append((a, b, 3, (-dy / half, dx / half)))
        for begin, end, kind, outwards in lines:
            if math.dist(begin, end) > 18:
                self._dimension(begin, end, kind, outwards, style)

    def _receding(self, box: Box, back: Point, off: float) -> tuple[Point, Point, int, Point]:
        """Along an edge that goes back: at the bottom of the side, or at the top."""
        x0, y0, x1, y1 = box
        dx, dy = back
        near = x1 if dx > 0 else x0
        size = math.hypot(dx, dy)
        outwards = (abs(dy) / size * (1 if dx > 0 else -1), abs(dx) / size)
        y = y1
        if self._dice.chance(0.35):
            near, y = (x0 if dx > 0 else x1), y0
            outwards = (-outwards[0], -outwards[1])
        shift = (outwards[0] * off, outwards[1] * off)
        begin = (near + shift[0], y + shift[1])
        return begin, (begin[0] + dx, begin[1] + dy), 3, outwards

    def _dimension(
        self, begin: Point, end: Point, kind: int, outwards: Point, style: _Style
    ) -> None:
        dice = self._dice
        lines = [self._length()]
        if style.stacked:
            lines.append(self._length())
        turn = 0.0
        along = math.degrees(math.atan2(end[1] - begin[1], end[0] - begin[0]))
        if style.turned and kind != 1:
            turn = -along if abs(along) <= 90 else 180 - along
            if kind == 2:
                turn = dice.pick((90.0, 90.0, 270.0))
        mask = self._letters(lines, style, turn)
        at = (
            float(dice.generator.normal(0.5, 0.05))
            if dice.chance(0.85)
            else dice.between(0.15, 0.85)
        )
        middle = (begin[0] + (end[0] - begin[0]) * at, begin[1] + (end[1] - begin[1]) * at)
        gap = 0.0
        if style.stands == "beside":
            half = abs(outwards[0]) * mask.width / 2 + abs(outwards[1]) * mask.height / 2
            gap = half + dice.between(0.1, 0.9) * style.letter_px + style.line_px
            if dice.chance(0.15):  # on the other hand, between the line and the thing
                gap = -gap
        place = (middle[0] + outwards[0] * gap, middle[1] + outwards[1] * gap)
        spot = self._spot(place, mask)
        if spot is None:
            return
        behind = self._behind(spot)
        ink = style.ink if behind > _DARK else style.pale
        self._stroke(begin, end, style, outwards, ink)
        if style.stands == "on":
            pad = 0.25 * style.letter_px
            hole = (spot[0] - pad, spot[1] - pad, spot[2] + pad, spot[3] + pad)
            self._pen.rectangle(hole, fill=behind)
        self._write(mask, spot, style, kind, len(lines))

    def _behind(self, spot: Spot) -> int:
        return int(np.median(np.asarray(self._image.crop(spot))))

    def _stroke(self, begin: Point, end: Point, style: _Style, outwards: Point, ink: int) -> None:
        size = math.dist(begin, end)
        along = ((end[0] - begin[0]) / size, (end[1] - begin[1]) / size)
        step = 7.0 if style.dashed else size
        at = 0.0
        while at < size:
            a, b = at, min(size, at + (0.6 * step if style.dashed else step))
            ends = [(begin[0] + along[0] * t, begin[1] + along[1] * t) for t in (a, b)]
            self._pen.line([*ends[0], *ends[1]], fill=ink, width=style.line_px)
            at += step
        for tip, way in ((begin, 1), (end, -1)):
            self._tip(tip, (along[0] * way, along[1] * way), style, ink)
        if style.wings:
            reach = self._dice.between(1, 4) * style.letter_px
            for tip in (begin, end):
                inner = (tip[0] - outwards[0] * reach, tip[1] - outwards[1] * reach)
                self._pen.line([*tip, *inner], fill=ink, width=max(1, style.line_px - 1))

    def _tip(self, tip: Point, along: Point, style: _Style, ink: int) -> None:
        size = (4 + 2.5 * style.line_px) * self._dice.between(0.8, 1.4)
        across = (-along[1], along[0])
        wings = [
            (tip[0] + along[0] * size * 1.6 + across[0] * size * s * 0.7,
             tip[1] + along[1] * size * 1.6 + across[1] * size * s * 0.7)
            for s in (1, -1)
        ]  # fmt: skip
        if style.ends == "filled":
            self._pen.polygon([tip, *wings], fill=ink)
        elif style.ends == "open":
            for wing in wings:
                self._pen.line([*tip, *wing], fill=ink, width=style.line_px)
        elif style.ends == "dot":
            r = size * 0.5
            box = (tip[0] - r, tip[1] - r, tip[0] + r, tip[1] + r)
            self._pen.ellipse(box, fill=ink)
        elif style.ends in ("tick", "bar"):
            slant = 0.0 if style.ends == "bar" else 0.7
            dx, dy = across[0] + along[0] * slant, across[1] + along[1] * slant
            ends = [tip[0] - dx * size, tip[1] - dy * size, tip[0] + dx * size, tip[1] + dy * size]
            self._pen.line(ends, fill=ink, width=style.line_px)

    # --- texts ------------------------------------------------------------------------------------

    def _length(self) -> str:
        dice = self._dice
        number = dice.pick(
            (f"{dice.whole(1, 300)}", f"{dice.between(1, 99):.1f}", f"{dice.between(1, 99):.2f}")
        )
        text = number + dice.pick(_UNITS)
        if dice.chance(0.2):
            text += dice.pick((" / ", "/", " (")) + f"{dice.between(1, 99):.1f} cm"
        if dice.chance(0.12):
            text = f"{dice.pick(_BESIDE)} {text}"
        return text

    def _letters(self, lines: list[str], style: _Style, turn: float) -> Image.Image:
        """The lines as a mask (L), turned counter-clockwise by `turn` degrees, cut to its ink."""
        folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
        font = ImageFont.truetype(folder / f"{style.face}.ttf", round(style.letter_px * 1.35))
        boxes = [font.getbbox(line) for line in lines]
        step = round(style.letter_px * 1.5)
        size = (int(max(b[2] for b in boxes)) + 8, step * len(lines) + style.letter_px + 8)
        mask = Image.new("L", size)
        pen = ImageDraw.Draw(mask)
        for n, line in enumerate(lines):
            pen.text(((size[0] - boxes[n][2]) / 2, 2 + n * step), line, font=font, fill=255)
        if turn:
            mask = mask.rotate(turn, expand=True, resample=Image.Resampling.BICUBIC)
        return mask.crop(mask.getbbox())

    def _spot(self, middle: Point, mask: Image.Image) -> Spot | None:
        """Where it goes, if nothing is written there."""
        left, top = round(middle[0] - mask.width / 2), round(middle[1] - mask.height / 2)
        spot = (left, top, left + mask.width, top + mask.height)
        if left < 2 or top < 2 or spot[2] > self._size[0] - 2 or spot[3] > self._size[1] - 2:
            return None
        if any(_overlap(spot, other) for other in self._taken):
            return None
        return spot

    def _write(self, mask: Image.Image, spot: Spot, style: _Style, kind: int, lines: int) -> None:
        ink = style.ink if self._behind(spot) > _DARK else style.pale
        self._image.paste(ink, spot[:2], mask)
        self._taken.append(spot)
        left, top, right, bottom = spot
        upright = bottom - top > 1.3 * (right - left)
        for n in range(lines):  # what stands in two lines is read as two texts
            if upright:
                part = (
                    left + (right - left) * n // lines,
                    top,
                    (right - left) // lines,
                    bottom - top,
                )
            else:
                part = (
                    left,
                    top + (bottom - top) * n // lines,
                    right - left,
                    (bottom - top) // lines,
                )
            self._texts.append(Text(part, float(style.letter_px), kind))

    def _prose(self) -> None:
        """A text that measures nothing here; now and then it points at something."""
        dice = self._dice
        style = self._style()
        is_length = dice.chance(0.5)
        text = self._length() if is_length else dice.pick(_PROSE)
        mask = self._letters([text], style, 0.0)
        spot = self._spot((dice.between(0, self._size[0]), dice.between(0, self._size[1])), mask)
        if spot is None:
            return
        if dice.chance(0.3):
            begin = (spot[2] + 4.0, (spot[1] + spot[3]) / 2)
            reach = dice.between(20, 140)
            end = (begin[0] + reach, begin[1] + dice.pick((0.0, dice.between(-80, 80))))
            ink = style.ink if self._behind(spot) > _DARK else style.pale
            self._pen.line([*begin, *end], fill=ink, width=style.line_px)
        self._write(mask, spot, style, 0, 1)

    def _printed(self) -> Pixels:
        """What scaling and JPEG leave of it."""
        dice = self._dice
        pixels = np.asarray(self._image)
        if dice.chance(0.4):
            pixels = cv2.GaussianBlur(pixels, (0, 0), dice.between(0.4, 1.1))
        if dice.chance(0.3):
            noise = dice.generator.normal(0, 5, pixels.shape)
            pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
        coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, dice.whole(45, 95)])[1]
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)


def _overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
