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
from entity_extract.catalog.entities import respelled
from entity_extract.catalog.formats import (
    file_format,
    named_table,
    require_visible,
    warn_of_passed_over,
    warn_of_superseded,
)
from entity_extract.catalog.headers import (
    check_headers,
    require_columns,
    say_where_no_group,
    with_folders,
)
from entity_extract.catalog.ids import told_of_ids, whole_ids
from entity_extract.catalog.parquet import parquet_columns, parquet_frame
from entity_extract.catalog.partitions import named_partitions, partition_of, require_even
from entity_extract.catalog.paths import (
    entries,
    format_by_name,
    local_path,
    names_in,
    passed_over,
    pictures,
    require_there,
)
from entity_extract.catalog.pictures import (
    PICTURES,
    picture_columns,
    picture_frame,
    told_of_pictures,
)
from entity_extract.catalog.spreadsheets import spreadsheet_frame
from entity_extract.catalog.table_names import table_parts
from entity_extract.catalog.text.local_text import looked_through, text_frame
from entity_extract.catalog.text.text_files import UNREADABLE, columns_of
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError

log = logging.getLogger(__name__)

_READ = (*schema.QUESTION, schema.ENTITY_VALUE)
_IDS = (schema.GROUP_ID, "index")  # whole numbers among these lose a fraction of zero
TEXT = ("csv", "json")
_UNREADABLE = (*UNREADABLE, pyarrow.lib.ArrowException)


def check_catalog(path: str, config: CatalogConfig) -> CatalogConfig:
    """Raises CatalogError for what can be seen without Spark: no such file, a column missing, and
    in text any row that is no row; and for corrections that cannot be used. Returns `config`, with
    what the files settle.

    A path on a remote file system, and a table of Spark's, is checked when Spark reads it.
    """
    if config.corrections is not None:
        read_corrections(config.corrections)
    if table_parts(path) is not None:
        return config
    if path.startswith(("http://", "https://")):
        raise CatalogError(f"{path}: a catalog is no web page: curl -LO it, and name the file")
    table, version = named_table(path, config)
    local = local_path(table)
    if local is None:
        return config
    require_there(table, local)
    names = names_in(local)
    warn_of_superseded(path, config, names)
    found = file_format(path, config, names)
    if found == "delta":
        if not local.is_dir():
            raise CatalogError(f"{table}: a Delta table is a folder, and this is a file")
        if (columns := delta_columns(local, version)) is not None:
            require_columns(columns, path, config)
            say_where_no_group(columns, path, config)
        return config
    warn_of_passed_over(local, config, found)
    partitions = catalog_files(local, config, found)
    if found in TEXT:
        config, scans = looked_through(list(partitions), found, config)
        headers: Mapping[str, Sequence[str]] = columns_of(scans)
    else:
        headers = {str(file): _columns(file, found, config) for file in partitions}
    folders = list(next(iter(partitions.values())))  # the same of all files
    whole = {file: with_folders(columns, folders) for file, columns in headers.items() if columns}
    try:
        check_headers(whole, found, path, config)
    except CatalogError as err:
        beside = "" if found == PICTURES else told_of_pictures(local, list(partitions))
        raise CatalogError(f"{err}{beside}") from None
    there = {name for columns in whole.values() for name in columns}
    say_where_no_group(there, path, config, of_pictures=found == PICTURES)
    return config


def catalog_files(
    path: Path, config: CatalogConfig, found: str
) -> dict[Path, dict[str, str | None]]:
    """A catalog's files in the format that was found, each with the columns of its folders.

    Raises CatalogError where there is none, or Spark would not read them all.
    """
    require_there(str(path), path)
    if path.is_file():
        require_visible(str(path), path.resolve().name, found)
        return {path: {}}
    if found == PICTURES:
        files = named_partitions(pictures(path), path)
    else:
        own = (entry for entry in entries(path) if _is_of(entry, found, config))
        files = {entry: partition_of(entry, path) for entry in own}
    if not files:
        raise CatalogError(
            f"{path}: the folder holds no catalog file; if one has another name, set catalog.format"
        )
    if found != PICTURES:
        require_even(files, [file.relative_to(path) for file in passed_over(path)])
    return files


def _is_of(entry: Path, found: str, config: CatalogConfig) -> bool:
    return config.format != "auto" or format_by_name(entry.name) == found


def _columns(file: Path, found: str, config: CatalogConfig) -> list[str]:
    """Of the schema, or of a workbook's first sheet."""
    try:
        if found == PICTURES:
            return picture_columns(config.columns)
        if found == "parquet":
            return parquet_columns(file, config.columns)
        return list(spreadsheet_frame(file).columns)
    except _UNREADABLE as err:
        raise CatalogError(f"{file}: not a readable {found} catalog: {err}") from None


