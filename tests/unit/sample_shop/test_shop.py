"""The sample catalog: what is on the pictures is what the rows say."""

import csv
import re
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from entity_extract.config import load_config
from entity_extract.sample_shop.answer_sheet import Flaw
from entity_extract.sample_shop.cards.card import KINDS
from entity_extract.sample_shop.shop import COLUMNS, Row, SampleCatalog, plan, write_catalog

ROWS = 50
BASE_URL = "http://127.0.0.1:4321"
VALID = re.compile(r"-?\d+(\.\d+)?\s+[a-zA-Z\s]+")
EIGHTHS = {"⅛": 1, "¼": 2, "⅜": 3, "½": 4, "⅝": 5, "¾": 6, "⅞": 7}
NUMBER = re.compile(r"\d+[ -]\d/\d|\d/\d|\d+\.\d+|\d+[⅛¼⅜½⅝¾⅞]?|[⅛¼⅜½⅝¾⅞]")


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> SampleCatalog:
    return write_catalog(tmp_path_factory.mktemp("sample"), rows=ROWS, seed=3, base_url=BASE_URL)


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in found}


def numbers(text: str) -> set[Fraction]:
    """All numbers in a printed text, 12-1/2 and 12½ among them; feet and inches as inches."""
    found = {_number(match) for match in NUMBER.findall(text)}
    feet = re.search(r"(\d+)(?:'| ft) ?(\d+)", text)
    return found | ({Fraction(feet[1]) * 12 + Fraction(feet[2])} if feet else set())


def _number(text: str) -> Fraction:
    if text[-1] in EIGHTHS:
        return Fraction(text[:-1] or "0") + Fraction(EIGHTHS[text[-1]], 8)
    whole, _, part = text.replace("-", " ").rpartition(" ")
    return Fraction(whole or "0") + Fraction(part)


def labelled(catalog: SampleCatalog) -> list[Row]:
    rows = [row for row in catalog.rows if row.card is not None and row.flaw is not Flaw.WRONG]
    return [row for row in rows if row.entity_value]


def test_the_same_seed_writes_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        write_catalog(tmp_path / name, rows=4, seed=seed)
    first = files(tmp_path / "a")
    assert first == files(tmp_path / "b")
    assert first.keys() != {"catalog.csv"}
    assert first["catalog.csv"] != files(tmp_path / "c")["catalog.csv"]


def test_a_longer_catalog_begins_as_the_shorter_one(catalog: SampleCatalog, tmp_path: Path) -> None:
    short = write_catalog(tmp_path, rows=6, seed=3, base_url=BASE_URL)
    assert short.rows == catalog.rows[:6]


@pytest.mark.parametrize("rows", [1, 5])
def test_the_table_has_as_many_rows_as_asked(tmp_path: Path, rows: int) -> None:
    catalog = write_catalog(tmp_path, rows=rows)
    with catalog.csv.open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == len(catalog.rows) == rows
    assert [line["index"] for line in lines] == [str(index) for index in range(rows)]


def test_the_table_says_what_the_rows_say(catalog: SampleCatalog) -> None:
    with catalog.csv.open(encoding="utf-8", newline="") as file:
        lines = list(csv.reader(file))
    assert tuple(lines[0]) == COLUMNS
    assert lines[1:] == [[str(getattr(row, name)) for name in COLUMNS] for row in catalog.rows]


@pytest.mark.parametrize("rows", [0, -3])
def test_fewer_than_one_row_is_refused(tmp_path: Path, rows: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        write_catalog(tmp_path, rows=rows)


def test_every_link_leads_to_a_picture_of_the_folder_or_is_broken(catalog: SampleCatalog) -> None:
    seen = set()
    for row in catalog.rows:
        kind, name = row.image_link.removeprefix(f"{BASE_URL}/").split("/")
        if row.card is None:
            assert kind == row.kind
        else:
            with Image.open(catalog.images / name) as image:
                image.load()
                assert min(image.size) >= 150
            seen.add(name)
    assert seen == {path.name for path in catalog.images.iterdir()}


def test_every_entity_and_every_kind_of_card_comes_up(catalog: SampleCatalog) -> None:
    assert {row.entity_name for row in catalog.rows} == set(load_config().entities)
    assert {row.kind for row in catalog.rows if row.card is not None} == set(KINDS)


def test_what_a_label_says_is_drawn_on_the_picture(catalog: SampleCatalog) -> None:
    rows = labelled(catalog)
    assert len(rows) > ROWS * 0.8
    for row in rows:
        assert row.card is not None
        assert set(row.printed.split("\n")) <= set(row.card.texts)
        assert numbers(row.entity_value) <= numbers(row.printed), (row.entity_value, row.printed)


def test_a_label_is_empty_exactly_where_the_picture_does_not_say(catalog: SampleCatalog) -> None:
    for row in catalog.rows:
        if row.card is not None:
            assert (row.entity_value == "") == (row.entity_name not in row.card.said)


def test_labels_are_valid_but_for_the_marked_ones(catalog: SampleCatalog) -> None:
    entities = load_config().entities
    for row in catalog.rows:
        if row.entity_value and row.flaw is not Flaw.RANGE:
            assert VALID.fullmatch(row.entity_value)
            unit = row.entity_value.partition(" ")[2]
            allowed = unit in entities[row.entity_name].units
            assert allowed == (row.flaw is not Flaw.FOREIGN_UNIT)


def test_no_text_runs_into_another_or_off_the_picture(catalog: SampleCatalog) -> None:
    for row in catalog.rows:
        if row.card is not None:
            assert row.card.flaws == (), (row.index, row.kind)


def test_a_second_writing_leaves_nothing_of_the_first(tmp_path: Path) -> None:
    write_catalog(tmp_path, rows=4, seed=0)
    (tmp_path / "images" / "holiday.jpg").write_bytes(b"not ours")
    catalog = write_catalog(tmp_path, rows=2, seed=0)
    names = {row.image_link.rpartition("/")[2] for row in catalog.rows}
    assert {path.name for path in catalog.images.iterdir()} == names | {"holiday.jpg"}


def test_the_usual_catalog_has_400_pictures_and_every_broken_link() -> None:
    roles = Counter(step.role for step in plan(480, 0))
    assert roles["fresh"] >= 400
    assert roles["second"] >= 40
    assert roles["duplicate"] >= 8
    broken = {step.role for step in plan(480, 0) if step.broken}
    assert broken == {"missing", "slow", "silent", "truncated", "html", "pixel", "huge"}
