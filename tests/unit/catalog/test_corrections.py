"""Labels that win over the catalog's own, row by row, without Spark."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest

from entity_extract.catalog.corrections import RowId, read_corrections
from entity_extract.catalog.files import catalog_frame, check_catalog
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError

COLUMNS = ["image_link", "group_id", "entity_name", "catalog_key", "entity_value"]
ROWS = [
    ["http://shop/a.jpg", "1", "width", "", "6 inch"],
    ['http://shop/"b",\r\n.jpg', "1", "width", "", ""],
]


def written(folder: Path, rows: Sequence[Sequence[str]], name: str = "corrections.csv") -> str:
    frame, path = pd.DataFrame(rows, columns=COLUMNS), folder / name
    frame.to_csv(path, index=False) if path.suffix == ".csv" else frame.to_parquet(path)
    return str(path)


@pytest.mark.parametrize("name", ["corrections.csv", "corrections.parquet"])
def test_corrections_are_read_as_they_were_written(name: str, tmp_path: Path) -> None:
    found = read_corrections(written(tmp_path, ROWS, name))
    assert found == {RowId(*row[:4]): row[4] for row in ROWS}


def test_of_a_row_that_stands_there_twice_the_last_holds(tmp_path: Path) -> None:
    later = [*ROWS[0][:4], "7 inch"]
    assert read_corrections(written(tmp_path, [*ROWS, later]))[RowId(*later[:4])] == "7 inch"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("image_link,group_id,entity_name\n", "column entity_value is missing"),
        ('image_link,group_id,entity_name,entity_value\na,1,width,"5', "line 2"),
        (
            'image_link,group_id,entity_name,entity_value,catalog_key\na,1,width,5 inch,"[1]"',
            "JSON",
        ),
    ],
)
def test_what_is_no_corrections_is_refused(content: str, reason: str, tmp_path: Path) -> None:
    path, catalog = tmp_path / "corrections.csv", tmp_path / "catalog.csv"
    path.write_text(content)
    catalog.write_text("image_link,group_id,entity_name,sku\na,1,width,7\n")
    config = CatalogConfig(corrections=str(path), key=("sku",))
    with pytest.raises(CatalogError, match=reason):
        catalog_frame(str(catalog), config)


def test_a_missing_file_is_told_before_anything_is_read(tmp_path: Path) -> None:
    catalog = tmp_path / "catalog.csv"
    catalog.write_text("image_link,group_id,entity_name\n")
    with pytest.raises(CatalogError, match="no such file of corrections"):
        check_catalog(str(catalog), CatalogConfig(corrections=str(tmp_path / "none.csv")))


def test_a_correction_wins_over_the_catalogs_label_and_gives_one_where_there_is_none(
    tmp_path: Path,
) -> None:
    catalog = pd.DataFrame(
        [
            ["http://shop/a.jpg", 1.0, "Width", "5 inch"],  # as the lake has it: 1, width
            ["http://shop/a.jpg", 2.0, "Width", "5 inch"],  # another category: another row
            [ROWS[1][0], 1.0, "width", None],
            ["http://shop/c.jpg", 1.0, "width", None],
        ],
        columns=["image_link", "group_id", "entity_name", "entity_value"],
    )
    catalog.to_parquet(tmp_path / "catalog.parquet")
    config = CatalogConfig(corrections=written(tmp_path, ROWS))
    rows = catalog_frame(str(tmp_path / "catalog.parquet"), config, entities=["width"])
    assert rows["entity_value"].tolist() == ["6 inch", "5 inch", "", None]


def test_with_a_key_a_correction_is_of_the_row_with_that_key(tmp_path: Path) -> None:
    (tmp_path / "catalog.csv").write_text(
        "image_link,group_id,entity_name,sku\na,1,width,7\na,1,width,8\na,1,width,\n"
    )
    said = [["a", "1", "width", '{"sku":"7"}', "6 inch"], ["a", "1", "width", "", "9 inch"]]
    config = CatalogConfig(corrections=written(tmp_path, said), key=("sku",))
    rows = catalog_frame(str(tmp_path / "catalog.csv"), config)
    assert list(rows.columns) == [*COLUMNS[:3], "entity_value", "row_copy"]
    assert rows["entity_value"].tolist() == ["6 inch", None, "9 inch"]
