"""What a catalog's files show without Spark: their format, their columns, that they can be read."""

import csv
import gzip
import logging
import zlib
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

import pandas as pd
import pyarrow.lib
import pyarrow.parquet as pq

from entity_extract import schema
from entity_extract.catalog.column_text import json_rows, text_of
from entity_extract.catalog.delta import DELTA_LOG, delta_columns, delta_frame, table_of
from entity_extract.config import CatalogConfig
from entity_extract.errors import UserError

log = logging.getLogger(__name__)

_SUFFIXES = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
_READ = (*schema.REQUIRED, schema.ENTITY_VALUE)
_JSON_LINES_LOOKED_AT = 1000  # JSON lines may leave out a null field, so one line is not enough
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    zlib.error,
    pyarrow.lib.ArrowException,
    csv.Error,
)


class CatalogError(UserError):
    """The catalog cannot be read, or lacks a column."""


def check_catalog(path: str, config: CatalogConfig) -> None:
    """Raises CatalogError for what can be seen without Spark: no such file, a column missing.

    A path on a remote file system is checked when Spark reads it.
    """
    table, version = named_table(path, config)
    local = local_path(table)
    if local is None:
        return
    names = names_in(local)
    warn_of_superseded(path, config, names)
    found = file_format(path, config, names)
    if found == "delta":
        if not local.is_dir():
            raise CatalogError(f"{table}: no such folder")
        if (columns := delta_columns(local, version)) is not None:
            require_columns(columns, path)
        return
    headers = {str(file): _columns(file, found) for file in _files(local, config)}
    headers = {file: columns for file, columns in headers.items() if columns}
    if found == "json":  # a field that is null throughout one file is absent from it
        headers = {path: sorted({name for columns in headers.values() for name in columns})}
    for file, columns in (headers or {path: []}).items():
        require_columns(columns, file)
    if found == "csv":
        _require_equal(headers)


def named_table(path: str, config: CatalogConfig) -> tuple[str, int | None]:
    """The path, and the version of a Delta table where it ends in one: see delta.table_of."""
    if config.format not in ("auto", "delta"):
        return path, None
    local = local_path(path)
    return (path, None) if local is not None and local.exists() else table_of(path)


def file_format(path: str, config: CatalogConfig, names: Sequence[str]) -> str:
    """csv, parquet, json or delta: configured; by the folder's Delta log; by the path's own name;
    or by `names`, those of the files in the folder."""
    if config.format != "auto":
        return config.format
    if DELTA_LOG in names or named_table(path, config)[1] is not None:
        return "delta"
    own = format_by_name(path)
    formats = [own] if own else sorted({kind for name in names if (kind := format_by_name(name))})
    if not formats:
        raise CatalogError(
            f"{path}: neither .csv, .parquet, .json nor a Delta table; set catalog.format"
        )
    if len(formats) > 1:
        raise CatalogError(f"{path}: holds {' and '.join(formats)} files; set catalog.format")
    return formats[0]


def format_by_name(name: str) -> str | None:
    return _SUFFIXES.get(Path(name.rstrip("/").removesuffix(".gz")).suffix)


def glob_of(found: str) -> str:
    """Matches, in Hadoop's way, the names that say this format."""
    suffixes = [suffix for suffix, kind in _SUFFIXES.items() if kind == found]
    return f"*{{{','.join(suffixes)}}}{{,.gz}}"


def local_path(path: str) -> Path | None:
    """None for a path on another file system."""
    if "://" in path and not path.startswith("file://"):
        return None
    return Path(path.removeprefix("file://"))


def warn_of_superseded(path: str, config: CatalogConfig, names: Sequence[str]) -> None:
    """Somebody may want it, to mend a table whose log is lost."""
    if config.format == "parquet" and DELTA_LOG in names:
        log.warning("%s is a Delta table, read as Parquet: rows that it has replaced, too", path)


def names_in(path: Path) -> list[str]:
    """Names of what is in a folder that tells its format; empty for a file."""
    log_of_delta = [DELTA_LOG] if (path / DELTA_LOG).is_dir() else []
    return [*log_of_delta, *(entry.name for entry in _entries(path))]


