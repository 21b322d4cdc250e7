"""A catalog named as a table of Spark's own catalog: `table:shop.items`, or, in one version of it,
`table:shop.items@v12`: Delta's number, or the id of a snapshot of Iceberg's."""

import re

from entity_extract.errors import CatalogError

TABLE_PREFIX = "table:"
_PART = re.compile(r"`((?:[^`]|``)+)`|([^`.\s]+)")
_VERSION = re.compile(r"@v(\d+)\Z")
_MOST = 3  # catalog, schema, table


def table_parts(path: str) -> tuple[str, ...] | None:
    """The parts of the table's name, as they are without backticks, whatever its version; None for
    a path.

    Raises CatalogError for what is no such name.
    """
    if not path.startswith(TABLE_PREFIX):
        return None
    name, place = without_version(path).removeprefix(TABLE_PREFIX), 0
    parts: list[str] = []
    while (found := _PART.match(name, place)) and len(parts) < _MOST:
        parts.append(found[2] or found[1].replace("``", "`"))
        place = found.end()
        if place == len(name):
            return tuple(parts)
        if name[place] != ".":
            break
        place += 1
    raise CatalogError(
        f"{path}: not the name of a table: one to three parts with dots between them, such as "
        "table:shop.items, and odd ones in backticks"
    )


def without_version(path: str) -> str:
    return _VERSION.sub("", path)


def table_version(path: str) -> int | None:
    """The version that is named, None where none is."""
    found = _VERSION.search(path)
    return int(found[1]) if found else None
