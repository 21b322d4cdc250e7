"""Real PP-OCR on small rendered pictures."""

import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from entity_extract.reading.engine import OcrFailed, OcrTimeout
from entity_extract.reading.ppocr.engine import PpOcr
from tests.unit.reading.cases import overlap, turned

ROOT = Path(__file__).parents[3]
FONT = Path(matplotlib.get_data_path(), "fonts/ttf/DejaVuSans.ttf")
TURNS = {
    90: Image.Transpose.ROTATE_270,  # Pillow turns counter-clockwise, Word.angle clockwise
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}

Box = tuple[float, float, float, float]  # left, top, right, bottom


@pytest.fixture(scope="module")
def engine() -> PpOcr:
    return PpOcr()


def written(
    text: str, *, at: tuple[int, int] = (60, 50), size: tuple[int, int] = (600, 300), px: int = 40
) -> tuple[Image.Image, dict[str, Box]]:
    """A white picture with one line of `text`; each word's box is as high as the line's ink."""
    image = Image.new("RGB", size, "white")
    draw, font = ImageDraw.Draw(image), ImageFont.truetype(str(FONT), px)
    draw.text(at, text, fill="black", font=font)
    _, top, _, bottom = draw.textbbox(at, text, font=font)
    boxes, x = {}, float(at[0])
    for word in text.split(" "):
        left, _, right, _ = draw.textbbox((x, at[1]), word, font=font)
        boxes[word] = (left, top, right, bottom)
        x += font.getlength(f"{word} ")
    return image, boxes


def run_python(code: str, path: Path = ROOT) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(path)!r}); {code}"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


@pytest.mark.parametrize("angle", [0, 90, 180, 270])
def test_text_of_every_angle_is_read_in_order_and_its_boxes_lie_on_the_letters(
    engine: PpOcr, angle: int
) -> None:
    upright, inks = written("Height 25.4 cm")
    words = engine.read(upright.transpose(TURNS[angle]) if angle else upright)
    assert [word.text for word in words] == ["Height", "25.4", "cm"]
    for word in words:
        assert (word.angle, word.pass_, word.line) == (angle, f"ppocr@{angle}", 0)
        assert 90 < word.conf <= 100
        assert overlap(word, turned(inks[word.text], angle, upright.size)) > 0.5


def test_words_of_one_line_share_its_block_and_other_lines_have_their_own(engine: PpOcr) -> None:
    image, _ = written("net weight 500 g")
    font = ImageFont.truetype(str(FONT), 40)
    ImageDraw.Draw(image).text((60, 180), "serves four", fill="black", font=font)
    lines: dict[int, list[str]] = {}
    for word in engine.read(image):
        lines.setdefault(word.block, []).append(word.text)
    expected = [["net", "weight", "500", "g"], ["serves", "four"]]
    assert list(lines.values()) == expected  # from top to bottom


@pytest.mark.parametrize("digit", ["4", "7"])
def test_a_lone_narrow_digit_is_upright_though_its_box_is_tall(engine: PpOcr, digit: str) -> None:
    image, _ = written(digit, at=(250, 50), px=80)
    words = engine.read(image.resize((600, 480)))
    assert [(word.text, word.angle) for word in words] == [(digit, 0)]
    assert words[0].height > 1.5 * words[0].width


@pytest.mark.parametrize(
    ("size", "at", "px"),
    [((3600, 2600), (1500, 2000), 150), ((2000, 2000), (900, 1500), 30), ((120, 40), (8, 6), 18)],
    ids=["large", "small print on a large picture", "small"],
)
def test_boxes_are_in_pixels_of_the_picture_whatever_its_size(
    engine: PpOcr, size: tuple[int, int], at: tuple[int, int], px: int
) -> None:
    image, inks = written("Weight", at=at, size=size, px=px)
    words = engine.read(image)
    assert [word.text for word in words] == ["Weight"]
    assert overlap(words[0], inks["Weight"]) > 0.5


def test_found_corners_go_clockwise_from_the_top_left_and_hold_the_ink(engine: PpOcr) -> None:
    image, inks = written("Weight")
    quads = engine.find(np.asarray(image))
    assert [quad.shape for quad in quads] == [(4, 2)]
    assert quads[0].dtype == np.float32
    left, top, right, bottom = inks["Weight"]
    (x0, y0), (x1, y1), (x2, y2), (x3, y3) = quads[0]
    assert max(x0, x3) <= left + 3
    assert min(x1, x2) >= right - 3
    assert max(y0, y1) <= top + 3
    assert min(y2, y3) >= bottom - 3


