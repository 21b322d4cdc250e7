"""A catalog in Delta's format, as far as it is looked at without Spark."""

import logging
import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake

from entity_extract.catalog.delta import table_of
from entity_extract.catalog.files import catalog_frame, check_catalog
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError, UserError

AUTO = CatalogConfig()


def row(link: str, value: str | None = "5 inch") -> dict[str, object]:
    return {"image_link": link, "group_id": 7, "entity_name": "width", "entity_value": value}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Two versions: in the second `a` has another label, and `b` is gone."""
    path = tmp_path / "catalog"
    write_deltalake(path, pa.Table.from_pylist([row("a"), row("b"), row("c", None)]))
    opened = DeltaTable(path)
    opened.update(predicate="image_link = 'a'", updates={"entity_value": "'6 inch'"})
    opened.delete("image_link = 'b'")
    return path


def labels(path: str | Path, config: CatalogConfig = AUTO) -> dict[str, str | None]:
    rows = catalog_frame(str(path), config)
    values = [None if pd.isna(value) else value for value in rows["entity_value"]]
    return dict(zip(rows["image_link"], values, strict=True))


def test_superseded_rows_are_not_read(table: Path) -> None:
    assert labels(table) == {"a": "6 inch", "c": None}
    assert set(catalog_frame(str(table), AUTO)["group_id"]) == {"7"}


def test_a_version_can_be_named_as_delta_does(table: Path) -> None:
    assert labels(f"{table}@v0") == {"a": "5 inch", "b": "5 inch", "c": None}
    with pytest.raises(UserError, match="cannot be read"):
        labels(f"{table}@v9")


def test_a_path_that_is_there_is_no_version_of_another(table: Path) -> None:
    named = table.with_name("catalog@v0")
    shutil.copytree(table, named)
    assert labels(named) == {"a": "6 inch", "c": None}


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("s3a://shop/catalog@v12", ("s3a://shop/catalog", 12)),
        ("s3a://shop/catalog@v12/", ("s3a://shop/catalog", 12)),
        ("s3a://shop/catalog", ("s3a://shop/catalog", None)),
        ("hdfs://me@vault/catalog", ("hdfs://me@vault/catalog", None)),
    ],
)
def test_a_path_ends_in_a_version_or_not(path: str, named: tuple[str, int | None]) -> None:
    assert table_of(path) == named


def test_a_missing_column_is_named_before_spark_starts(tmp_path: Path) -> None:
    write_deltalake(tmp_path / "catalog", pa.table({"image_link": ["a"]}))
    with pytest.raises(CatalogError, match="entity_name is missing"):
        check_catalog(str(tmp_path / "catalog"), AUTO)


def test_a_folder_that_is_not_there_is_refused_before_spark_starts(tmp_path: Path) -> None:
    for path in ("nowhere", "nowhere@v3"):
        with pytest.raises(CatalogError, match="nowhere: no such file or folder"):
            check_catalog(str(tmp_path / path), CatalogConfig(format="delta"))


def test_a_log_that_delta_rs_cannot_read_is_left_to_spark_and_refused_without_it(
    table: Path,
) -> None:
    (table / "_delta_log" / "00000000000000000001.json").write_text("{no json\n")
    check_catalog(str(table), AUTO)
    with pytest.raises(UserError, match="cannot be read without Spark") as caught:
        labels(table)
    assert "\n" not in str(caught.value)


def test_read_as_parquet_a_delta_table_gives_what_it_has_replaced_and_warns(
    table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        rows = catalog_frame(str(table), CatalogConfig(format="parquet"))
    assert len(rows) > 2
    assert "is a Delta table, read as Parquet" in caplog.text


def test_a_partition_column_stands_in_the_log_and_not_in_the_files(tmp_path: Path) -> None:
    rows = pd.DataFrame([row("a"), row("b")])
    write_deltalake(tmp_path / "catalog", rows, partition_by=["group_id"])
    assert set(catalog_frame(str(tmp_path / "catalog"), AUTO)["group_id"]) == {"7"}
