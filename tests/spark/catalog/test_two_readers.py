"""Who reads a catalog of text with Spark and who reads it without read the same rows.

`CATALOG_FILES=10000` reads about so many generated files instead of a few.
"""

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from pyspark.sql import SparkSession

from entity_extract.catalog import few_files
from entity_extract.catalog.files import catalog_frame
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError
from entity_extract.spark.catalog.rows import POSITION, read_catalog
from tests.catalog_files import OWN, Row, Written, catalogs

FILES_AT_ONCE = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("generated")


@pytest.fixture
def quick(spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> Iterator[SparkSession]:
    """Compiling a plan takes longer than a few rows do; and no file is so small that the driver
    parses it by itself."""
    monkeypatch.setattr(few_files, "FEW_BYTES", -1)
    settings = {
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
    }
    before = {key: spark.conf.get(key) for key in settings}
    for key, value in settings.items():
        spark.conf.set(key, value)
    yield spark
    for key, value in before.items():
        spark.conf.set(key, value)


@settings(
    max_examples=max(1, int(os.environ.get("CATALOG_FILES", "32")) // FILES_AT_ONCE * 2),
    deadline=None,
    database=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate],  # to shrink what takes a second takes too long
)
@given(written=catalogs(FILES_AT_ONCE))
def test_generated_catalogs_have_the_same_rows_or_are_refused_by_both(
    quick: SparkSession, folder: Path, written: Written
) -> None:
    path = folder / str(uuid.uuid4())
    written.write(path)
    mine = without_spark(path, written.config)
    assert mine == with_spark(quick, path, written.config)
    if written.rows is not None:
        assert mine == written.rows
    shutil.rmtree(path)


def without_spark(path: Path, config: CatalogConfig) -> list[Row] | None:
    """None where it is refused."""
    try:
        rows = catalog_frame(str(path), config)
    except CatalogError:
        return None
    cells = rows[[*OWN]].itertuples(index=False)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in cells]


def with_spark(spark: SparkSession, path: Path, config: CatalogConfig) -> list[Row] | None:
    try:
        rows = read_catalog(spark, str(path), config).collect()
    except CatalogError:
        return None
    finally:
        spark.catalog.clearCache()
    ordered = sorted(rows, key=lambda row: row[POSITION])
    return [tuple(row[name] for name in OWN) for row in ordered]


HEADER = "image_link,group_id,entity_name,entity_value,title"
ROW = "l,007,width,5 inch,"
CELLS = ("l", "007", "width", "5 inch")
OBJECT = '{"image_link": ["l"], "group_id": NaN, "entity_name": "width", "entity_value": 1.50}\n'
READ_ALIKE = {
    "CRLF header, LF rows": (
        f"{HEADER}\r\n" + 'l,007,width,5 inch,"a\nb"\n' * 1000,
        [CELLS] * 1000,
    ),
    "LF header, CRLF rows": (f"{HEADER}\n" + f"{ROW}\r\n" * 1000, [CELLS] * 1000),
    "label last": ("group_id,image_link,entity_name,entity_value\n007,l,width,5 inch\r\n", [CELLS]),
    "Spark's own quotes": (f'{HEADER}\nl,007,width,5 inch,"24\\" monitor, black"\n', [CELLS]),
    "semicolons": (f"{HEADER}\nl,007,width,5 inch,\n".replace(",", ";"), [CELLS]),
    "Excel's Unicode text": (
        f"{HEADER}\r\nl,007,width,5 inch,\r\n".replace(",", "\t").encode("utf-16"),
        [CELLS],
    ),
    "names that only case tells apart": (
        f"{HEADER},Title,title,\nl,007,width,5 inch,,,,\n",
        [CELLS],
    ),
    "a quote that never closes": (f'{HEADER}\nl,007,width,5 inch,"a\n' + "l,1,w,,\n" * 9, None),
    "latin-1, late": (f"{HEADER}\n".encode() + b"l,007,w,,\n" * 9999 + b"l,007,w,,\xe9\n", None),
    "JSON as pandas and Python write it": (OBJECT, [('["l"]', None, "width", "1.5")]),
    "JSON cut short": (OBJECT * 1500 + OBJECT[:30], None),
}


@pytest.mark.parametrize("kind", READ_ALIKE)
def test_what_shops_hand_over_is_read_alike(spark: SparkSession, folder: Path, kind: str) -> None:
    content, rows = READ_ALIKE[kind]
    content = content if isinstance(content, bytes) else content.encode()
    name = "c.jsonl" if kind.startswith("JSON") else "c.tsv"
    path = folder / f"{uuid.uuid4()}-{name}"
    path.write_bytes(content)
    config = CatalogConfig()
    assert with_spark(spark, path, config) == without_spark(path, config) == rows
