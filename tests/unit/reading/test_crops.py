"""Lines cut out of drawn pictures: upright, dark on light, at one letter height, and back."""

import numpy as np
import pytest
from PIL import Image, ImageOps

from entity_extract.quantities.geometry import Box
from entity_extract.reading.text_lines.crops import Crop, cut_out
from entity_extract.reading.text_lines.detector import TextLine, find_text_lines
from tests.unit.reading.cases import TURNS, Ink, oblique, turned, written

TEXT = "HEIGHT 45"
FRAME = 10  # pixels of plain background around every crop


def grey(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L"))


def found(image: Image.Image, *, dark: bool = True) -> TextLine:
    """The largest line of that colour; what is between letters is a line of the other one."""
    return next(line for line in find_text_lines(grey(image)) if line.dark is dark)


def inked(crop: Crop) -> Box:
    rows, columns = np.nonzero(crop.pixels < 128)
    left, top = int(columns.min()), int(rows.min())
    return Box(left, top, int(columns.max()) + 1 - left, int(rows.max()) + 1 - top)


def near(box: Box, ink: Ink, pixels: float) -> bool:
    sides = (box.left, box.top, box.left + box.width, box.top + box.height)
    return bool(np.abs(np.subtract(sides, ink)).max() <= pixels)


def line(length: float, *, letter: float = 20.0, x: float = 300.0, degrees: float = 0) -> TextLine:
    return TextLine(x, 100.0, length, 1.2 * letter, degrees, letter)


@pytest.mark.parametrize("letter_px", [16.0, 32.0, 48.0])
@pytest.mark.parametrize("px", [12, 40, 120])
def test_letters_come_out_at_the_height_that_is_asked_for(px: int, letter_px: float) -> None:
    image, _ = written(TEXT, px=px, size=(1000, 300))
    crop = cut_out(grey(image), found(image), letter_px)
    assert inked(crop).height == pytest.approx(letter_px, rel=0.12)


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
@pytest.mark.parametrize("spaces", [False, True])
def test_a_box_of_the_crop_goes_back_to_where_it_is_in_the_picture(
    angle: int, spaces: bool
) -> None:
    image, ink = written(TEXT)
    image = image.transpose(TURNS[angle]) if angle else image
    here = found(image)._replace(degrees=float(angle))
    crop = cut_out(grey(image), here, 32, spaces=spaces)
    assert crop.angle == angle
    back = crop.box_in_picture(inked(crop), image.size)
    assert near(back, turned(ink, angle, (600, 300)), 2)


@pytest.mark.parametrize("degrees", [-60, -30, 30, 45])
def test_an_oblique_line_comes_out_level_and_goes_back_oblique(degrees: int) -> None:
    image, ink = oblique("HEIGHT", degrees)
    crop = cut_out(grey(image), found(image), 32)
    assert inked(crop).height < 1.35 * 32  # level: oblique, its ends would be far above each other
    assert near(crop.box_in_picture(inked(crop), image.size), ink, 16)


def test_light_letters_come_out_dark() -> None:
    image, _ = written(TEXT)
    dark = cut_out(grey(image), found(image), 32)
    inverted = ImageOps.invert(image)
    light = cut_out(grey(inverted), found(inverted, dark=False), 32)
    assert np.median(light.pixels) > 200
    assert np.abs(dark.pixels.astype(int) - light.pixels).mean() < 4


def test_a_crop_is_framed_with_its_own_ground() -> None:
    image, _ = written(TEXT, ground="yellow")
    pixels = cut_out(grey(image), found(image), 32).pixels
    ground = grey(image)[0, 0]
    for rim in (pixels[:FRAME], pixels[-FRAME:], pixels[:, :FRAME], pixels[:, -FRAME:]):
        assert (rim == ground).all()


def gaps(crop: Crop) -> list[int]:
    """Widths of the columns without ink between letters."""
    edges = np.flatnonzero(np.diff((crop.pixels < 128).any(axis=0).astype(int)))
    return [int(gap) for gap in np.diff(edges)[1::2]]


def test_spaces_are_widened_and_the_gaps_between_letters_are_not() -> None:
    image, _ = written("250 g")
    plain = gaps(cut_out(grey(image), found(image), 32))
    wide = gaps(cut_out(grey(image), found(image), 32, spaces=True))
    assert wide[:2] == plain[:2]
    assert plain[2] < 0.6 * 32
    assert wide[2] == pytest.approx(0.7 * 32, abs=2)


def test_a_word_after_a_widened_space_goes_back_to_its_own_place() -> None:
    image, ink = written("250 g")
    crop = cut_out(grey(image), found(image), 32, spaces=True)
    whole = inked(crop)
    unit = crop.box_in_picture(
        whole._replace(left=whole.left + whole.width - 10, width=10), (600, 300)
    )
    assert unit.left + unit.width == pytest.approx(ink[2], abs=2)
    assert unit.width < 12


def test_spaces_of_a_line_too_long_for_full_size_are_measured_in_its_own_letters() -> None:
    """Whose letters come out lower than asked, and the spaces between them narrower."""
    image, ink = written("HEIGHT 45 MM " * 14, size=(5200, 200), px=40)
    middle, length = (ink[0] + ink[2]) / 2, ink[2] - ink[0]
    here = TextLine(middle, (ink[1] + ink[3]) / 2, length, ink[3] - ink[1], 0.0, 29.0)
    crop = cut_out(grey(image), here, 100, spaces=True)
    letter = inked(crop).height
    assert letter < 32
    widest = np.sort(gaps(crop))[-41:] / letter
    assert widest == pytest.approx(0.7, abs=0.05)


def test_a_line_at_the_edge_of_the_picture_is_continued_and_its_boxes_stay_inside() -> None:
    image, _ = written(TEXT, at=(0, -8), size=(220, 30))
    crop = cut_out(grey(image), line(300, x=110)._replace(y=15.0), 32)
    height, width = crop.pixels.shape
    for box in (Box(0, 0, width, height), Box(0, 0, 1, 1), Box(width - 1, height - 1, 1, 1)):
        back = crop.box_in_picture(box, image.size)
        assert 0 <= back.left < back.left + back.width <= 220
        assert 0 <= back.top < back.top + back.height <= 30


@pytest.mark.parametrize("degrees", [0, 90, 45])
@pytest.mark.parametrize("length", [0.5, 200, 50_000])
@pytest.mark.parametrize("letter", [0.5, 20, 4_000])
def test_no_line_makes_a_crop_larger_than_text_needs(
    letter: float, length: float, degrees: float
) -> None:
    picture = np.full((200, 600), 255, np.uint8)
    crop = cut_out(picture, line(length, letter=letter, degrees=degrees), 32)
    height, width = crop.pixels.shape
    assert width <= 4_000 + 2 * FRAME
    assert height <= 2 * 32 + 2 * FRAME


def test_large_letters_are_shrunk_without_skipping_pixels() -> None:
    checks = (np.indices((400, 1200)).sum(axis=0) % 2 * 255).astype(np.uint8)
    here = TextLine(600.0, 200.0, 1000.0, 300.0, 0.0, 250.0)
    inner = cut_out(checks, here, 32).pixels[FRAME:-FRAME, FRAME:-FRAME]
    assert inner.std() < 12  # skipping would leave black and white
    assert inner.mean() == pytest.approx(127.5, abs=4)
