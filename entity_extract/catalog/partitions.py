"""Columns that stand in the names of folders, `key=value`, as Hive and pyarrow write them."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from urllib.parse import unquote

from entity_extract.errors import CatalogError

NULL = "__HIVE_DEFAULT_PARTITION__"


def partition_of(file: Path, folder: Path) -> dict[str, str | None]:
    """Column -> value of the folders that lead to `file`. Values are text: `007` is not 7.

    Raises CatalogError for a folder that names no value, or a column twice.
    """
    return _pairs(file, _folders(file, folder))


def named_partitions(files: Collection[Path], folder: Path) -> dict[Path, dict[str, str | None]]:
    """Of files that no reader goes by folders for: the columns that any of them name, each with its
    value, null where a file lies in none of its folders. Other folders are passed over.

    Raises CatalogError as `partition_of` does.
    """
    found = {file: _pairs(file, [p for p in _folders(file, folder) if "=" in p]) for file in files}
    columns = dict.fromkeys(name for values in found.values() for name in values)
    return {file: {name: values.get(name) for name in columns} for file, values in found.items()}


def _folders(file: Path, folder: Path) -> Sequence[str]:
    return file.relative_to(folder).parts[:-1]


def _pairs(file: Path, folders: Sequence[str]) -> dict[str, str | None]:
    pairs = [_pair(part, file) for part in folders]
    values = dict(pairs)
    if len(values) < len(pairs):
        raise CatalogError(f"{file}: its folders name a column twice")
    return values


def _pair(part: str, file: Path) -> tuple[str, str | None]:
    name, _, value = part.partition("=")
    if not name or not value:
        raise CatalogError(f"{file}: the folder {part} names no column and value (null is {NULL})")
    return _unescaped(name), None if value == NULL else _unescaped(value)


def _unescaped(text: str) -> str:
    """pyarrow escapes bytes of UTF-8, Hive and Spark single characters, and never beyond ASCII."""
    characters = unquote(text, encoding="latin-1")
    try:
        return characters.encode("latin-1").decode()
    except UnicodeError:
        return characters


def require_even(found: Mapping[Path, Mapping[str, object]], passed_over: Collection[Path]) -> None:
    """Raises CatalogError unless all files lie under folders of the same columns, in one order, and
    none of `passed_over`, paths in the catalog, in other folders: Spark would leave out some."""
    (first, given), *others = found.items()
    columns = list(given)
    for file, values in others:
        if list(values) != columns:
            raise CatalogError(
                f"{file}: its folders give the columns {', '.join(values) or 'none'}, those of "
                f"{first} {', '.join(columns) or 'none'}; put the files where they agree"
            )
    strays = [file for file in passed_over if not all("=" in part for part in file.parts[:-1])]
    if columns and strays:
        raise CatalogError(
            f"{strays[0]}: no other folders may lie beside those named column=value: move it away"
        )
