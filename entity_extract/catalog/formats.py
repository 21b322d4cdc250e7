"""Which format a catalog is in, told by its configuration, its folder and its files' names."""

import logging
from collections.abc import Sequence
from pathlib import Path

from entity_extract.catalog.delta import DELTA_LOG, table_of
from entity_extract.catalog.paths import (
    format_by_name,
    is_hidden,
    local_path,
    names_in,
    passed_over,
    remedy,
    visible,
)
from entity_extract.catalog.picture_names import is_picture
from entity_extract.catalog.pictures import PICTURES
from entity_extract.catalog.table_names import table_parts
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError

log = logging.getLogger(__name__)


def named_table(path: str, config: CatalogConfig) -> tuple[str, int | None]:
    """The path, and the version of a Delta table where it ends in one: see delta.table_of."""
    if config.format not in ("auto", "delta"):
        return path, None
    local = local_path(path)
    return (path, None) if local is not None and local.exists() else table_of(path)


def file_format(path: str, config: CatalogConfig, names: Sequence[str]) -> str:
    """csv, parquet, json, xlsx, delta or pictures: configured; by the folder's Delta log; by the
    path's own name; or by `names`, those of the files in the folder. Pictures beside a table are
    none of a catalog's files."""
    if config.format != "auto":
        return config.format
    if DELTA_LOG in names or named_table(path, config)[1] is not None:
        return "delta"
    own = format_by_name(path)
    formats = [own] if own else sorted({kind for name in names if (kind := format_by_name(name))})
    if not formats:
        if any(map(is_picture, (path, *names))):
            return PICTURES
        raise CatalogError(f"{path}: {_why_no_format(path, names)}")
    if len(formats) > 1:
        raise CatalogError(
            f"{path}: holds {' and '.join(formats)} files: name the one that is the catalog, or "
            "move the others away"
        )
    return formats[0]


def _why_no_format(path: str, names: Sequence[str]) -> str:
    """And what to do."""
    if told := next((told for name in (path, *names) if (told := remedy(name))), None):
        return f"not a format that is read: {told}"
    local = local_path(path)
    if local is not None and local.is_dir():
        if deeper := passed_over(local):
            return f"the folder has no catalog of its own; there is {deeper[0]}: name that"
        if not visible(local):
            return "an empty folder"
    return (
        "neither .csv, .parquet, .json, .xlsx, a Delta table nor a folder of pictures; if it is "
        "one by another name, say which: --set catalog.format=csv"
    )


def is_of_pictures(path: str, config: CatalogConfig) -> bool:
    """Whether a catalog that was checked is a folder of pictures."""
    table, _ = named_table(path, config)
    local = None if table_parts(path) is not None else local_path(table)
    return local is not None and file_format(path, config, names_in(local)) == PICTURES


def require_visible(path: str, name: str, found: str) -> None:
    """Raises CatalogError for a file of this name that Spark would read as one of no rows."""
    if is_hidden(name) and found != "xlsx":
        raise CatalogError(
            f"{path}: Spark passes over files whose names begin with . or _; rename it, "
            f"such as to {name.lstrip('._') or 'catalog'}"
        )


def warn_of_superseded(path: str, config: CatalogConfig, names: Sequence[str]) -> None:
    """Somebody may want it, to mend a table whose log is lost."""
    if config.format == "parquet" and DELTA_LOG in names:
        log.warning("%s is a Delta table, read as Parquet: rows that it has replaced, too", path)


def warn_of_passed_over(path: Path, config: CatalogConfig, found: str) -> None:
    auto = config.format == "auto" and found != PICTURES
    if others := passed_over(path) if auto else []:
        told = remedy(others[0].name) or "only folders named column=value are looked into"
        log.warning("%d files are not read, such as %s: %s", len(others), others[0], told)
