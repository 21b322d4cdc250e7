"""Which catalogs are small enough for one machine to hold at once, as far as their size tells."""

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


def is_small(path: str, config: CatalogConfig) -> bool:
    """Whether a catalog that was looked for before has few rows, as far as can be told without
    opening it: of one elsewhere, and of a table, nothing can. Raises CatalogError."""
    if table_parts(path) is not None:
        return False
    place = local_path(named_table(path, config)[0])
    if place is None:
        return False
    found = file_format(path, config, names_in(place))
    if found == "delta":
        return False
    return has_few_rows(found, list(catalog_files(place, config, found)))


def has_few_rows(found: str, files: Sequence[Path]) -> bool:
    """Whether these files, of the format `found`, make a catalog of few rows."""
    return len(files) <= _FEW_PICTURES if found == PICTURES else are_few(files)


def are_few(files: Sequence[Path]) -> bool:
    """Of files of text, as far as their size tells; packed ones may hold anything."""
    packed = any(file.suffix == ".gz" for file in files)
    return not packed and sum(file.stat().st_size for file in files) <= FEW_BYTES
