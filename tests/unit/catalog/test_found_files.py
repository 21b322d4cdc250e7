"""Files as they lie about: names that Spark passes over, links to folders, workbooks."""

import logging
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook

from entity_extract.catalog.files import catalog_frame, check_catalog
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError

AUTO = CatalogConfig()
HEADER = "image_link,group_id,entity_name\n"


def links(path: Path) -> list[str | None]:
    return [
        None if pd.isna(link) else link for link in catalog_frame(str(path), AUTO)["image_link"]
    ]


def workbook(path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


@pytest.mark.parametrize("name", ["_export.csv", ".export.csv", "_1.jsonl", "_export.parquet"])
def test_a_name_that_spark_passes_over_is_refused_with_another(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(HEADER)
    with pytest.raises(CatalogError, match=r"rename it, such as to [e1]"):
        check_catalog(str(tmp_path / name), AUTO)


def test_a_link_to_such_a_file_is_refused_and_one_from_such_a_name_is_read(tmp_path: Path) -> None:
    (tmp_path / "_a.csv").write_text(HEADER + "l1,7,width\n")
    (tmp_path / "b.csv").write_text(HEADER + "l2,7,width\n")
    (tmp_path / "to_a.csv").symlink_to(tmp_path / "_a.csv")
    (tmp_path / "_to_b.csv").symlink_to(tmp_path / "b.csv")
    with pytest.raises(CatalogError, match="rename"):
        check_catalog(str(tmp_path / "to_a.csv"), AUTO)
    assert links(tmp_path / "_to_b.csv") == ["l2"]


def test_links_to_folders_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    shop, elsewhere = tmp_path / "shop", tmp_path / "elsewhere"
    for folder in (shop / "group_id=8", elsewhere):
        folder.mkdir(parents=True)
        (folder / "a.csv").write_text(f"image_link,entity_name\n{folder.name},width\n")
    (shop / "group_id=7").symlink_to(elsewhere)
    (shop / "group_id=8/group_id=9").symlink_to(shop)
    assert links(shop) == ["elsewhere", "group_id=8"]


def test_a_folder_behind_a_link_that_is_not_read_is_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "old").mkdir()
    for name in ("shop/a.csv", "old/b.csv"):
        (tmp_path / name).write_text(HEADER)
    (tmp_path / "shop/old").symlink_to(tmp_path / "old")
    with caplog.at_level(logging.WARNING):
        check_catalog(str(tmp_path / "shop"), AUTO)
    assert "shop/old/b.csv" in caplog.text


def test_one_of_our_columns_twice_in_a_workbook_is_refused(tmp_path: Path) -> None:
    header: list[object] = ["image_link", "group_id", "entity_name", "image_link"]
    path = workbook(tmp_path / "a.xlsx", header, ["l1", 7, "width", "l2"])
    with pytest.raises(CatalogError, match="image_link stands there twice"):
        check_catalog(str(path), AUTO)


def test_a_cell_with_an_error_is_an_empty_one(tmp_path: Path) -> None:
    header: list[object] = ["image_link", "group_id", "entity_name"]
    path = workbook(tmp_path / "a.xlsx", header, ["#N/A", 7, "NaN"], ["l2", 7, "width"])
    read = catalog_frame(str(path), AUTO)
    assert read[["image_link", "entity_name"]].to_numpy().tolist() == [["", "NaN"], ["l2", "width"]]