def _entries(folder: Path) -> list[Path]:
    """The files that Spark reads in a folder: its own and those of `key=value` folders in it."""
    return sorted(
        entry
        for entry in folder.rglob("*")
        if entry.is_file()
        and not entry.name.startswith(("_", "."))
        and all("=" in part for part in entry.relative_to(folder).parts[:-1])
    )


def _files(path: Path, config: CatalogConfig) -> list[Path]:
    if not path.exists():
        raise CatalogError(f"{path}: no such file or folder")
    if path.is_file():
        return [path]
    found = [
        entry for entry in _entries(path) if config.format != "auto" or format_by_name(entry.name)
    ]
    if not found:
        raise CatalogError(f"{path}: the folder holds no catalog file")
    return found


def _columns(file: Path, found: str) -> list[str]:
    """Of the header, the schema or the first rows; empty for an empty file."""
    try:
        if found == "parquet":
            return list(pq.read_schema(file).names)
        with _open(file) as lines:
            if found == "csv":
                return next(csv.reader(lines), [])
            return _json_keys(lines)
    except _UNREADABLE as err:
        raise CatalogError(f"{file}: not a readable {found} catalog: {err}") from None


def _open(file: Path) -> TextIO:
    if file.suffix == ".gz":
        return gzip.open(file, "rt", encoding="utf-8-sig", newline="")
    return file.open(encoding="utf-8-sig", newline="")


def _json_keys(lines: TextIO) -> list[str]:
    return sorted({key for row in json_rows(islice(lines, _JSON_LINES_LOOKED_AT)) for key in row})


def require_columns(columns: Sequence[str], path: str) -> None:
    if not columns:
        raise CatalogError(
            f"{path}: the catalog has no columns; a header is needed even for 0 rows"
        )
    missing = [name for name in schema.REQUIRED if name not in columns]
    if missing:
        raise CatalogError(
            f"{path}: column {', '.join(missing)} is missing; found: {', '.join(columns)}"
        )


def _require_equal(headers: dict[str, list[str]]) -> None:
    """Spark reads the columns of CSV files by place, with the names of the first file."""
    (first, expected), *others = headers.items()
    for file, columns in others:
        if columns != expected:
            raise CatalogError(
                f"{file}: the columns are not those of {first}, in that order; "
                f"found: {', '.join(columns)}"
            )


def catalog_frame(path: str, config: CatalogConfig) -> pd.DataFrame:
    """A local catalog whole, without Spark: what `spark.catalog.read_catalog` reads, as text.

    Columns are schema.REQUIRED, entity_value (None: unlabelled) and row_copy, which counts equal
    rows from 1. For machines that learn; catalogs of millions of rows are Spark's.
    Raises CatalogError.
    """
    check_catalog(path, config)
    table, version = named_table(path, config)
    local = local_path(table)
    if local is None:
        raise CatalogError(f"{path}: only a local catalog can be read without Spark")
    found = file_format(path, config, names_in(local))
    if found == "delta":
        rows = delta_frame(local, version, _READ)
        require_columns(list(rows.columns), path)  # where nothing could be seen before
    else:
        files = _files(local, config)
        rows = pd.concat([_frame(file, found) for file in files], ignore_index=True)
    for name in _READ:
        column = rows[name].astype(object) if name in rows else pd.Series(None, rows.index, object)
        rows[name] = [None if pd.isna(cell) else str(cell) for cell in column]
    if found == "csv" and len(rows):  # in CSV an empty cell is an empty label
        rows[schema.ENTITY_VALUE] = rows[schema.ENTITY_VALUE].fillna("")
    rows = rows[[*_READ]]
    return rows.assign(row_copy=rows.groupby(list(rows.columns), dropna=False).cumcount() + 1)


def _frame(file: Path, found: str) -> pd.DataFrame:
    """Those of _READ that the file has, as text; of CSV, all columns."""
    try:
        if found == "parquet":
            with pq.ParquetFile(file) as opened:
                held = [name for name in opened.schema_arrow.names if name in _READ]
                table = opened.read(held)
            return pd.DataFrame({name: text_of(table[name]) for name in held}, dtype=object)
        if found == "json":
            with _open(file) as lines:
                cells = [[row.get(name) for name in _READ] for row in json_rows(lines)]
            return pd.DataFrame(cells, columns=list(_READ), dtype=object)
        return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except _UNREADABLE as err:
        raise CatalogError(f"{file}: not a readable {found} catalog: {err}") from None
