"""Real Tesseract on small rendered pictures."""

import os
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from entity_extract.config import OcrConfig
from entity_extract.reading.ocr import OcrTimeout, OcrUnavailable, check, reader_for
from entity_extract.words import Word

CONFIG = OcrConfig()
SPARSE = OcrConfig(also_psm=())
FONT = Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")


def written(
    text: str, *, at: tuple[int, int] = (60, 50), size: tuple[int, int] = (600, 300), px: int = 40
) -> tuple[Image.Image, tuple[int, int, int, int]]:
    """A white picture with `text`, and the box of its ink: left, top, right, bottom."""
    image = Image.new("RGB", size, "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.truetype(str(FONT), px)
    draw.text(at, text, fill="black", font=font)
    left, top, right, bottom = (round(side) for side in draw.textbbox(at, text, font=font))
    return image, (left, top, right, bottom)


def texts(words: list[Word], angle: int = 0) -> list[str]:
    return [word.text for word in words if word.angle == angle]


def close(word: Word, ink: tuple[int, int, int, int], pixels: int = 6) -> bool:
    box = (word.left, word.top, word.left + word.width, word.top + word.height)
    return bool(np.abs(np.subtract(box, ink)).max() <= pixels)


def test_words_come_with_their_boxes_in_pixels_of_the_picture() -> None:
    image, ink = written("Weight")
    words = [word for word in reader_for(SPARSE).read(image) if word.text == "Weight"]
    assert len(words) == 1
    assert close(words[0], ink)
    assert 60 < words[0].conf <= 100
    assert words[0].pass_ == "sparse@0"  # noqa: S105


def test_a_large_picture_has_its_boxes_in_its_own_pixels_too() -> None:
    image, ink = written("Weight", at=(1500, 2000), size=(4200, 3000), px=200)
    words = [word for word in reader_for(SPARSE).read(image) if word.text == "Weight"]
    assert [close(word, ink, pixels=20) for word in words] == [True]


@pytest.mark.parametrize(
    ("angle", "turn"), [(90, Image.Transpose.ROTATE_270), (270, Image.Transpose.ROTATE_90)]
)
def test_turned_text_is_read_and_its_box_lies_in_the_upright_picture(
    angle: int, turn: Image.Transpose
) -> None:
    upright, (left, top, right, bottom) = written("Height")
    if turn is Image.Transpose.ROTATE_270:  # clockwise: what was low is now at the left
        ink = (upright.height - bottom, left, upright.height - top, right)
    else:
        ink = (top, upright.width - right, bottom, upright.width - left)
    words = reader_for(SPARSE).read(upright.transpose(turn))
    found = [word for word in words if word.text == "Height"]
    assert [word.angle for word in found] == [angle]
    assert close(found[0], ink)
    assert found[0].pass_ == f"sparse@{angle}"


def test_words_of_a_line_share_it_and_come_in_reading_order() -> None:
    image, _ = written("net weight 500 grams", size=(700, 300))
    ImageDraw.Draw(image).text(
        (60, 180), "serves four people", fill="black", font=ImageFont.truetype(str(FONT), 40)
    )
    lines: dict[tuple[int, int], list[str]] = {}
    for word in reader_for(SPARSE).read(image):
        if word.angle == 0:
            lines.setdefault((word.block, word.line), []).append(word.text)
    found = [" ".join(line) for line in lines.values()]
    assert "net weight 500 grams" in found
    assert "serves four people" in found


def test_each_further_mode_adds_an_upright_pass_of_its_own() -> None:
    image, ink = written("Weight")
    words = [word for word in reader_for(OcrConfig(also_psm=(6, 4))).read(image) if word.conf > 60]
    assert [word.text for word in words] == ["Weight"] * 3
    assert [word.pass_ for word in words] == ["sparse@0", "block@0", "column@0"]
    assert all(close(word, ink) for word in words)


def test_small_letters_are_read_since_small_pictures_are_enlarged() -> None:
    image, _ = written("Capacity", size=(240, 120), px=7, at=(40, 50))
    assert "Capacity" in texts(reader_for(SPARSE).read(image))
    as_it_is = OcrConfig(also_psm=(), max_scale=1.0)
    assert "Capacity" not in texts(reader_for(as_it_is).read(image))


@pytest.mark.parametrize("colour", ["white", "black", "orange"])
@pytest.mark.parametrize("size", [(8, 8), (300, 200), (20_000, 20), (20, 20_000)])
def test_a_picture_without_text_has_no_words(size: tuple[int, int], colour: str) -> None:
    assert reader_for(CONFIG).read(Image.new("RGB", size, colour)) == []


def test_no_word_is_blank_or_without_confidence() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (50, 80, 3), dtype=np.uint8)
    for word in reader_for(CONFIG).read(Image.fromarray(noise)):
        assert word.text.strip() == word.text != ""
        assert 0 <= word.conf <= 100


def test_words_below_the_asked_confidence_are_left_out() -> None:
    image, _ = written("Weight")
    sure = reader_for(OcrConfig(min_conf=99.9)).read(image)
    assert "Weight" not in texts(sure)


def test_the_deadline_of_a_picture_ends_its_process() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1500, 1500, 3), dtype=np.uint8)
    with pytest.raises(OcrTimeout):
        reader_for(OcrConfig(timeout_s=0.05, also_psm=())).read(Image.fromarray(noise))


def test_reading_leaves_the_environment_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
    image, _ = written("Weight")
    reader_for(CONFIG).read(image)
    assert "OMP_THREAD_LIMIT" not in os.environ
    monkeypatch.setenv("OMP_THREAD_LIMIT", "3")
    reader_for(CONFIG).read(image)
    assert os.environ["OMP_THREAD_LIMIT"] == "3"


def test_a_language_that_is_not_installed_is_named_before_anything_is_read() -> None:
    with pytest.raises(OcrUnavailable, match="tlh"):
        check(OcrConfig(language="eng+tlh"))


def test_a_folder_without_language_data_is_named_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(OcrUnavailable, match=tmp_path.name):
        check(OcrConfig(tessdata=str(tmp_path)))


def test_a_machine_without_tesseract_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(OcrUnavailable, match="tesseract-ocr"):
        check(OcrConfig(timeout_s=7.0))  # a configuration that no other test has loaded
