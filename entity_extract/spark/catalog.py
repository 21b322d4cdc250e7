"""Reading the catalog: columns checked before Spark starts, rows identified, none lost."""

import csv
import json
import logging
from itertools import islice
from pathlib import Path

import pyarrow.lib
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.config import CatalogConfig
from entity_extract.errors import UserError

log = logging.getLogger(__name__)

ROW_KEY, ROW_COPY, POSITION = "row_key", "row_copy", "row_position"
_SUFFIXES = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
_OWN = (schema.SAMPLE_ID, *schema.REQUIRED, schema.ENTITY_VALUE)
_RESERVED = (set(schema.PREDICTIONS) | {"wave", "open", POSITION}) - set(_OWN)
_JSON_LINES_LOOKED_AT = 1000  # JSON lines may leave out a null field, so one line is not enough


class CatalogError(UserError):
    """The catalog cannot be read, or lacks a column."""


def check_catalog(path: str, config: CatalogConfig) -> None:
    """Raises CatalogError for what can be seen without Spark: no such file, a column missing.

    A path on a remote file system is checked when Spark reads it.
    """
    file_format(path, config)
    if "://" in path and not path.startswith("file://"):
        return
    files = _files(Path(path.removeprefix("file://")), config)
    _require(_columns(files[0], file_format(path, config)), path)


def file_format(path: str, config: CatalogConfig) -> str:
    """csv, parquet or json: configured, or by the name of the file or of a file in the folder."""
    if config.format != "auto":
        return config.format
    names = [path.rstrip("/")]
    if Path(path).is_dir():
        names += sorted(entry.name for entry in Path(path).rglob("*"))
    for name in names:
        for suffix, found in _SUFFIXES.items():
            if name.removesuffix(".gz").endswith(suffix):
                return found
    raise CatalogError(f"{path}: neither .csv, .parquet nor .json; set catalog.format")


def _files(path: Path, config: CatalogConfig) -> list[Path]:
    if not path.exists():
        raise CatalogError(f"{path}: no such file or folder")
    if path.is_file():
        return [path]
    endings = {suffix for suffix, found in _SUFFIXES.items()}
    found = sorted(
        entry
        for entry in path.rglob("*")
        if entry.is_file()
        and not entry.name.startswith(("_", "."))
        and (config.format != "auto" or endings.intersection(entry.suffixes))
    )
    if not found:
        raise CatalogError(f"{path}: the folder holds no catalog file")
    return found


def _columns(file: Path, found: str) -> list[str]:
    try:
        if found == "parquet":
            return list(pq.read_schema(file).names)
        if file.suffix == ".gz":
            return []  # not looked into; Spark's reader says what is missing
        with file.open(encoding="utf-8-sig", newline="") as lines:
            if found == "csv":
                return next(csv.reader(lines), [])
            first = islice(lines, _JSON_LINES_LOOKED_AT)
            rows = (json.loads(line) for line in first if line.strip())
            return sorted({key for row in rows for key in row})
    except (OSError, ValueError, pyarrow.lib.ArrowException, csv.Error) as err:
        raise CatalogError(f"{file}: not a readable {found} catalog: {err}") from None


def _require(columns: list[str], path: str) -> None:
    if not columns and not path.endswith(".gz"):
        raise CatalogError(
            f"{path}: the catalog has no columns; a header is needed even for 0 rows"
        )
    missing = [name for name in schema.REQUIRED if columns and name not in columns]
    if missing:
        raise CatalogError(
            f"{path}: column {', '.join(missing)} is missing; found: {', '.join(columns)}"
        )


def read_catalog(spark: SparkSession, path: str, config: CatalogConfig) -> DataFrame:
    """All rows, with row_key, row_copy and row_position (see `identified`), our columns as text.

    The challenge's `index` becomes sample_id. A column named like one of ours is kept as
    `catalog_<name>`. In CSV an empty label says "the picture does not say"; elsewhere that is ""
    and null means unlabelled.
    """
    found = file_format(path, config)
    source = path if "://" in path or not Path(path).exists() else f"file://{Path(path).resolve()}"
    if found == "csv":
        rows = spark.read.csv(source, header=True, multiLine=True, quote='"', escape='"')
        if schema.ENTITY_VALUE in rows.columns:
            rows = rows.fillna("", subset=[schema.ENTITY_VALUE])
    elif found == "json":
        rows = spark.read.json(source, primitivesAsString=True)
    else:
        rows = spark.read.parquet(source)
    _require(rows.columns, path)
    rows = _renamed(rows)
    for name in _OWN:
        value = F.col(name) if name in rows.columns else F.lit(None)
        rows = rows.withColumn(name, value.cast("string"))
    return identified(rows)


def _renamed(rows: DataFrame) -> DataFrame:
    if "index" in rows.columns:
        if schema.SAMPLE_ID in rows.columns:
            rows = rows.withColumnRenamed(schema.SAMPLE_ID, f"catalog_{schema.SAMPLE_ID}")
        rows = rows.withColumnRenamed("index", schema.SAMPLE_ID)
    for name in _RESERVED.intersection(rows.columns):
        log.warning(
            "catalog column %s is kept as catalog_%s: we write a column of that name", name, name
        )
        rows = rows.withColumnRenamed(name, f"catalog_{name}")
    return rows


def identified(rows: DataFrame) -> DataFrame:
    """With row_key, a hash of the whole row, row_copy, 1, 2, … among rows equal in all, and
    row_position, which grows along the catalog."""
    columns = [F.col(f"`{name}`") for name in sorted(rows.columns)]
    whole = F.to_json(F.struct(*columns), {"ignoreNullFields": "false"})
    placed = rows.withColumn(POSITION, F.monotonically_increasing_id())
    copies = Window.partitionBy(ROW_KEY).orderBy(POSITION)
    return placed.withColumn(ROW_KEY, F.sha2(whole, 256)).withColumn(
        ROW_COPY, F.row_number().over(copies)
    )
