"""Strokes of drawings that are drawn here, so that every end and head is known."""

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from entity_extract.reading.line_segments import MOST_STROKES, find_strokes
from entity_extract.records import Stroke

Point = tuple[float, float]
NEAR = 6.0  # pixels of a 1000 px picture: a head's own length is where an end may be lost


def drawing(size: tuple[int, int] = (1000, 1000)) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", size, "white")
    return image, ImageDraw.Draw(image)


def arrow(draw: ImageDraw.ImageDraw, begin: Point, end: Point, *, width: int = 3) -> None:
    """A line with a filled arrow head of 18 x 14 pixels at both ends."""
    draw.line([begin, end], fill="black", width=width)
    for tip, tail in ((begin, end), (end, begin)):
        length = math.dist(tip, tail)
        u = ((tail[0] - tip[0]) / length, (tail[1] - tip[1]) / length)
        base = (tip[0] + 18 * u[0], tip[1] + 18 * u[1])
        draw.polygon(
            [
                tip,
                (base[0] - 7 * u[1], base[1] + 7 * u[0]),
                (base[0] + 7 * u[1], base[1] - 7 * u[0]),
            ],
            fill="black",
        )


def between(strokes: list[Stroke], begin: Point, end: Point, near: float = NEAR) -> list[Stroke]:
    """The strokes that run from `begin` to `end`, or back."""

    def joins(s: Stroke, one: Point, other: Point) -> bool:
        return math.dist(s[0:2], one) <= near and math.dist(s[2:4], other) <= near

    return [s for s in strokes if joins(s, begin, end) or joins(s, end, begin)]


@pytest.mark.parametrize(
    ("begin", "end"),
    [((200, 100), (800, 100)), ((100, 150), (100, 900)), ((150, 800), (700, 350))],
    ids=["level", "upright", "oblique"],
)
@pytest.mark.parametrize("width", [1, 2, 3, 6])
def test_a_drawn_line_is_found_from_end_to_end(begin: Point, end: Point, width: int) -> None:
    image, draw = drawing()
    draw.line([begin, end], fill="black", width=width)
    (found,) = between(find_strokes(np.asarray(image)), begin, end)
    assert found.drawn
    assert found.thickness == pytest.approx(width, abs=3.0)  # blur widens it
    assert found.length == pytest.approx(math.dist(begin, end), abs=2 * NEAR)


def test_a_faint_line_is_found() -> None:
    image, draw = drawing()
    draw.line([(200, 100), (800, 100)], fill=(215, 215, 215), width=2)
    assert between(find_strokes(np.asarray(image)), (200, 100), (800, 100))


def test_a_light_line_on_a_dark_ground_is_drawn_too() -> None:
    image = Image.new("RGB", (1000, 1000), (40, 40, 60))
    ImageDraw.Draw(image).line([(200, 100), (800, 100)], fill="white", width=3)
    (found,) = between(find_strokes(np.asarray(image)), (200, 100), (800, 100))
    assert found.drawn


def test_the_sides_of_an_area_are_edges_and_not_drawn_lines() -> None:
    image, draw = drawing()
    draw.rectangle((300, 200, 700, 800), fill=(120, 90, 60))
    strokes = find_strokes(np.asarray(image))
    (left,) = between(strokes, (300, 200), (300, 800))
    (bottom,) = between(strokes, (300, 800), (700, 800))
    assert len(strokes) == 4
    assert [left.thickness, bottom.thickness] == [0, 0]


def test_a_line_broken_by_its_text_is_two_strokes() -> None:
    image, draw = drawing()
    draw.line([(100, 500), (400, 500)], fill="black", width=3)
    draw.line([(600, 500), (900, 500)], fill="black", width=3)
    strokes = find_strokes(np.asarray(image))
    assert len(between(strokes, (100, 500), (400, 500))) == 1
    assert len(between(strokes, (600, 500), (900, 500))) == 1


def test_a_line_with_a_gap_of_a_few_pixels_is_one_stroke() -> None:
    image, draw = drawing()
    draw.line([(100, 500), (450, 500)], fill="black", width=3)
    draw.line([(458, 500), (900, 500)], fill="black", width=3)
    (found,) = between(find_strokes(np.asarray(image)), (100, 500), (900, 500))
    assert found.drawn


def test_ends_are_in_pixels_of_the_full_size_picture() -> None:
    image, draw = drawing((3000, 2000))
    draw.line([(600, 300), (2400, 300)], fill="black", width=9)
    (found,) = between(find_strokes(np.asarray(image)), (600, 300), (2400, 300), near=12)
    assert found.thickness == pytest.approx(9, abs=5)


@pytest.mark.parametrize("grains", [4, 40, 400])
def test_the_blobs_and_the_grain_of_a_photo_are_hardly_ever_drawn_lines(grains: int) -> None:
    grain = np.random.default_rng(0).normal(128, 40, (grains, grains)).clip(0, 255)
    photo = Image.fromarray(grain.astype(np.uint8)).resize((1000, 1000), Image.Resampling.BICUBIC)
    assert sum(stroke.drawn for stroke in find_strokes(np.asarray(photo))) <= 2


def test_there_are_never_more_strokes_than_agreed_and_the_long_ones_stay() -> None:
    image, draw = drawing()
    for i in range(10, 990, 14):
        draw.line([(i, 100), (i, 150)], fill="black", width=2)
    draw.line([(100, 600), (900, 600)], fill="black", width=2)
    strokes = find_strokes(np.asarray(image))
    assert len(strokes) == MOST_STROKES
    assert between(strokes, (100, 600), (900, 600))


def test_a_drawn_line_stays_before_edges_that_are_a_little_longer() -> None:
    image, draw = drawing()
    for left in range(20, 960, 28):
        draw.rectangle((left, 100, left + 13, 300), fill="black")
    draw.line([(200, 600), (360, 600)], fill="black", width=2)
    strokes = find_strokes(np.asarray(image))
    assert len(strokes) == MOST_STROKES
    assert between(strokes, (200, 600), (360, 600))


@pytest.mark.parametrize("size", [(1, 1), (20000, 20), (15, 15), (600, 600), (1, 3000)])
def test_a_white_or_a_tiny_or_a_stripe_of_a_picture_has_no_strokes(size: tuple[int, int]) -> None:
    assert find_strokes(np.full((size[1], size[0], 3), 255, np.uint8)) == []


def test_a_stripe_with_a_line_does_not_crash() -> None:
    pixels = np.full((20, 20000, 3), 255, np.uint8)
    pixels[8:11] = 0
    assert find_strokes(pixels) == []


def test_grey_and_colour_pixels_give_the_same_strokes() -> None:
    image, draw = drawing()
    arrow(draw, (200, 500), (800, 500))
    assert find_strokes(np.asarray(image.convert("L"))) == find_strokes(np.asarray(image))


def test_the_same_pixels_give_the_same_strokes_again() -> None:
    image, draw = drawing()
    arrow(draw, (200, 500), (640, 130))
    draw.ellipse((300, 500, 800, 900), outline="black", width=4)
    assert find_strokes(np.asarray(image)) == find_strokes(np.asarray(image))
