"""Real Tesseract on small drawn pictures, through the public door."""

import io
import os
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from entity_extract.config import ImageConfig, OcrConfig, load_config
from entity_extract.config.load import ConfigError
from entity_extract.config.reading import OcrStep
from entity_extract.reading.engine import OcrTimeout, OcrUnavailable
from entity_extract.reading.engines import check, reader_for
from entity_extract.reading.images import decode
from entity_extract.reading.tesseract.backends import backend_for
from entity_extract.records import Word
from tests.unit.reading.cases import (
    FONTS,
    TURNS,
    lines_of,
    noise,
    oblique,
    overlap,
    turned,
    write,
    written,
)

DOMAIN = load_config([], []).domain
CONFIG = OcrConfig(engine="tesseract")
LABELS = (
    "250 g",
    "12.5 cm",
    "Net Wt 16 oz",
    "220 V",
    "Height 45 cm",
    "500 ml",
    "1.5 kg",
    "60 W",
)

BACKENDS = ("pytesseract", "tesserocr")


def tesseract(**settings: object) -> OcrConfig:
    """The settings of Tesseract alone, with others."""
    return OcrConfig.model_validate({"engine": "tesseract"} | settings)


def read(image: Image.Image, config: OcrConfig = CONFIG) -> list[Word]:
    return reader_for(config, DOMAIN).read(image)


def without(step: OcrStep) -> OcrConfig:
    return tesseract(skip=(step,))


def labels(px: int, name: str) -> Image.Image:
    """The eight LABELS in two columns."""
    image = Image.new("RGB", (600, 400), "white")
    for number, text in enumerate(LABELS):
        write(image, text, at=(40 + 300 * (number % 2), 30 + 90 * (number // 2)), px=px, name=name)
    return image


@pytest.mark.parametrize("angle", [0, 90, 270])
def test_a_word_comes_with_its_box_and_its_angle(angle: int) -> None:
    image, ink = written("Weight")
    words = read(image.transpose(TURNS[angle]) if angle else image)
    words = [word for word in words if word.conf > 60]
    assert [word.text for word in words] == ["Weight"]
    assert overlap(words[0], turned(ink, angle, image.size)) > 0.8
    assert (words[0].angle, words[0].pass_) == (angle, f"line@{angle}")


@pytest.mark.parametrize(
    ("degrees", "angle"), [(30, 0), (-30, 0), (45, 0), (-45, 0), (60, 90), (-60, 270)]
)
def test_oblique_words_are_read_too(degrees: int, angle: int) -> None:
    image, ink = oblique("Weight", degrees)
    (word,) = (word for word in read(image) if word.text == "Weight")
    assert overlap(word, ink) > 0.6
    assert word.angle == angle


def test_dark_and_light_words_and_those_on_coloured_bands_are_read_in_one_picture() -> None:
    image = Image.new("RGB", (700, 400), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 100, 700, 200), fill="navy")
    draw.rectangle((0, 200, 700, 300), fill="orange")
    texts = {"Weight 250 g": "black", "Height 45 cm": "white", "Depth 30 cm": "black"}
    for row, (text, fill) in enumerate(texts.items()):
        write(image, text, at=(60, 25 + 100 * row), px=40, fill=fill)
    assert set(texts) <= set(lines_of(read(image)))


@pytest.mark.parametrize(
    ("size", "at", "px"),
    [
        ((4200, 3000), (1500, 2000), 200),
        ((4200, 3000), (1500, 2000), 40),
        ((240, 120), (40, 50), 9),
    ],
    ids=["large", "small print on a large picture", "tiny"],
)
def test_pictures_of_every_size_have_boxes_in_their_own_pixels(
    size: tuple[int, int], at: tuple[int, int], px: int
) -> None:
    image, ink = written("Weight", at=at, size=size, px=px)
    (word,) = read(image)
    assert word.text == "Weight"
    assert overlap(word, ink) > 0.7


def test_letters_of_a_7_px_font_are_read() -> None:
    image, _ = written("Capacity", at=(40, 50), size=(240, 120), px=7)
    assert [word.text for word in read(image)] == ["Capacity"]


@pytest.mark.parametrize("px", [30, 60])
def test_an_inch_mark_stays_with_its_number(px: int) -> None:
    image, _ = written('14.5"', px=px)
    assert any(text in ('14.5"', "14.5”") for text in lines_of(read(image)))


def test_words_of_a_line_share_its_block_and_come_in_reading_order() -> None:
    image, _ = written("net weight 500 grams", size=(700, 300))
    write(image, "serves four people", at=(60, 180), px=40)
    blocks: dict[tuple[int, int], list[str]] = {}
    for word in read(image):
        blocks.setdefault((word.block, word.line), []).append(word.text)
    found = [" ".join(texts) for texts in blocks.values()]
    assert {"net weight 500 grams", "serves four people"} <= set(found)


def test_no_line_is_given_twice_by_one_look() -> None:
    image = labels(24, FONTS[0])
    first = lines_of([word for word in read(image, without("second_look")) if word.conf > 60])
    assert len(first) >= len(LABELS)
    assert len(first) == len(set(first))


def test_two_lines_that_say_the_same_in_two_places_are_two() -> None:
    image, _ = written("Weight")
    write(image, "Weight", at=(60, 180))
    assert lines_of(read(image)).count("Weight") == 2


# At least so many of eight labels in three fonts, by the size of the font, whose capitals are 0.73
# as high; plain Tesseract reads 0.04 of them at 10 px.
@pytest.mark.parametrize(("px", "least"), [(8, 0.55), (10, 0.85), (20, 0.9)])
def test_small_letters_are_read(px: int, least: float) -> None:
    found = [text in lines_of(read(labels(px, name))) for name in FONTS for text in LABELS]
    assert found.count(True) / len(found) >= least


def is_same(word: Word, other: Word) -> bool:
    apart = np.abs(np.subtract(word[2:6], other[2:6])).max()
    return word.text == other.text and bool(apart <= 3)


@pytest.mark.parametrize("name", FONTS)
def test_both_backends_read_the_same_words_in_the_same_places(name: str) -> None:
    image = labels(20, name)
    one, other = (
        read(image, tesseract(backend=backend)) for backend in ("pytesseract", "tesserocr")
    )
    for words, others in ((one, other), (other, one)):
        matched = [word for word in words if any(is_same(word, beside) for beside in others)]
        assert len(matched) >= 0.9 * len(words) > 0


def test_light_letters_are_not_read_without_that_step() -> None:
    image = ImageOps.invert(written("Weight")[0])
    assert "Weight" in lines_of(read(image))
    assert "Weight" not in lines_of(read(image, without("light")))


def test_turned_letters_are_not_read_without_that_step() -> None:
    image = written("Weight")[0].transpose(TURNS[90])
    assert "Weight" in lines_of(read(image))
    assert "Weight" not in lines_of(read(image, without("turned")))


def test_oblique_letters_are_not_read_without_that_step() -> None:
    image, _ = oblique("Weight", 45)
    assert "Weight" in lines_of(read(image))
    assert "Weight" not in lines_of(read(image, without("slanted")))


def test_more_of_what_is_no_text_is_read_without_the_line_classifier() -> None:
    image = noise(120, 120)
    assert len(read(image, without("line_classifier"))) > len(read(image))


def test_numbers_and_units_run_into_each_other_without_widened_spaces() -> None:
    found = {
        step: sum(
            text in lines_of(read(labels(18, name), tesseract(skip=step)))
            for name in FONTS[:2]
            for text in LABELS
        )
        for step in ((), ("spaces",))
    }
    assert found[()] > found["spaces",]


def test_doubtful_numbers_are_looked_at_again_and_not_without_that_step() -> None:
    image = labels(8, FONTS[0])
    assert "again@0" in {word.pass_ for word in read(image)}
    assert {word.pass_ for word in read(image, without("second_look"))} == {"line@0"}


def test_words_below_the_asked_confidence_are_left_out() -> None:
    assert read(written("Weight")[0], tesseract(min_conf=99.9)) == []


@pytest.mark.parametrize("colour", ["white", "black"])
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (300, 200), (20_000, 20), (20, 20_000)])
def test_a_picture_without_text_has_no_words(size: tuple[int, int], colour: str) -> None:
    assert read(Image.new("RGB", size, colour)) == []


