"""Long and large pictures: their letters are seen as those of ordinary ones are."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from entity_extract.config import OcrConfig, load_config
from entity_extract.quantities.geometry import Box
from entity_extract.reading.engines import reader_for
from entity_extract.reading.picture_row import PictureReader
from entity_extract.reading.stitching import Part, stitched
from entity_extract.reading.text_lines.detector import WORK_PX
from entity_extract.reading.tiles import Tiled, tiles_of
from entity_extract.records import Word
from tests.server import encoded
from tests.unit.reading.cases import TURNS, font, written

CONFIG = load_config()
SIZES = st.tuples(st.integers(8, 40_000), st.integers(8, 40_000))


def infographic(size: tuple[int, int], px: int, step: int = 301) -> tuple[Image.Image, list[str]]:
    """White, with a line of text each `step` pixels down; the second word of each is its own."""
    image = Image.new("RGB", size, "white")
    names = []
    for top in range(40, size[1] - 2 * px, step):
        names.append(str(100 + len(names)))
        text = f"weight {names[-1]} grams"
        ImageDraw.Draw(image).text((60, top), text, fill="black", font=font(px))
    return image, names


def read(image: Image.Image, **ocr: object) -> list[Word]:
    config = OcrConfig.model_validate({"skip": ["second_look"], **ocr})
    return reader_for(config, CONFIG.domain).read(image)


@pytest.mark.parametrize(
    ("engine", "size", "px"),
    [("tesseract", (750, 6000), 26), ("tesseract", (300, 3000), 20), ("rapidocr", (400, 3600), 20)],
)
def test_every_line_of_a_long_picture_is_read_once(
    engine: str, size: tuple[int, int], px: int
) -> None:
    image, names = infographic(size, px)
    words = read(image, engine=engine)
    seen = Counter(word.text for word in words)
    assert [seen[name] for name in names] == [1] * len(names)
    lines = Counter(word.block for word in words if word.text in (*names, "weight", "grams"))
    assert set(lines.values()) == {3}
    tops = [word.top for word in words if word.text == names[-1]]
    assert tops[0] == pytest.approx(40 + 301 * (len(names) - 1) + px / 4, abs=px / 2)


def test_a_line_longer_than_any_tile_is_whole() -> None:
    """In a wide picture, and turned down and up: no word is missed, twice there or out of place."""
    said = " ".join(6 * ["quick brown foxes jump over lazy dogs while seven wizards brew beer"])
    image = Image.new("RGB", (6400, 500), "white")
    ImageDraw.Draw(image).text((40, 200), said, fill="black", font=font(24))
    for turned in (image, *(image.transpose(TURNS[angle]) for angle in (90, 270))):
        lines: dict[int, list[str]] = {}
        for word in read(turned):
            lines.setdefault(word.block, []).append(word.text)
        line = max(lines.values(), key=len)
        letters = "".join(line)
        assert len(letters) == pytest.approx(len(said.replace(" ", "")), abs=3)
        assert letters.count("brownfoxesjum") == letters.count("lazydogs") == 6
        assert line[0] == "quick"
        assert line[-1] == "beer"


def test_letters_too_large_for_a_tile_are_read_in_the_picture_as_a_whole() -> None:
    image = Image.new("RGB", (6000, 1000), "white")
    ImageDraw.Draw(image).text((300, 150), "CONTAINER", fill="black", font=font(800))
    assert "CONTAINER" in texts(read(image))


def test_a_large_picture_in_which_nothing_was_read_is_looked_at_closer() -> None:
    image, _ = written("Net weight 500 g", size=(4000, 3600), at=(1800, 2000), px=20)
    assert [word.text for word in read(image)] == ["Net", "weight", "500", "g"]


def texts(words: list[Word]) -> list[str]:
    return [word.text for word in words]


def row_of(image: Image.Image, **ocr: object) -> dict[str, object]:
    settings = OcrConfig.model_validate(ocr)
    reader = PictureReader(CONFIG.image, settings, CONFIG.domain)
    return reader.row(encoded(image, "PNG"))


@pytest.mark.parametrize("size", [(500, 6000), (2600, 2500)])
def test_what_was_only_looked_at_shrunk_is_not_said_to_hold_nothing(size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, "white")
    row = row_of(image, tiles=2)
    assert row["status"] == "low_resolution"
    assert "nothing was read: raise ocr.tiles" in str(row["reason"])
    assert row_of(image, tiles=0)["status"] == "low_resolution"
    assert "status" not in row_of(image)


def test_an_ordinary_picture_that_was_read_is_left_as_it_is() -> None:
    image, _ = written("Net weight 500 g", size=(3000, 2000), px=90)
    asked: list[tuple[int, int]] = []

    class Once:
        version = "once"

        def read(self, image: Image.Image) -> list[Word]:
            asked.append(image.size)
            return [Word("500", 90.0, 9, 9, 9, 9, block=7, line=3, pass_="once")]  # noqa: S106

    words = Tiled(Once(), OcrConfig()).read(image)
    assert asked == [(3000, 2000)]
    assert (words[0].block, words[0].line) == (7, 3)


@given(SIZES, st.integers(0, 40), st.booleans())
def test_tiles_cover_the_picture_and_are_as_many_as_allowed(
    size: tuple[int, int], most: int, empty: bool
) -> None:
    tiles = tiles_of(size, most, empty=empty)
    assert len(tiles) <= most
    if not tiles:
        return
    for axis in (0, 1):
        spans = sorted({(tile[axis], tile[axis] + tile[axis + 2]) for tile in tiles})
        assert (spans[0][0], spans[-1][1]) == (0, size[axis])
        for (_, end), (start, last) in pairwise(spans):
            assert end - start >= 0.2 * (last - start)  # what is lower is whole in one of both
    if max(size) < 12_000 and min(size) <= 2 * WORK_PX and most >= 16:
        assert all(max(tile[2:]) <= 2 * WORK_PX for tile in tiles)


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_of_overlapping_parts_each_line_comes_once_and_whole(angle: int) -> None:
    """Parts whose words are exact: what their edges cut is lost to them, and to nobody else."""
    rng = np.random.default_rng(angle)
    for size in [(6000, 700), (700, 6000), (2400, 9000)] * 6:
        printed = list(_printed(rng, size, angle))
        parts = [Part(Box(0, 0, *size), [])]
        parts += [Part(tile, _seen(printed, tile)) for tile in tiles_of(size, 16, empty=False)]
        lines: dict[int, list[str]] = {}
        for word in stitched(parts):
            lines.setdefault(word.block, []).append(word.text)
        expected: dict[int, list[str]] = {}
        for word in printed:
            expected.setdefault(word.block, []).append(word.text)
        assert sorted(lines.values()) == sorted(expected.values())


def _printed(rng: np.random.Generator, size: tuple[int, int], angle: int) -> Iterator[Word]:
    """Lines of words 40 pixels long and 20 high, in the direction of `angle`."""
    level = angle in (0, 180)
    length, breadth = size if level else size[::-1]
    for block, across in enumerate(range(20, breadth - 30, int(rng.integers(60, 300)))):
        start = int(rng.integers(0, length - 60))
        places = [start + 50 * number for number in range(int(rng.integers(1, 200)))]
        places = [place for place in places if place <= length - 40]
        for number, along in enumerate(places[::-1] if angle in (180, 270) else places):
            box = (along, across, 40, 20) if level else (across, along, 20, 40)
            text = f"{block}.{number}"
            yield Word(text, 90.0, *box, block=block, angle=angle, pass_="p")  # noqa: S106


def _seen(words: list[Word], tile: Box) -> list[Word]:
    """The words that lie in `tile`, those that its edges cut with what is left of them."""
    seen = []
    for word in words:
        left, top = max(word.left, tile.left), max(word.top, tile.top)
        right = min(word.left + word.width, tile.left + tile.width)
        bottom = min(word.top + word.height, tile.top + tile.height)
        if right - left >= 4 and bottom - top >= 4:
            whole = (right - left) * (bottom - top) == word.width * word.height
            seen.append(
                word._replace(
                    text=word.text if whole else "?",
                    left=left - tile.left,
                    top=top - tile.top,
                    width=right - left,
                    height=bottom - top,
                )
            )
    return seen


def test_of_two_readings_of_one_line_the_one_that_says_more_is_kept() -> None:
    place = {"top": 200, "height": 20, "pass_": "p"}
    faint = [Word("l0O", 40.0, 100, width=60, **place), Word("g", 40.0, 170, width=20, **place)]
    clear = [faint[0]._replace(text="100", conf=95.0), faint[1]._replace(conf=95.0)]
    whole, tile = Box(0, 0, 700, 6000), Box(0, 0, 700, 1200)
    assert texts(stitched([Part(whole, faint), Part(tile, clear)])) == ["100", "g"]
    again = [word._replace(pass_="another look") for word in clear]  # noqa: S106
    assert len(stitched([Part(whole, faint), Part(tile, again)])) == 4


def test_words_of_an_engine_that_tells_no_lines_are_taken_as_they_are() -> None:
    one, other = (Word(text, 90.0, 10, 10, 10, 10) for text in "12")
    parts = [Part(Box(0, 0, 700, 6000), [one]), Part(Box(0, 4000, 700, 1200), [other])]
    assert [(word.text, word.top) for word in stitched(parts)] == [("1", 10), ("2", 4010)]


def test_the_number_of_tiles_is_part_of_how_a_picture_is_read() -> None:
    from entity_extract.reading.reader_version import reader_version

    versions = {
        reader_version(OcrConfig(tiles=tiles), CONFIG.image, CONFIG.domain) for tiles in (16, 4)
    }
    assert len(versions) == 2
