"""What a catalog's files show without Spark: their format, their columns, that they can be read."""

import logging
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow.lib

from entity_extract import schema
from entity_extract.catalog.corrections import corrected_frame, read_corrections
from entity_extract.catalog.delta import delta_columns, delta_frame
from entity_extract.catalog.entities import matched, told_of_entities
from entity_extract.catalog.formats import (
    file_format,
    named_table,
    require_visible,
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
from entity_extract.catalog.spreadsheets import spreadsheet_frame
from entity_extract.catalog.text.local_text import looked_through, text_frame
from entity_extract.catalog.text.text_files import UNREADABLE, columns_of
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError

log = logging.getLogger(__name__)

_READ = (*schema.REQUIRED, schema.ENTITY_VALUE)
_IDS = (schema.GROUP_ID, "index")  # whole numbers among these lose a fraction of zero
TEXT = ("csv", "json")
_UNREADABLE = (*UNREADABLE, pyarrow.lib.ArrowException)


def check_catalog(path: str, config: CatalogConfig) -> CatalogConfig:
    """Raises CatalogError for what can be seen without Spark: no such file, a column missing, and
    in text any row that is no row; and for corrections that cannot be used. Returns `config`, with
    what the files settle.

    A path on a remote file system is checked when Spark reads it.
    """
    if config.corrections is not None:
        read_corrections(config.corrections)
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
            require_columns(columns, path, config.key)
        return config
    warn_of_passed_over(local, config)
    partitions = catalog_files(local, config, found)
    if found in TEXT:
        config, scans = looked_through(list(partitions), found, config)
        headers: Mapping[str, Sequence[str]] = columns_of(scans)
    else:
        headers = {str(file): _columns(file, found) for file in partitions}
    folders = list(next(iter(partitions.values())))  # the same of all files
    check_headers(
        {file: with_folders(columns, folders) for file, columns in headers.items() if columns},
        found,
        path,
        config.key,
    )
    return config


def with_folders(columns: Sequence[str], folders: Sequence[str]) -> list[str]:
    """The columns of a file in folders that name some: these stand for the file's own."""
    return [*(name for name in columns if name not in folders), *folders]


def check_headers(
    headers: Mapping[str, Sequence[str]], found: str, path: str, key: Sequence[str] = ()
) -> None:
    """`headers` are the columns of each file that is not empty. Raises CatalogError."""
    if found == "json":  # a field that is null throughout one file is absent from it
        headers = {path: sorted({name for columns in headers.values() for name in columns})}
    for file, columns in (headers or {path: []}).items():
        require_columns(columns, file, key)
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
        require_visible(str(path), path.resolve().name, found)
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


def _columns(file: Path, found: str) -> list[str]:
    """Of the schema, or of a workbook's first sheet."""
    try:
        if found == "parquet":
            return parquet_columns(file)
        return list(spreadsheet_frame(file).columns)
    except _UNREADABLE as err:
        raise CatalogError(f"{file}: not a readable {found} catalog: {err}") from None


def require_columns(columns: Sequence[str], path: str, key: Sequence[str] = ()) -> None:
    """`key` as catalog.key names it. Raises CatalogError."""
    if not columns:
        raise CatalogError(
            f"{path}: the catalog has no columns; a header is needed even for 0 rows"
        )
    missing = [name for name in schema.REQUIRED if name not in columns]
    if missing:
        found = ", ".join(map(_shown, columns))
        raise CatalogError(f"{path}: column {', '.join(missing)} is missing; found: {found}")
    if missing := [name for name in key if name not in columns]:
        found = ", ".join(map(_shown, columns))
        raise CatalogError(f"{path}: no column {', '.join(missing)} of catalog.key; found: {found}")
    if twice := [name for name in (*_READ, "index") if list(columns).count(name) > 1]:
        raise CatalogError(f"{path}: column {', '.join(twice)} stands there twice")


def _shown(name: str) -> str:
    """Quoted where blanks, marks without a width, or nothing would not be seen."""
    return name if name and name == name.strip() and name.isprintable() else repr(name)


def _require_equal(headers: Mapping[str, Sequence[str]]) -> None:
    """The columns of CSV files are read by place, with the names of the first file."""
    (first, expected), *others = headers.items()
    for file, columns in others:
        if list(columns) != list(expected):
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
    corrections, wanted = config.corrections, list(_READ)
    if corrections is None:
        config = config.of_labels
    else:
        wanted = list(dict.fromkeys([*_READ, *config.key]))
    config = check_catalog(path, config)
    table, version = named_table(path, config)
    local = local_path(table)
    if local is None:
        raise CatalogError(f"{path}: only a local catalog can be read without Spark")
    found = file_format(path, config, names_in(local))
    if found == "delta":
        rows = delta_frame(local, version, wanted)
        require_columns(list(rows.columns), path, config.key)  # where nothing could be seen before
    else:
        files = catalog_files(local, config, found)
        frames = [
            _frame(file, found, config, wanted).assign(**values) for file, values in files.items()
        ]
        rows = pd.concat(frames, ignore_index=True)
    if found in ("csv", "xlsx") and schema.ENTITY_VALUE in rows:  # an empty cell is an empty label
        rows[schema.ENTITY_VALUE] = rows[schema.ENTITY_VALUE].fillna("")
    for name in wanted:
        column = rows[name].astype(object) if name in rows else pd.Series(None, rows.index, object)
        cells = [None if pd.isna(cell) else str(cell) for cell in column]
        rows[name] = pd.Series(cells, rows.index, object)
    key = {
        name: whole_ids(rows[name].tolist())[0] if name in _IDS else rows[name].tolist()
        for name in config.key
    }
    rows = _respelled(rows[[*_READ]], entities)
    if corrections is not None:
        rows = corrected_frame(rows, corrections, key)
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


def _frame(file: Path, found: str, config: CatalogConfig, wanted: Sequence[str]) -> pd.DataFrame:
    """Those of `wanted` that the file has, as text."""
    try:
        if found in TEXT:
            return text_frame(file, found, config, wanted)
        if found == "parquet":
            return parquet_frame(file, wanted)
        sheet = spreadsheet_frame(file)
        return sheet[[name for name in wanted if name in sheet]]
    except _UNREADABLE as err:
        raise CatalogError(f"{file}: not a readable {found} catalog: {err}") from None