@pytest.mark.parametrize("colour", ["white", "black"])
@pytest.mark.parametrize("size", [(400, 300), (1, 1), (2, 30), (20_000, 20), (20, 20_000)])
def test_an_empty_picture_of_any_shape_has_no_words(
    engine: PpOcr, size: tuple[int, int], colour: str
) -> None:
    assert engine.read(Image.new("RGB", size, colour)) == []


def test_noise_gives_words_inside_the_picture_or_none(engine: PpOcr) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), dtype=np.uint8)
    for word in engine.read(Image.fromarray(noise)):
        assert word.left >= 0
        assert word.top >= 0
        assert word.left + word.width <= 300
        assert word.top + word.height <= 200


def test_pixels_that_are_not_rgb_are_a_failure_of_this_picture(engine: PpOcr) -> None:
    with pytest.raises(OcrFailed, match="detector"):
        engine.find(np.zeros((64, 64, 4), dtype=np.uint8))


def test_a_picture_that_takes_too_long_is_given_up() -> None:
    with pytest.raises(OcrTimeout, match="longer than"):
        PpOcr(timeout_s=0.001).read(written("Weight")[0])


def test_the_same_picture_gives_the_same_words_from_two_instances(engine: PpOcr) -> None:
    image, _ = written("Weight 12.5 kg")
    first = engine.read(image)
    assert first
    engine.read(written("something else", size=(900, 200))[0])
    assert engine.read(image) == first
    assert PpOcr().read(image) == first


def test_a_setting_that_may_change_words_changes_the_version(engine: PpOcr) -> None:
    assert PpOcr().version == engine.version
    assert PpOcr(detector_pixels=300_000).version != engine.version


def test_reading_asks_no_network_and_leaves_logging_and_the_terminal_alone() -> None:
    code = (
        "import logging\n"
        "def refuse(event, args):\n"
        "    if event.startswith('socket.'): raise RuntimeError(event)\n"
        "sys.addaudithook(refuse)\n"
        "from PIL import Image, ImageDraw\n"
        "from entity_extract.reading.ppocr.engine import PpOcr\n"
        "image = Image.new('RGB', (300, 100), 'white')\n"
        "ImageDraw.Draw(image).text((20, 20), 'Weight', fill='black', font_size=40)\n"
        "assert [word.text for word in PpOcr().read(image)] == ['Weight']\n"
        "assert not logging.getLogger().handlers\n"
        "assert 'RapidOCR' not in logging.Logger.manager.loggerDict\n"
    )
    done = run_python(code)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_importing_the_module_loads_no_network_and_no_runtime() -> None:
    done = run_python("import entity_extract.reading.ppocr.engine; print(*sys.modules)")
    assert done.returncode == 0, done.stderr
    assert not {"rapidocr", "onnxruntime"} & set(done.stdout.split())


@pytest.mark.parametrize("missing", ["rapidocr", "onnxruntime"])
def test_a_missing_package_is_named_with_the_way_to_install_it(missing: str) -> None:
    done = run_python(
        f"sys.modules[{missing!r}] = None\n"
        "from entity_extract.reading.engine import OcrUnavailable\n"
        "from entity_extract.reading.ppocr.engine import PpOcr\n"
        "try: PpOcr()\n"
        "except OcrUnavailable as err: print(err)\n"
    )
    assert done.stderr == ""
    assert missing in done.stdout
    assert "pip install rapidocr onnxruntime" in done.stdout


def test_a_release_without_the_models_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("rapidocr").mkdir()
    tmp_path.joinpath("rapidocr/__init__.py").touch()
    info = tmp_path / "rapidocr-3.9.1.dist-info"
    info.mkdir()
    info.joinpath("METADATA").write_text("Metadata-Version: 2.1\nName: rapidocr\nVersion: 3.9.1\n")
    done = run_python(
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "from entity_extract.reading.engine import OcrUnavailable\n"
        "from entity_extract.reading.ppocr.engine import PpOcr\n"
        "try: PpOcr()\n"
        "except OcrUnavailable as err: print(err)\n"
    )
    assert done.stderr == ""
    assert "3.9.1 is older than 3.10" in done.stdout
    assert "pip install rapidocr onnxruntime" in done.stdout
