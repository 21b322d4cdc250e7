"""Lines of text in pictures that are drawn here, so that the ink of every line is known."""

import tracemalloc
import warnings

import numpy as np
import pytest
from PIL import Image, ImageOps

from entity_extract.reading.text_lines.detector import TextLine, find_text_lines
from tests.unit.reading.cases import TURNS, Ink, noise, oblique, turned, write, written

TEXT = "Net weight 250 g"


def grey(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L"))


def box(line: TextLine) -> Ink:
    """Upright box of a line that runs across or down."""
    across = line.degrees % 180 == 0
    width, height = (line.length, line.thickness) if across else (line.thickness, line.length)
    return line.x - width / 2, line.y - height / 2, line.x + width / 2, line.y + height / 2


def fits(line: TextLine, ink: Ink, near: float = 4.0) -> bool:
    return bool(np.abs(np.subtract(box(line), ink)).max() <= near)


@pytest.mark.parametrize("angle", [0, 90, 270])
def test_a_line_is_found_with_its_box_its_letter_height_and_its_direction(angle: int) -> None:
    image, ink = written(TEXT)
    image = image.transpose(TURNS[angle]) if angle else image
    found = [
        line for line in find_text_lines(grey(image)) if fits(line, turned(ink, angle, (600, 300)))
    ]
    assert [line.degrees % 180 for line in found if line.dark] == [angle % 180]
    # Letters of a 40 px font are 22 px high, those with an ascender or a descender 30.
    assert 20 <= found[0].letter_height <= 32
    assert found[0].runs_down is (angle != 0)


def test_the_lines_that_run_down_or_up_are_left_out_where_they_are_not_asked_for() -> None:
    image, ink = written(TEXT)
    sideways = grey(image.transpose(TURNS[90]))
    ink = turned(ink, 90, image.size)
    assert any(fits(line, ink) for line in find_text_lines(sideways))
    assert not any(fits(line, ink) for line in find_text_lines(sideways, turned=False))


@pytest.mark.parametrize("degrees", [10, 30, -30, 45, -45, 60, -60])
def test_an_oblique_line_is_found_along_its_letters(degrees: int) -> None:
    image, _ = oblique(TEXT, degrees)
    line = next(line for line in find_text_lines(grey(image)) if line.dark)
    assert abs((line.degrees - degrees + 90) % 180 - 90) < 4
    assert np.hypot(line.x - 300, line.y - 300) < 20
    assert line.length == pytest.approx(270, abs=25)
    assert line.thickness < 50


def test_an_oblique_line_is_no_line_where_none_is_asked_for() -> None:
    image, _ = oblique(TEXT, 45)
    lengths = [line.length for line in find_text_lines(grey(image), slanted=False)]
    assert max(lengths, default=0) < 100


def test_light_letters_on_a_dark_ground_are_told_from_dark_ones() -> None:
    image, ink = written(TEXT)
    inverted = grey(ImageOps.invert(image))
    assert [line.dark for line in find_text_lines(grey(image)) if fits(line, ink)] == [True]
    assert [line.dark for line in find_text_lines(inverted) if fits(line, ink)] == [False]
    assert not any(fits(line, ink) for line in find_text_lines(inverted, light=False))


@pytest.mark.parametrize(
    ("size", "at", "px"),
    [((4200, 3000), (1500, 2000), 200), ((240, 120), (40, 50), 9), ((600, 300), (60, 50), 20)],
)
def test_boxes_are_in_pixels_of_the_picture_whatever_its_size(
    size: tuple[int, int], at: tuple[int, int], px: int
) -> None:
    image, ink = written("Weight", at=at, size=size, px=px)
    assert any(fits(line, ink, near=0.05 * px + 2) for line in find_text_lines(grey(image)))


def test_lines_close_below_each_other_are_two() -> None:
    image = Image.new("RGB", (600, 300), "white")
    inks = [write(image, text, at=(60, y), px=30) for text, y in ((TEXT, 50), ("Height 45", 88))]
    lines = [line for line in find_text_lines(grey(image)) if line.dark and line.degrees == 0]
    assert [any(fits(line, ink) for line in lines) for ink in inks] == [True, True]


def test_an_inch_mark_belongs_to_the_number_before_it() -> None:
    image, ink = written('14.5"', px=60)
    (line,) = (line for line in find_text_lines(grey(image)) if line.dark and line.degrees == 0)
    assert fits(line, ink)


def test_the_largest_line_comes_first() -> None:
    image = Image.new("RGB", (600, 300), "white")
    write(image, "serves four people", at=(40, 40), px=20)
    ink = write(image, TEXT, at=(40, 150), px=50)
    lines = find_text_lines(grey(image), light=False)
    assert fits(lines[0], ink)
    sizes = [line.length * line.thickness for line in lines]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 50), (50, 1), (8, 8), (300, 200), (20_000, 20), (20, 20_000)]
)
def test_a_picture_of_one_colour_has_no_lines(size: tuple[int, int]) -> None:
    for colour in ("white", "black", "orange"):
        assert find_text_lines(grey(Image.new("RGB", size, colour))) == []


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 50), (50, 1), (8, 8), (200, 200), (1500, 1500), (20_000, 20)]
)
def test_noise_has_a_bounded_number_of_lines_and_they_are_finite(size: tuple[int, int]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        lines = find_text_lines(grey(noise(*size)))
    assert len(lines) <= 400
    for line in lines:
        assert line.shape is not None
        assert np.isfinite([*line[:6], *line.shape]).all()
        assert line.length >= 1.2 * line.thickness > 0
        assert line.letter_height > 0


def test_a_fabric_that_is_one_row_of_thousands_of_blobs_takes_little_memory() -> None:
    fabric = np.full((1200, 1200), 255, np.uint8)
    columns = [(8, 9, 0), (16, 18, 0), (8, 9, 0), (16, 18, 9)]  # height, pitch, first
    for number, left in enumerate(range(0, 1180, 11)):
        height, pitch, first = columns[number % 4]
        for top in range(first, 1170, pitch):
            fabric[top : top + height, left : left + 7] = 0
    tracemalloc.start()
    lines = find_text_lines(fabric)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert max(line.shape.letters for line in lines if line.shape is not None) > 1000
    assert peak < 100 * 2**20