@pytest.mark.parametrize("size", [(1, 60), (60, 1), (8, 8), (200, 150), (20_000, 20)])
def test_noise_gives_words_inside_the_picture_or_none(size: tuple[int, int]) -> None:
    for word in read(noise(*size)):
        assert word.text.strip() == word.text != ""
        assert 0 <= word.conf <= 100
        assert 0 <= word.left < word.left + word.width <= size[0]
        assert 0 <= word.top < word.top + word.height <= size[1]


def stored(image: Image.Image, kind: str, **options: object) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def of_every_kind() -> dict[str, bytes]:
    """The word "Weight" in encodings that have broken readers before."""
    image, _ = written("Weight")
    palette = image.convert("P")
    sixteen = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise by a quarter before it is shown
    return {
        "CMYK": stored(image.convert("CMYK"), "JPEG", quality=95),
        "palette": stored(palette, "PNG", transparency=palette.getpixel((0, 0))),
        "16 bits": stored(sixteen, "PNG"),
        "animated": stored(
            palette, "GIF", save_all=True, append_images=[Image.new("P", image.size)]
        ),
        "EXIF": stored(image.transpose(TURNS[270]), "JPEG", quality=95, exif=exif),
    }


@pytest.mark.parametrize("kind", ["CMYK", "palette", "16 bits", "animated", "EXIF"])
def test_a_decoded_picture_of_any_kind_is_read_upright(kind: str) -> None:
    words = read(decode(of_every_kind()[kind], ImageConfig()))
    assert [(word.text, word.angle) for word in words] == [("Weight", 0)]


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_picture_that_takes_too_long_is_given_up(backend: str) -> None:
    config = tesseract(backend=backend, timeout_s=0.001)
    with pytest.raises(OcrTimeout):
        read(written("Weight")[0], config)


