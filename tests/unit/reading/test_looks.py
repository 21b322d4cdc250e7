"""A second look: what it finds that the first did not, and where it says that it stands."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from entity_extract.config import Look, OcrConfig, RereadConfig, load_config
from entity_extract.reading.engine import OcrTimeout
from entity_extract.reading.engines import reader_for
from entity_extract.reading.looks import LOOKS, Looks
from entity_extract.reading.reader_version import reader_version
from entity_extract.records import Word
from tests.unit.reading.cases import written

CONFIG = load_config()
PPOCR = OcrConfig(engine="rapidocr")
GREY = "#5a5a5a"


def read(image: Image.Image, ocr: OcrConfig = PPOCR) -> list[Word]:
    return reader_for(ocr, CONFIG.domain).read(image)


def reread(image: Image.Image, *looks: Look) -> list[Word]:
    return read(image, RereadConfig(looks=looks).of(PPOCR))


def faint() -> Image.Image:
    """Letters eight grey levels lighter than their ground, beside what is plain."""
    image, _ = written("350 g", at=(60, 200), size=(640, 480), fill="#626262", ground=GREY)
    image.paste("white", (10, 10, 200, 120))
    return image


def small() -> Image.Image:
    """Letters six pixels high, not quite sharp."""
    image, _ = written("350 g", at=(360, 300), size=(1280, 1000), px=28, fill="#444444")
    soft = cv2.resize(np.asarray(image), None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    return Image.fromarray(soft.astype(np.uint8))


@pytest.mark.parametrize(("look", "picture"), [("contrast", faint()), ("enlarged", small())])
def test_what_the_first_look_did_not_see_is_read(look: Look, picture: Image.Image) -> None:
    assert "350" not in [word.text for word in read(picture)]
    assert [word.text for word in reread(picture, look)] == ["350", "g"]


@pytest.mark.parametrize("look", LOOKS)
def test_words_stand_where_they_stand_in_the_picture(look: Look) -> None:
    image, (left, top, right, bottom) = written("35000", at=(120, 130))
    (word,) = reread(image, look)
    assert word.text == "35000"
    middle = word.left + word.width / 2, word.top + word.height / 2
    assert middle == pytest.approx(((left + right) / 2, (top + bottom) / 2), abs=12)
    near = 50 if look.startswith(("slanted", "tilted")) else 20
    assert word.width == pytest.approx(right - left, abs=near)
    assert word.height == pytest.approx(bottom - top, abs=near)


def test_every_look_is_a_reading_of_its_own() -> None:
    image, _ = written("350 grams")
    first, both = read(image), reread(image, "contrast", "enlarged")
    assert not any(word.reread for word in first)
    assert all(word.reread for word in both)
    assert [word.text for word in both] == ["350", "grams"] * 2
    assert len({word.pass_ for word in both}) == 2
    assert {word.engine for word in both} == {"rapidocr"}


class Measuring:
    """Reads nothing, and remembers how large pictures were."""

    version = "1"

    def __init__(self) -> None:
        self.sizes: list[tuple[int, int]] = []

    def read(self, image: Image.Image) -> list[Word]:
        self.sizes.append(image.size)
        return [Word("a", 90.0, 0, 0, *image.size)]


@settings(deadline=None)
@given(st.tuples(st.integers(8, 6000), st.integers(8, 700)), st.booleans())
def test_no_picture_grows_beyond_bounds_and_no_word_leaves_it(
    size: tuple[int, int], turned: bool
) -> None:
    width, height = size[::-1] if turned else size
    reader = Measuring()
    words = Looks(reader, list(LOOKS), 30.0).read(Image.new("RGB", (width, height), "white"))
    most = max(6.1e6, 3.01 * width * height)
    assert all(wide * high <= most for wide, high in reader.sizes)
    for word in words:
        assert 0 <= word.left < width
        assert 0 <= word.top < height
        assert word.left + word.width <= width
        assert word.top + word.height <= height


def test_all_looks_together_keep_the_time_limit() -> None:
    image, _ = written("350 grams")
    with pytest.raises(OcrTimeout, match="in 2 looks"):
        Looks(Measuring(), ["contrast", "enlarged"], 1e-9).read(image)


def test_a_second_look_is_another_reader_version() -> None:
    versions = {
        reader_version(ocr, CONFIG.image, CONFIG.domain)
        for ocr in (
            PPOCR,
            RereadConfig().of(PPOCR),
            RereadConfig(looks=("enlarged",)).of(PPOCR),
            RereadConfig(detector_pixels=3_000_000).of(PPOCR),
        )
    }
    assert len(versions) == 4


def test_the_first_engine_of_several_looks_again() -> None:
    several = OcrConfig(engine="cascade", engines=("tesseract", "rapidocr"))
    assert RereadConfig().of(several).engine == "tesseract"
    assert RereadConfig().of(PPOCR).engine == "rapidocr"
