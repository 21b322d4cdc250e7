"""Who reads a catalog of text with Spark and who reads it without read the same rows.

`CATALOG_FILES=10000` reads so many generated files instead of a few.
"""

import os
import uuid
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from entity_extract.catalog.files import catalog_frame
from entity_extract.errors import CatalogError
from entity_extract.spark.catalog.rows import POSITION, read_catalog
from tests.catalog_files import OWN, Row, Written, csv_files, json_files

FILES_AT_ONCE = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated")


@settings(
    max_examples=max(1, int(os.environ.get("CATALOG_FILES", "40")) // FILES_AT_ONCE),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # to shrink what takes a second a file takes too long
)
@given(
    files=st.lists(
        csv_files() | csv_files() | json_files(), min_size=FILES_AT_ONCE, max_size=FILES_AT_ONCE
    )
)
def test_generated_files_have_the_same_rows_or_are_refused_by_both(
    spark: SparkSession, folder: Path, files: list[Written]
) -> None:
    paths = [folder / f"{uuid.uuid4()}-{written.name}" for written in files]
    for path, written in zip(paths, files, strict=True):
        path.write_bytes(written.content)
    with ThreadPoolExecutor(4) as threads:
        read = list(threads.map(partial(with_spark, spark), paths, files))
    spark.catalog.clearCache()
    for path, written, theirs in zip(paths, files, read, strict=True):
        mine = without_spark(path, written)
        assert mine == theirs, written
        if written.rows is not None:
            assert mine == written.rows, written
        path.unlink()


def without_spark(path: Path, written: Written) -> list[Row] | None:
    """None where it is refused."""
    try:
        rows = catalog_frame(str(path), written.config)
    except CatalogError:
        return None
    cells = rows[[*OWN]].itertuples(index=False)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in cells]


def with_spark(spark: SparkSession, path: Path, written: Written) -> list[Row] | None:
    try:
        rows = read_catalog(spark, str(path), written.config).collect()
    except CatalogError:
        return None
    ordered = sorted(rows, key=lambda row: row[POSITION])
    return [tuple(row[name] for name in OWN) for row in ordered]
