"""What a table of the lake is: its columns, each with a sentence, and the key of its rows."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple


class Column(NamedTuple):
    """`kind` is Spark's type. `about` is a sentence for who queries the table: it stands in
    TABLES.md, and as the column's comment in the files."""

    kind: str
    about: str


@dataclass(frozen=True)
class TableSpec:
    """A table of the lake: all that Lake, jobs.status, jobs.vacuum and the catalog know of it.

    One more in the tree is declared in tables.py and listed in TABLES; the stage that makes its
    rows publishes them to lake[SPEC]. One from outside is declared there and opened with
    Lake(..., tables=(*TABLES, SPEC)): vacuum() cleans it, and jobs.status finds it in the lake.
    """

    name: str  # of its folder
    about: str  # what one row is
    described: Mapping[str, Column]  # columns that are promised; a wave may bring others
    key: tuple[str, ...]  # rows with the key of a published row take its place, see Table.publish
    version: str  # the column of what made a row; in a run's manifest its `versions` say which did
    keeps_old_versions: bool = False  # else vacuum --old-versions removes what is superseded
    # Its `status` is why a picture has no reading: vacuum --retry forgets rows by it.
    retried: bool = False
    # To the catalog's rows, of whose columns none may be named like one of these.
    joined: bool = False

    def __post_init__(self) -> None:
        """Raises ValueError where a column that it speaks of is none of its own."""
        spoken_of = {*self.key, self.version, *(["status"] if self.retried else [])}
        if absent := spoken_of - set(self.described):
            raise ValueError(f"{self.name}: no column {', '.join(sorted(absent))}")

    @cached_property
    def columns(self) -> dict[str, str]:
        """Each column -> Spark's type."""
        return kinds_of(self.described)


def kinds_of(described: Mapping[str, Column]) -> dict[str, str]:
    return {name: column.kind for name, column in described.items()}


def ddl(columns: Mapping[str, str]) -> str:
    """The DDL string Spark takes as a schema."""
    return ", ".join(f"`{name}` {kind}" for name, kind in columns.items())
