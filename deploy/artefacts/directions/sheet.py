"""A sheet of paper on which things, lines and texts are drawn, and what is known of the texts."""

import math
from dataclasses import dataclass
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

_LEVEL: Final = 12.0  # degrees
_DARK: Final = 120  # grey levels: on less, ink is pale
FACES: Final = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "STIXGeneral", "DejaVuSerif")


@dataclass(frozen=True)
class Text:
    """A printed line: `box` is left, top, width and height of its ink; `kind` a place in KINDS."""

    box: tuple[int, int, int, int]
    letter_px: float
    kind: int


@dataclass(frozen=True)
class Style:
    """How one seller draws lines and writes beside them."""

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

    def ink_on(self, ground: int) -> int:
        return self.ink if ground > _DARK else self.pale


@dataclass(frozen=True)
class Line:
    """A dimension line, and which way from it the thing is not; `outwards` has length 1."""

    begin: Point
    end: Point
    outwards: Point
    style: Style

    @property
    def slope(self) -> float:
        """Degrees that it falls to the right, -90 to 90."""
        dx, dy = self.end[0] - self.begin[0], self.end[1] - self.begin[1]
        return math.degrees(math.atan2(dy, dx) if dx > 0 else math.atan2(-dy, -dx))

    @property
    def kind(self) -> int:
        """A place in KINDS; as of strokes, what is within _LEVEL of an axis runs along it."""
        if abs(self.slope) <= _LEVEL:
            return 1
        return 2 if abs(self.slope) >= 90 - _LEVEL else 3

    def moved(self, by: npt.NDArray[np.float64]) -> "Line":
        """Where it is after the (2, 3) affine map `by`."""
        begin, end = (tuple(by @ (*point, 1.0)) for point in (self.begin, self.end))
        dx, dy = end[0] - begin[0], end[1] - begin[1]
        size = math.hypot(dx, dy)
        way = by[:, :2] @ self.outwards
        side = 1 if way @ (-dy, dx) > 0 else -1
        return Line(begin, end, (-dy * side / size, dx * side / size), self.style)


class Sheet:
    """`size` is (width, height) in pixels, 380 to 1,000 each."""

    def __init__(self, dice: Dice) -> None:
        self.dice = dice
        self.size = dice.whole(380, 1000), dice.whole(380, 1000)
        self.image = Image.new(
            "L", self.size, dice.pick((255, 255, 255, 250, 240, dice.whole(0, 255)))
        )
        self.pen = ImageDraw.Draw(self.image)
        self.texts: list[Text] = []
        self.things: list[Box] = []
        self.lines: list[Line] = []
        self._taken: list[Spot] = []

    def shade(self) -> None:
        """A photo's background: slow changes of light, coarse grain."""
        small = self.dice.generator.integers(90, 256, (4, 4))
        grown = cv2.resize(small.astype(np.uint8), self.size, interpolation=cv2.INTER_CUBIC)
        self.image.paste(Image.fromarray(grown))

    def lean(self) -> None:
        """What is drawn so far is seen from aside, or lies turned: level lines no longer are."""
        dice = self.dice
        middle = (self.size[0] / 2, self.size[1] / 2)
        if dice.chance(0.7):
            rise = math.tan(math.radians(dice.between(6, 35))) * dice.pick((1, -1))
            by = np.array([[1.0, 0.0, 0.0], [rise, 1.0, -rise * middle[0]]])
        else:
            by = cv2.getRotationMatrix2D(middle, dice.between(-80, 80), 1.0)
        pixels = np.asarray(self.image)
        moved = cv2.warpAffine(pixels, by, self.size, borderMode=cv2.BORDER_REPLICATE)
        self.image.paste(Image.fromarray(moved))
        self.lines = [line.moved(by) for line in self.lines]

    def letters(self, lines: list[str], style: Style, turn: float) -> Image.Image:
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

    def spot(self, middle: Point, mask: Image.Image) -> Spot | None:
        """Where it goes, if nothing is written there."""
        left, top = round(middle[0] - mask.width / 2), round(middle[1] - mask.height / 2)
        spot = (left, top, left + mask.width, top + mask.height)
        if left < 2 or top < 2 or spot[2] > self.size[0] - 2 or spot[3] > self.size[1] - 2:
            return None
        if any(overlap(spot, other) for other in self._taken):
            return None
        return spot

    def behind(self, spot: Spot) -> int:
        """The grey of most of it; what lies beyond the sheet is black."""
        return int(np.median(np.asarray(self.image.crop(spot))))

    def write(self, mask: Image.Image, spot: Spot, style: Style, kind: int, lines: int) -> None:
        ink = style.ink_on(self.behind(spot))
        self.image.paste(ink, spot[:2], mask)
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
            self.texts.append(Text(part, float(style.letter_px), kind))

    def printed(self) -> Pixels:
        """What scaling and JPEG leave of it."""
        dice = self.dice
        pixels = np.asarray(self.image)
        if dice.chance(0.4):
            pixels = cv2.GaussianBlur(pixels, (0, 0), dice.between(0.4, 1.1))
        if dice.chance(0.3):
            noise = dice.generator.normal(0, 5, pixels.shape)
            pixels = np.clip(pixels + noise, 0, 255).astype(np.uint8)
        coded = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, dice.whole(45, 95)])[1]
        return np.asarray(cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE), np.uint8)


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]