def catalog_frame(
    path: str, config: CatalogConfig, *, entities: Collection[str] = ()
) -> pd.DataFrame:
    """A local catalog whole, without Spark: what `spark.catalog.read_catalog` reads, as text.

    Columns are schema.QUESTION, entity_value (None: unlabelled) and row_copy, which counts equal
    rows from 1. Entity names in other letters than those of `entities` become one of these.
    For machines that learn; catalogs of millions of rows are Spark's. Raises CatalogError.
    """
    corrections = config.corrections
    if corrections is None:
        config = config.of_labels
    config = check_catalog(path, config)
    rows = _as_written(path, config)
    key = {
        name: whole_ids(_texts(rows, name))[0]
        if config.columns.ours.get(name) in _IDS
        else _texts(rows, name)
        for name in config.key
    }
    asked = list(config.entities) * (len(rows) // config.questions_per_row)
    named = {own: _texts(rows, config.columns.name_of(own)) for own in _READ}
    rows = pd.DataFrame(named, dtype=object)
    if asked:
        rows[schema.ENTITY_NAME] = pd.Series(asked, rows.index, object)
    rows = _respelled(rows, entities)
    if corrections is not None:
        rows = corrected_frame(rows, corrections, key)
    return rows.assign(row_copy=rows.groupby(list(rows.columns), dropna=False).cumcount() + 1)


def _as_written(path: str, config: CatalogConfig) -> pd.DataFrame:
    """The rows with their columns that are wanted, as the catalog calls them, each as often as
    catalog.entities ask."""
    table, version = named_table(path, config)
    local = None if table_parts(path) is not None else local_path(table)
    if local is None:
        raise CatalogError(f"{path}: only a local catalog can be read without Spark")
    found = file_format(path, config, names_in(local))
    read = [name for name, own in config.columns.ours.items() if own in _READ]
    wanted = list(dict.fromkeys([*read, *config.columns.named.values(), *config.key]))
    if found == "delta":
        rows = delta_frame(local, version, wanted)
        require_columns(list(rows.columns), path, config)  # where nothing could be seen before
    else:
        files = catalog_files(local, config, found)
        rows = _frame(local, files, found, config, wanted)
    label = config.columns.name_of(schema.ENTITY_VALUE)
    if found in ("csv", "xlsx") and label in rows:  # an empty cell is an empty label
        rows[label] = rows[label].fillna("")
    return rows.loc[rows.index.repeat(config.questions_per_row)]


def _texts(rows: pd.DataFrame, name: str | None) -> list[str | None]:
    if name is None or name not in rows:
        return [None] * len(rows)
    return [None if pd.isna(cell) else str(cell) for cell in rows[name]]


def _respelled(rows: pd.DataFrame, entities: Collection[str]) -> pd.DataFrame:
    """With whole numbers for categories, and the domain's names for entities; says so."""
    groups, changed = whole_ids(rows[schema.GROUP_ID].tolist())
    if changed:
        log.warning(told_of_ids(schema.GROUP_ID, changed))
    asked = Counter(name or "" for name in rows[schema.ENTITY_NAME] if name not in entities)
    found = respelled(asked, entities) if entities else {}
    names = [found.get(name, name) for name in rows[schema.ENTITY_NAME]]
    texts = {schema.GROUP_ID: groups, schema.ENTITY_NAME: names}
    return rows.assign(
        **{name: pd.Series(cells, rows.index, object) for name, cells in texts.items()}
    )


def _frame(
    path: Path,
    files: Mapping[Path, Mapping[str, str | None]],
    found: str,
    config: CatalogConfig,
    wanted: Sequence[str],
) -> pd.DataFrame:
    """Those of `wanted` that the files and the names of their folders have, as text."""
    if found == PICTURES:
        return picture_frame(path, files, config.columns)
    frames = [_rows(file, found, config, wanted).assign(**values) for file, values in files.items()]
    return pd.concat(frames, ignore_index=True)


def _rows(file: Path, found: str, config: CatalogConfig, wanted: Sequence[str]) -> pd.DataFrame:
    try:
        if found in TEXT:
            return text_frame(file, found, config, wanted)
        if found == "parquet":
            return parquet_frame(file, wanted)
        sheet = spreadsheet_frame(file)
        return sheet[[name for name in wanted if name in sheet]]
    except _UNREADABLE as err:
        raise CatalogError(f"{file}: not a readable {found} catalog: {err}") from None
