"""Which way the line beside a length runs, told from pixels: on drawings made here by hand."""

import sys
from collections.abc import Sequence

import pytest
from PIL import Image, ImageDraw, ImageOps

from entity_extract.config import ImageConfig, OcrConfig
from entity_extract.reading.dimension_lines import MOST_TEXTS, with_dimension_lines
from entity_extract.reading.picture_row import PictureReader
from entity_extract.reading.reader_version import reader_version
from entity_extract.records import Word, words_of
from tests.server import encoded
from tests.unit.learning_cases import DOMAIN
from tests.unit.reading.cases import Ink, write

KINDS = ("level", "upright", "oblique")
Point = tuple[int, int]


class Sheet:
    """A picture with a box, seen from the front right, and what is written in it."""

    def __init__(self, *, light: bool = True) -> None:
        paper, self.ink = ("white", "black") if light else ("black", "white")
        self.image = Image.new("RGB", (900, 800), paper)
        self._draw = ImageDraw.Draw(self.image)
        self._draw.rectangle((250, 250, 600, 600), fill="#888888")
        self._draw.polygon([(600, 250), (600, 600), (700, 520), (700, 170)], fill="#666666")
        self._draw.polygon([(250, 250), (600, 250), (700, 170), (350, 170)], fill="#aaaaaa")
        self.words: list[Word] = []

    def arrow(self, begin: Point, end: Point) -> None:
        self._draw.line((*begin, *end), fill=self.ink, width=2)
        for tip, other in ((begin, end), (end, begin)):
            dx, dy = (other[0] - tip[0], other[1] - tip[1])
            size = 14 / (dx * dx + dy * dy) ** 0.5
            ax, ay = dx * size, dy * size
            wings = [(tip[0] + ax + s * ay / 2, tip[1] + ay - s * ax / 2) for s in (1, -1)]
            self._draw.polygon([tip, *wings], fill=self.ink)

    def text(self, text: str, at: Point) -> None:
        self._add(text, write(self.image, text, at=at, px=26, fill=self.ink))

    def _add(self, text: str, ink: Ink) -> None:
        left, top, right, bottom = map(round, ink)
        box = (left, top, right - left, bottom - top)
        self.words.append(Word(text, 90.0, *box, line=len(self.words)))


def measured(*, light: bool = True) -> Sheet:
    sheet = Sheet(light=light)
    sheet.arrow((250, 640), (600, 640))
    sheet.text("35cm", (395, 652))
    sheet.arrow((205, 250), (205, 600))
    sheet.text("36cm", (120, 412))
    sheet.arrow((640, 640), (745, 556))
    sheet.text("18cm", (706, 606))
    return sheet


def likeliest(words: Sequence[Word]) -> dict[str, str]:
    told = {word.text: {kind: getattr(word, kind) for kind in KINDS} for word in words}
    return {
        text: max(odds, key=lambda kind: odds[kind]) if max(odds.values()) > 0.5 else "none"
        for text, odds in told.items()
    }


@pytest.mark.parametrize("light", [True, False], ids=["on white", "on black"])
def test_a_text_is_told_which_way_its_line_runs(light: bool) -> None:
    sheet = measured(light=light)
    told = with_dimension_lines(sheet.words, sheet.image, DOMAIN)
    assert likeliest(told) == {"35cm": "level", "36cm": "upright", "18cm": "oblique"}
    assert all(0.5 < word.level + word.upright + word.oblique <= 1.002 for word in told)


def test_it_is_the_arrow_beside_it_that_counts_and_not_how_the_text_stands() -> None:
    """The same text between an arrow above it and one to its right: the arrow alone is moved."""
    for begin, end, kind in (
        ((250, 640), (600, 640), "level"),
        ((490, 570), (490, 780), "upright"),
    ):
        sheet = Sheet()
        sheet.arrow(begin, end)
        sheet.text("35cm", (410, 660))
        assert likeliest(with_dimension_lines(sheet.words, sheet.image, DOMAIN))["35cm"] == kind


def test_a_length_that_stands_at_no_line_is_said_to_have_none() -> None:
    sheet = measured()
    sheet.text("fits 24 in rails", (30, 30))
    told = likeliest(with_dimension_lines(sheet.words, sheet.image, DOMAIN))
    assert told["fits 24 in rails"] == "none"


def test_words_that_are_no_length_stay_as_they_were() -> None:
    sheet = measured()
    sheet.text("500 g", (30, 30))
    before = list(sheet.words)
    told = with_dimension_lines(sheet.words, sheet.image, DOMAIN)
    assert sheet.words == before
    assert told[-1] == before[-1]
    assert [word._replace(level=0.0, upright=0.0, oblique=0.0) for word in told] == before


def test_no_more_texts_are_looked_at_than_a_drawing_has() -> None:
    sheet = Sheet()
    boxes = [(20 + 110 * (n % 8), 20 + 40 * (n // 8)) for n in range(2 * MOST_TEXTS)]
    words = [Word(f"{n + 1}cm", 90.0, *box, 60, 20, line=n) for n, box in enumerate(boxes)]
    told = with_dimension_lines(words, sheet.image, DOMAIN)
    changed = sum(new != old for new, old in zip(told, words, strict=True))
    assert 0 < changed <= MOST_TEXTS


@pytest.mark.parametrize(
    "box",
    [
        (-50, -80, 60, 20),
        (2000, 2000, 60, 20),
        (880, 790, 600, 400),
        (0, 0, 900, 800),
        (5, 5, 1, 1),
    ],
)
def test_boxes_beyond_the_picture_are_looked_at_all_the_same(
    box: tuple[int, int, int, int],
) -> None:
    told = with_dimension_lines([Word("35cm", 90.0, *box)], Sheet().image, DOMAIN)
    assert 0.0 <= told[0].level + told[0].upright + told[0].oblique <= 1.002


def test_reading_a_picture_tells_it_with_each_word() -> None:
    sheet = measured()
    content = encoded(ImageOps.expand(sheet.image, 20, "white"), "PNG")
    row = PictureReader(ImageConfig(), OcrConfig(engine="tesseract"), DOMAIN).row(content)
    told = [word for word in words_of(row["words"]) if word.text.startswith("35")]
    assert told
    assert all(word.level > 0.5 for word in told)


def test_another_network_is_another_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    ocr, image = OcrConfig(engine="tesseract"), ImageConfig()
    before = reader_version(ocr, image, DOMAIN)
    monkeypatch.setattr(
        "entity_extract.reading.reader_version.network_version", lambda: "0123456789ab"
    )
    assert reader_version(ocr, image, DOMAIN) != before


def test_without_a_runtime_words_are_read_all_the_same_and_by_another_reader(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ocr, image = OcrConfig(engine="tesseract"), ImageConfig()
    before = reader_version(ocr, image, DOMAIN)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    sheet = measured()
    assert list(with_dimension_lines(sheet.words, sheet.image, DOMAIN)) == sheet.words
    row = PictureReader(image, ocr, DOMAIN).row(encoded(sheet.image, "PNG"))
    assert any(word.text.startswith("35") for word in words_of(row["words"]))
    assert reader_version(ocr, image, DOMAIN) != before
