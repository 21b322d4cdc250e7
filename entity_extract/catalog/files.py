"""What a catalog's files show without Spark: their format, their columns, that they can be read."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow.lib
import pyarrow.parquet as pq

from entity_extract import schema
from entity_extract.catalog.column_text import text_of
from entity_extract.catalog.delta import DELTA_LOG, delta_columns, delta_frame, table_of
from entity_extract.catalog.local_text import looked_through, text_frame
from entity_extract.catalog.text_files import UNREADABLE
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError

log = logging.getLogger(__name__)

_SUFFIXES = {
    ".csv": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
}
_READ = (*schema.REQUIRED, schema.ENTITY_VALUE)
TEXT = ("csv", "json")
_UNREADABLE = (*UNREADABLE, pyarrow.lib.ArrowException)


def check_catalog(path: str, config: CatalogConfig) -> CatalogConfig:
    """Raises CatalogError for what can be seen without Spark: no such file, a column missing, and
    in text any row that is no row. Returns `config`, with what the files settle.

    A path on a remote file system is checked when Spark reads it.
    """
    table, version = named_table(path, config)
    local = local_path(table)
    if local is None:
        return config
    names = names_in(local)
    warn_of_superseded(path, config, names)
    found = file_format(path, config, names)
    if found == "delta":
        if not local.is_dir():
            raise CatalogError(f"{table}: no such folder")
        if (columns := delta_columns(local, version)) is not None:
            require_columns(columns, path)
        return config
    files = _files(local, config)
    if found in TEXT:
        config, headers = looked_through(files, found, config)
    else:
        headers = {str(file): _columns(file, found) for file in files}
    check_headers(headers, found, path)
    return config


def check_headers(headers: Mapping[str, Sequence[str]], found: str, path: str) -> None:
    """`headers` are the columns of each file, none of an empty one. Raises CatalogError."""
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
        return list(pq.read_schema(file).names)
    except _UNREADABLE as err:
        raise CatalogError(f"{file}: not a readable {found} catalog: {err}") from None


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
    if twice := [name for name in (*_READ, "index") if list(columns).count(name) > 1]:
        raise CatalogError(f"{path}: column {', '.join(twice)} stands there twice")


def _require_equal(headers: Mapping[str, Sequence[str]]) -> None:
    """The columns of CSV files are read by place, with the names of the first file."""
    (first, expected), *others = headers.items()
    for file, columns in others:
        if list(columns) != list(expected):
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
    config = check_catalog(path, config)
    table, version = named_table(path, config)
    local = local_path(table)
    if local is None:
        raise CatalogError(f"{path}: only a local catalog can be read without Spark")
    found = file_format(path, config, names_in(local))
    if found == "delta":
        rows = delta_frame(local, version, _READ)
        require_columns(list(rows.columns), path)  # where nothing could be seen before
    else:
        frames = [_frame(file, found, config) for file in _files(local, config)]
        rows = pd.concat(frames, ignore_index=True)
    for name in _READ:
        column = rows[name].astype(object) if name in rows else pd.Series(None, rows.index, object)
        rows[name] = [None if pd.isna(cell) else str(cell) for cell in column]
    rows = rows[[*_READ]]
    return rows.assign(row_copy=rows.groupby(list(rows.columns), dropna=False).cumcount() + 1)


def _frame(file: Path, found: str, config: CatalogConfig) -> pd.DataFrame:
    """Those of _READ that the file has, as text."""
    try:
        if found in TEXT:
            return text_frame(file, found, config, _READ)
        with pq.ParquetFile(file) as parquet:
            held = [name for name in parquet.schema_arrow.names if name in _READ]
            table = parquet.read(held)
        return pd.DataFrame({name: text_of(table[name]) for name in held}, dtype=object)
    except _UNREADABLE as err:
        raise CatalogError(f"{file}: not a readable {found} catalog: {err}") from None
