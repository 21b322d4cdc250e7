"""Which format a catalog is in, told by its configuration, its folder and its files' names."""

import logging
from collections.abc import Sequence
from pathlib import Path

from entity_extract.catalog.delta import DELTA_LOG, table_of
from entity_extract.catalog.paths import (
    format_by_name,
    is_hidden,
    local_path,
    passed_over,
    remedy,
)
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
    """csv, parquet, json or delta: configured; by the folder's Delta log; by the path's own name;
    or by `names`, those of the files in the folder."""
    if config.format != "auto":
        return config.format
    if DELTA_LOG in names or named_table(path, config)[1] is not None:
        return "delta"
    own = format_by_name(path)
    formats = [own] if own else sorted({kind for name in names if (kind := format_by_name(name))})
    if not formats:
        if told := next((told for name in (path, *names) if (told := remedy(name))), None):
            raise CatalogError(f"{path}: not a format that is read: {told}")
        raise CatalogError(
            f"{path}: neither .csv, .parquet, .json, .xlsx nor a Delta table; set catalog.format"
        )
    if len(formats) > 1:
        raise CatalogError(f"{path}: holds {' and '.join(formats)} files; set catalog.format")
    return formats[0]


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


def warn_of_passed_over(path: Path, config: CatalogConfig) -> None:
    if config.format == "auto" and (others := passed_over(path)):
        told = remedy(others[0].name) or "only folders named column=value are looked into"
        log.warning("%d files are not read, such as %s: %s", len(others), others[0], told)
