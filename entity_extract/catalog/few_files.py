"""The files of a catalog on this machine, and whether they are few enough to be held at once."""

from collections.abc import Sequence
from pathlib import Path

from entity_extract.catalog.files import catalog_files
from entity_extract.catalog.formats import file_format, named_table
from entity_extract.catalog.paths import local_path, names_in
from entity_extract.catalog.pictures import PICTURES
from entity_extract.catalog.table_names import table_parts
from entity_extract.config import CatalogConfig

FEW_BYTES = 2**21  # of files of text: some ten thousand rows
_FEW_PICTURES = 10_000


def files_here(path: str, config: CatalogConfig) -> tuple[str, list[Path]] | None:
    """The format of a catalog that was looked for before, and its files; None where it lies
    elsewhere, or in a table, Delta's too. Raises CatalogError."""
    if table_parts(path) is not None:
        return None
    place = local_path(named_table(path, config)[0])
    if place is None:
        return None
    found = file_format(path, config, names_in(place))
    return None if found == "delta" else (found, list(catalog_files(place, config, found)))


def is_small(path: str, config: CatalogConfig) -> bool:
    """Whether a catalog that was looked for before has few rows, as far as can be told without
    opening it: of one elsewhere, and of a table, nothing can. Raises CatalogError."""
    here = files_here(path, config)
    return here is not None and has_few_rows(*here)


def has_few_rows(found: str, files: Sequence[Path]) -> bool:
    """Whether these files, of the format `found`, make a catalog of few rows."""
    return len(files) <= _FEW_PICTURES if found == PICTURES else are_few(files)


def are_few(files: Sequence[Path]) -> bool:
    """Of files of text, as far as their size tells; packed ones may hold anything."""
    packed = any(file.suffix == ".gz" for file in files)
    return not packed and sum(file.stat().st_size for file in files) <= FEW_BYTES
