"""Folders of pictures as catalogs: those in folders below, those beside a table, what is absent."""

import logging
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from PIL import Image

from entity_extract.catalog.files import check_catalog
from entity_extract.config import CatalogConfig, load_config
from entity_extract.errors import CatalogError
from entity_extract.local.source import LocalSource

ASKED = load_config([], ["catalog.entities=item_weight"]).catalog


def pictures(folder: Path, *names: str) -> Path:
    for name in names:
        place = folder / "photos" / name
        place.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(place, "PNG")
    return folder / "photos"


def rows(path: Path, config: CatalogConfig = ASKED) -> dict[str, list[str | None]]:
    """By column."""
    (part,) = LocalSource.of(str(path), check_catalog(str(path), config)).parts(config)
    return part


def test_pictures_in_folders_are_rows_by_their_paths(tmp_path: Path) -> None:
    found = rows(pictures(tmp_path, "tea/black/1.png", "bags/1.png", "2.png", ".trash/3.png"))
    assert found["index"] == ["2.png", "bags/1.png", "tea/black/1.png"]
    paths = [unquote(urlsplit(link).path) for link in found["image_link"] if link]
    assert paths == [str(tmp_path / "photos" / name) for name in found["index"]]
    assert list(found) == ["image_link", "index"]


def test_a_folder_that_names_a_column_does_for_its_own_pictures(tmp_path: Path) -> None:
    found = rows(pictures(tmp_path, "group_id=tea/new/1.png", "2.png", "old/group_id=mug/3.png"))
    held = dict(zip(found["index"], found["group_id"], strict=True))
    assert held == {"2.png": None, "group_id=tea/new/1.png": "tea", "old/group_id=mug/3.png": "mug"}


def test_how_a_folder_says_the_category_is_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        rows(pictures(tmp_path, "bags/1.png"))
    assert "a folder named group_id=bags would say it of the pictures in it" in caplog.text


def test_pictures_beside_a_table_that_is_no_catalog_are_offered(tmp_path: Path) -> None:
    folder = pictures(tmp_path, "1.png", "more/2.png")
    (folder / "notes.csv").write_text("name,price\ntea,2\n")
    with pytest.raises(CatalogError) as refused:
        rows(folder)
    said = str(refused.value)
    assert "column image_link is missing" in said
    assert said.endswith(
        "Read was notes.csv; to ask about the 2 pictures in the folder instead: "
        "--set catalog.format=pictures"
    )
    of_pictures = load_config([], ["catalog.entities=item_weight", "catalog.format=pictures"])
    assert rows(folder, of_pictures.catalog)["index"] == ["1.png", "more/2.png"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("fotos/", "no such file or folder; did you mean photos?"),
        ("nowhere/photos", "no such file or folder"),
        ("empty", "an empty folder"),
        ("deep", "the folder has no catalog of its own; there is {}/deep/2024/a.csv: name that"),
        ("both", "holds csv and json files: name the one that is the catalog, or move the others"),
    ],
)
def test_what_is_no_catalog_is_said_with_what_to_do(tmp_path: Path, path: str, said: str) -> None:
    pictures(tmp_path, "1.png")
    for name in ("empty", "deep/2024", "both"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("deep/2024/a.csv", "both/a.csv", "both/b.jsonl"):
        (tmp_path / name).write_text("image_link\n")
    with pytest.raises(CatalogError) as refused:
        check_catalog(f"{tmp_path}/{path}", ASKED)
    assert said.format(tmp_path) in str(refused.value)
