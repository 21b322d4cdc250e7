"""Writes entity_extract/TABLES.md: every table of the lake and its columns, out of
entity_extract/schema/tables.py.

    python -m deploy.artefacts.data_dictionary
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from entity_extract.schema import TABLES, TableSpec

PAGE = Path(__file__).parents[2] / "entity_extract" / "TABLES.md"

_HEAD = """# The tables of a lake

Made of `entity_extract/schema/tables.py` by `make data-dictionary`: change the sentences there.
Spark shows them as comments (`DESCRIBE`). Types are Spark's. Each table has a column `wave`, of the
rows that were published together, and in Delta's format `open`: a later run tries the row again.
How to query them: [jobs/README.md](../jobs/README.md#queries)."""


def page(tables: Iterable[TableSpec]) -> str:
    """Markdown, with a heading and a table for each."""
    return "\n".join([_HEAD, *(line for spec in tables for line in _section(spec))]) + "\n"


def _section(spec: TableSpec) -> Iterator[str]:
    yield from ("", f"## {spec.name}", "", spec.about)
    yield f"Key: {', '.join(f'`{name}`' for name in spec.key)}."
    yield from ("", "| column | type | |", "|---|---|---|")
    for name, column in spec.described.items():
        yield f"| `{name}` | `{column.kind}` | {column.about} |"


if __name__ == "__main__":
    PAGE.write_text(page(TABLES), "utf-8")
