"""What a catalog's files show without Spark: their format, their columns, that they can be read."""

import csv
import gzip
import logging
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import TextIO

import pandas as pd
import pyarrow.lib

from entity_extract import schema
from entity_extract.catalog.column_text import json_rows
from entity_extract.catalog.delta import delta_columns, delta_frame
from entity_extract.catalog.entities import matched, told_of_entities
from entity_extract.catalog.formats import (
    file_format,
    named_table,
    warn_of_passed_over,
    warn_of_superseded,
)
from entity_extract.catalog.ids import told_of_ids, whole_ids
from entity_extract.catalog.parquet import parquet_columns, parquet_frame
from entity_extract.catalog.partitions import partition_of, require_even
from entity_extract.catalog.paths import (
    entries,
    format_by_name,
    local_path,
    names_in,
    passed_over,
)
from entity_extract.catalog.spreadsheets import check_spreadsheet, spreadsheet_frame
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError

log = logging.getLogger(__name__)

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
    warn_of_passed_over(local, config)
    partitions = catalog_files(local, config, found)
    headers = {
        str(file): [*columns, *values]
        for file, values in partitions.items()
        if (columns := _columns(file, found))
    }
    if found == "json":  # a field that is null throughout one file is absent from it
        headers = {path: sorted({name for columns in headers.values() for name in columns})}
    for file, columns in (headers or {path: []}).items():
        require_columns(columns, file)
    if found == "csv":
        _require_equal(headers)


def catalog_files(
    path: Path, config: CatalogConfig, found: str
) -> dict[Path, dict[str, str | None]]:
    """A catalog's files in the format that was found, each with the columns of its folders.

    Raises CatalogError where there is none, or Spark would not read them all.
    """
    if not path.exists():
        raise CatalogError(f"{path}: no such file or folder")
    if path.is_file():
        return {path: {}}
    files = {
        entry: partition_of(entry, path)
        for entry in entries(path)
        if config.format != "auto" or format_by_name(entry.name) == found
    }
    if not files:
        raise CatalogError(
            f"{path}: the folder holds no catalog file; if one has another name, set catalog.format"
        )
    require_even(files, [file.relative_to(path) for file in passed_over(path)])
    return files


def csv_header(files: Iterable[Path]) -> tuple[str, ...] | None:
    """The columns of CSV files, which all have the same; None where no file has any."""
    return next((tuple(columns) for file in files if (columns := _columns(file, "csv"))), None)


def _columns(file: Path, found: str) -> list[str]:
    """Of the header, the schema or the first rows; empty for an empty file."""
    try:
        if found == "parquet":
            return parquet_columns(file)
        if found == "xlsx":
            check_spreadsheet(file)
            return list(spreadsheet_frame(file).columns)
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
        found = ", ".join(map(_shown, columns))
        raise CatalogError(f"{path}: column {', '.join(missing)} is missing; found: {found}")


def _shown(name: str) -> str:
    """Quoted where blanks or nothing would not be seen."""
    return name if name and name == name.strip() else repr(name)


def _require_equal(headers: dict[str, list[str]]) -> None:
    """Spark reads the columns of CSV files by place, with the names of the first file."""
    (first, expected), *others = headers.items()
    for file, columns in others:
        if columns != expected:
            raise CatalogError(
                f"{file}: the columns are not those of {first}, in that order; "
                f"found: {', '.join(columns)}"
            )


def catalog_frame(
    path: str, config: CatalogConfig, *, entities: Collection[str] = ()
) -> pd.DataFrame:
    """A local catalog whole, without Spark: what `spark.catalog.read_catalog` reads, as text.

    Columns are schema.REQUIRED, entity_value (None: unlabelled) and row_copy, which counts equal
    rows from 1. Entity names in other letters than those of `entities` become one of these.
    For machines that learn; catalogs of millions of rows are Spark's. Raises CatalogError.
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
        files = catalog_files(local, config, found)
        frames = [_frame(file, found).assign(**values) for file, values in files.items()]
        rows = pd.concat(frames, ignore_index=True)
    for name in _READ:
        column = rows[name].astype(object) if name in rows else pd.Series(None, rows.index, object)
        cells = [None if pd.isna(cell) else str(cell) for cell in column]
        rows[name] = pd.Series(cells, rows.index, object)
    if found in ("csv", "xlsx") and len(rows):  # there an empty cell is an empty label
        rows[schema.ENTITY_VALUE] = rows[schema.ENTITY_VALUE].fillna("")
    rows = _respelled(rows[[*_READ]], entities)
    return rows.assign(row_copy=rows.groupby(list(rows.columns), dropna=False).cumcount() + 1)


def _respelled(rows: pd.DataFrame, entities: Collection[str]) -> pd.DataFrame:
    """With whole numbers for categories, and the domain's names for entities; says so."""
    groups, changed = whole_ids(rows[schema.GROUP_ID].tolist())
    if changed:
        log.warning(told_of_ids(schema.GROUP_ID, changed))
    asked = Counter(name for name in rows[schema.ENTITY_NAME] if name is not None)
    if found := matched(asked, entities):
        log.warning(told_of_entities(found, asked))
    names = [found.get(name, name) for name in rows[schema.ENTITY_NAME]]
    texts = {schema.GROUP_ID: groups, schema.ENTITY_NAME: names}
    return rows.assign(
        **{name: pd.Series(cells, rows.index, object) for name, cells in texts.items()}
    )


def _frame(file: Path, found: str) -> pd.DataFrame:
    """Those of _READ that the file has, as text; of CSV, all columns."""
    try:
        if found == "parquet":
            return parquet_frame(file, _READ)
        if found == "xlsx":
            return spreadsheet_frame(file)
        if found == "json":
            with _open(file) as lines:
                cells = [[row.get(name) for name in _READ] for row in json_rows(lines)]
            return pd.DataFrame(cells, columns=list(_READ), dtype=object)
        return pd.read_csv(file, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    except _UNREADABLE as err:
        raise CatalogError(f"{file}: not a readable {found} catalog: {err}") from None
