"""A large file of text is read by many tasks where it may be cut at its lines, as it is whole."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from entity_extract import schema
from entity_extract.catalog.few_files import FEW_BYTES
from entity_extract.catalog.files import catalog_frame
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError
from entity_extract.spark.catalog.rows import POSITION, read_catalog
from entity_extract.spark.catalog.text import bytes_of

MOST = "spark.sql.files.maxPartitionBytes"
COLUMNS = [*schema.QUESTION, schema.ENTITY_VALUE]
LINK = "https://shop.example/pictures/of/a/rather/long/name/so/that/there/are/few/rows/in/a/file/"
ROWS = [
    (f"{LINK}{n}-{'ü' * (n % 7)}.jpg", f"{n % 5}", "item_weight", f"{n} gram" if n % 3 else "")
    for n in range(FEW_BYTES // 100)
]


def csv(between: str = ",", end: str = "\n", *, first: str = "") -> str:
    rows = [first] * bool(first) + [between.join(row) for row in (COLUMNS, *ROWS)]
    return end.join([*rows, ""])


TEXTS = {
    "commas": csv(),
    "tabs and blank lines": csv("\t", "\r\n\r\n"),
    "told by Excel": csv("|", first="sep=|"),
    "quotes": csv().replace("item_weight", '"item_weight"'),
}


@pytest.fixture
def _small_parts(spark: SparkSession) -> Iterator[None]:
    before = spark.conf.get(MOST)
    spark.conf.set(MOST, str(FEW_BYTES // 4))
    yield
    spark.conf.set(MOST, before or "")


def tasks_of(spark: SparkSession, file: Path) -> int:
    """That read it; its rows are as who reads without Spark tells them, and in that order."""
    rows = read_catalog(spark, str(file), CatalogConfig())
    found = rows.orderBy(POSITION).select(*COLUMNS).collect()
    expected = catalog_frame(str(file), CatalogConfig())[COLUMNS]
    assert [tuple(row) for row in found] == list(expected.itertuples(index=False, name=None))
    assert len(found) == len(ROWS)
    return rows.rdd.getNumPartitions()


@pytest.mark.usefixtures("_small_parts")
@pytest.mark.parametrize("name", TEXTS)
def test_many_tasks_read_one_large_file(spark: SparkSession, tmp_path: Path, name: str) -> None:
    file = tmp_path / "catalog.csv"
    file.write_bytes(TEXTS[name].encode())
    assert tasks_of(spark, file) >= 4


@pytest.mark.usefixtures("_small_parts")
def test_so_do_they_of_json_lines(spark: SparkSession, tmp_path: Path) -> None:
    file = tmp_path / "catalog.jsonl"
    rows = (json.dumps(dict(zip(COLUMNS, row, strict=True))) for row in ROWS)
    file.write_text("\n".join(rows))
    assert tasks_of(spark, file) >= 4


@pytest.mark.usefixtures("_small_parts")
@pytest.mark.parametrize(
    ("content", "name", "reason"),
    [
        (csv().replace("item_weight", '"item_weight\n"', 1).encode(), "a.csv", "line breaks"),
        (csv().encode("utf-16"), "b.csv", "utf-16"),
        (gzip.compress(csv().encode(), 0), "c.csv.gz", "gzip"),
    ],
)
def test_one_that_cannot_be_cut_is_read_by_one_task_and_that_is_said(
    spark: SparkSession,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    content: bytes,
    name: str,
    reason: str,
) -> None:
    (tmp_path / name).write_bytes(content)
    assert tasks_of(spark, tmp_path / name) == 1
    (said,) = (record.getMessage() for record in caplog.records if "one task" in record.message)
    assert reason in said
    assert "to_parquet" in said


@pytest.mark.parametrize(
    ("said", "size"), [("134217728b", 2**27), ("128MB", 2**27), ("1 g", 2**30), ("4096", 4096)]
)
def test_a_size_is_told_as_spark_tells_it(said: str, size: int) -> None:
    assert bytes_of(said) == size


def test_what_is_no_size_is_named() -> None:
    with pytest.raises(CatalogError, match="maxPartitionBytes = '128 pages'"):
        bytes_of("128 pages")
