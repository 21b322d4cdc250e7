"""`entity-extract read`: pictures asked about at once, run as its users run it."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.server import ShopServer, encoded, shop_server

ROOT = Path(__file__).parents[3]
QUICK = ("--set", "ocr.engine=tesseract")


def card(text: str) -> Image.Image:
    image = Image.new("RGB", (400, 120), "white")
    ImageDraw.Draw(image).text((40, 40), text, "black", font_size=36)
    return image


def read(*words: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "entity_extract", "read", *map(str, words), *QUICK]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    card("Net 500 g").save(tmp_path / "a.png")
    card("Width 25 cm").save(tmp_path / "b.PNG")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


@pytest.fixture(scope="module")
def shop() -> Iterator[ShopServer]:
    with shop_server({"/a.png": encoded(card("Net 500 g"), "PNG")}) as server:
        yield server


def test_a_picture_answers_each_entity_and_is_drawn_with_its_box(folder: Path) -> None:
    out = folder / "drawn.png"
    asked = ("--entity", "item_weight", "--entity", "voltage", "--draw", out)
    done = read(folder / "a.png", *asked)
    assert done.returncode == 0, done.stderr
    name, weight, voltage = done.stdout.splitlines()
    assert name == str(folder / "a.png")
    assert weight.split()[:3] == ["item_weight", "500", "gram"]
    assert voltage.split() == ["voltage", "-"]
    before, after = (np.asarray(Image.open(path)) for path in (folder / "a.png", out))
    changed = np.argwhere((before != after).any(axis=2))
    assert before.shape == after.shape
    assert changed[:, 1].min() > 30
    assert changed[:, 1].max() < 300


def test_a_folders_pictures_as_json_one_object_an_answer(folder: Path) -> None:
    done = read(folder, "--json", "--entity", "item_weight", "--entity", "width")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(Path(one["picture"]).name, one["entity"], one["prediction"]) for one in found] == [
        ("a.png", "item_weight", "500 gram"),
        ("a.png", "width", ""),
        ("b.PNG", "item_weight", ""),
        ("b.PNG", "width", "25 centimetre"),
    ]
    box = found[0]["box"]
    assert 100 < box["left"] < 140
    assert box["width"] < 120


def test_without_an_entity_all_that_is_read_is_listed_with_what_it_would_answer(
    folder: Path,
) -> None:
    (folder / "bags").mkdir()
    card("Net 500 g  0.5 kg").save(folder / "bags/c.png")
    out = folder / "drawn.png"
    done = read(folder / "bags", "--draw", out)
    name, first, second, note = done.stdout.splitlines()
    assert name == str(folder / "bags/c.png")
    weights = {"item_weight", "maximum_weight_recommendation"}
    assert {first[2:13].rstrip(), second[2:14].rstrip()} == {"500 gram", "0.5 kilogram"}
    told = set(re.findall(r"(\w+) \d+%", first + second))
    assert told == weights  # each is answered once
    assert "--entity NAME asks it" in note
    assert out.exists()
    (line,) = read(folder / "b.PNG", "--json").stdout.splitlines()
    found = json.loads(line)
    assert (found["quantity"], found["status"]) == ("25 centimetre", "ok")
    assert {*found["if_asked"]} == {"depth", "height", "width"}
    Image.new("RGB", (300, 200), "white").save(folder / "blank.png")
    assert "no quantity was read" in read(folder / "blank.png").stdout


def test_a_picture_of_too_many_pixels_names_the_key(folder: Path) -> None:
    done = read(folder / "a.png", "--set", "image.max_pixels=1000")
    assert done.returncode == 3
    assert "too_large: 400 x 120 pixels, image.max_pixels is 1000" in done.stdout
    assert "--set image.max_pixels=" in done.stdout


def test_the_name_of_a_file_writes_nothing_but_letters_on_the_terminal(folder: Path) -> None:
    (folder / "a.png").rename(folder / "a\x1b]0;owned\x07.png")
    said = read(folder, "--entity", "width").stdout
    assert "owned" in said
    assert "\x1b" not in said


def test_a_link_is_asked_for_by_the_rules_and_its_key_is_named(shop: ShopServer) -> None:
    asked = (shop.url("/a.png"), "--entity", "item_weight")
    closed = read(*asked)
    assert closed.returncode == 3
    assert "--set fetch.allow_private=true" in closed.stdout
    opened = read(*asked, "--set", "fetch.allow_private=true")
    assert "500 gram" in opened.stdout


def test_what_is_no_picture_is_said_and_ends_with_3_unless_another_was_read(folder: Path) -> None:
    notes = read(folder / "notes.txt", "--entity", "width")
    assert notes.returncode == 3
    assert "not_an_image: " in notes.stdout
    both = read(folder / "notes.txt", folder / "a.png", "--entity", "width")
    assert both.returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.jpg"], "nowhere.jpg: no such file or folder"),
        (["{folder}/empty"], "no picture lies in the folder"),
        (["{folder}/a.png", "--entity", "beauty"], "it knows depth, height"),
        (["{folder}", "--draw", "x.png"], "--draw takes one picture, and 2 are named"),
        (["{folder}/a.png", "--draw", "x.txt"], "name a file that ends in .png, .jpg"),
        (["{folder}/a.png", "--model", "{folder}"], "no model bundle there"),
    ],
)
def test_a_mistake_is_one_line_and_status_2(folder: Path, words: list[str], said: str) -> None:
    (folder / "empty").mkdir()
    done = read(*(word.format(folder=folder) for word in words))
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_it_loads_neither_spark_nor_torch(folder: Path) -> None:
    code = (
        "import sys; from entity_extract.commands.main import main\n"
        f"main(['read', {str(folder / 'a.png')!r}, '--entity', 'width', *{QUICK!r}])\n"
        "print([name for name in ('pyspark', 'torch', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]", done.stderr