@pytest.mark.parametrize("backend", BACKENDS)
def test_the_deadline_ends_a_page_that_is_being_read(backend: str) -> None:
    page = Image.new("RGB", (1600, 1600), "white")
    for row in range(50):
        write(page, "net weight 250 g and height 45 cm " * 4, at=(10, 32 * row), px=20)
    way = backend_for(tesseract(backend=backend))
    with pytest.raises(OcrTimeout, match="too long"):
        way.read([np.asarray(page.convert("L"))], 6, time.monotonic() + 0.3)


@pytest.mark.parametrize("backend", BACKENDS)
def test_reading_leaves_the_environment_as_it_was(
    backend: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tesseract(backend=backend)
    image, _ = written("Weight")
    monkeypatch.delenv("OMP_THREAD_LIMIT", raising=False)
    read(image, config)
    assert "OMP_THREAD_LIMIT" not in os.environ
    monkeypatch.setenv("OMP_THREAD_LIMIT", "3")
    read(image, config)
    assert os.environ["OMP_THREAD_LIMIT"] == "3"


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_language_that_is_not_installed_is_named_before_anything_is_read(backend: str) -> None:
    config = tesseract(backend=backend, language="eng+tlh")
    with pytest.raises(OcrUnavailable, match=r"tlh.*tesseract-ocr-tlh"):
        check(config, DOMAIN)


@pytest.mark.parametrize(
    ("language", "packages"),
    [
        ("eng+xyz+qqq_sim", "tesseract-ocr-xyz tesseract-ocr-qqq-sim"),
        ("qqq_sim_vert", "tesseract-ocr-qqq-sim-vert"),
        ("script/Japanese_vert", "tesseract-ocr-script-jpan-vert"),
        ("script/HanT", "tesseract-ocr-script-hant"),
        ("script/Armenian", "tesseract-ocr-script-armn"),
    ],
)
def test_every_missing_language_is_named_by_its_debian_package(
    language: str, packages: str, tmp_path: Path
) -> None:
    (tmp_path / "eng.traineddata").touch()
    config = tesseract(language=language, tessdata=str(tmp_path))
    with pytest.raises(OcrUnavailable, match=rf"\(Debian: apt install {packages}\)"):
        check(config, DOMAIN)


@pytest.mark.parametrize("language", ["", "eng+", "eng jpn", "eng,jpn", "jpn+eng+jpn", "--psm"])
def test_what_names_no_languages_is_refused_with_the_configuration(language: str) -> None:
    with pytest.raises(ConfigError, match=r"ocr\.language"):
        load_config(assignments=[f'ocr.language="{language}"'])


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_folder_without_language_data_is_named_before_anything_is_read(
    backend: str, tmp_path: Path
) -> None:
    config = tesseract(backend=backend, tessdata=str(tmp_path))
    with pytest.raises(OcrUnavailable, match=tmp_path.name):
        check(config, DOMAIN)


def test_a_machine_without_the_program_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    config = tesseract(backend="pytesseract", timeout_s=7.0)  # loaded by no other test
    with pytest.raises(OcrUnavailable, match="apt install tesseract-ocr"):
        check(config, DOMAIN)


def test_the_library_reads_with_what_pip_installs_alone(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    config = tesseract(backend="tesserocr", timeout_s=7.0)
    words = read(written("Net weight 250 g")[0], config)
    assert [word.text for word in words][:4] == ["Net", "weight", "250", "g"]


@pytest.mark.parametrize("backend", BACKENDS)
def test_other_models_are_another_reader(backend: str, tmp_path: Path) -> None:
    package = Path(sys.prefix, "share", "tessdata", "eng.traineddata")
    (tmp_path / "eng.traineddata").symlink_to(package)
    one, other = (
        backend_for(tesseract(backend=backend, tessdata=folder)).version
        for folder in (None, str(tmp_path))
    )
    assert one.split()[:-1] == other.split()[:-1]
    assert one != other


def test_a_model_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "eng.traineddata").write_bytes(b"no model")
    with pytest.raises(OcrUnavailable, match="cannot load its models"):
        backend_for(tesseract(backend="tesserocr", tessdata=str(tmp_path)))


@pytest.mark.parametrize(
    ("asked", "package"),
    [
        ({"engine": "tesseract", "backend": "tesserocr"}, "tesserocr"),
        ({"engine": "rapidocr"}, "rapidocr"),
        ({"engine": "cascade"}, "rapidocr"),
        ({"text_detector": "ppocr"}, "rapidocr"),
    ],
)
def test_a_missing_package_is_named_with_the_way_to_install_it(
    asked: dict[str, str], package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    config = tesseract(**asked, timeout_s=8.0)  # loaded by no other test
    with pytest.raises(OcrUnavailable, match=rf"pip install .*{package}"):
        check(config, DOMAIN)
