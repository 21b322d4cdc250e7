"""What stands in the lake: read and settled, or to be tried again; as spark/decided.py has it."""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from entity_extract.config import Config
from entity_extract.config.decided import fingerprints
from entity_extract.lake.unread import Unread, most_first, unread_of
from entity_extract.local.lake import LocalLake
from entity_extract.status import Status

Row = dict[str, Any]


class Decided:
    """Which pictures configuration decided, and says otherwise now."""

    def __init__(self, config: Config) -> None:
        self._now = {status.value: told for status, told in fingerprints(config).items()}

    def by(self, status: str | None) -> str | None:
        """The fingerprint of the keys that decide this status; None where none do."""
        return self._now.get(status or "")

    def otherwise(self, row: Row) -> bool:
        """Of a row with `status` and `decided_by`."""
        now = self.by(row["status"])
        return now is not None and now != row["decided_by"]

    def possible(self, statuses: Collection[str]) -> bool:
        """Whether rows of these statuses can have been decided otherwise."""
        return not self._now.keys().isdisjoint(statuses)


def is_one_of(column: str, values: Collection[str]) -> pc.Expression:
    return pc.field(column).isin(pa.array(list(values), pa.string()))


def unread(lake: LocalLake, links: Sequence[str], reader_version: str) -> list[Unread]:
    """Why those of `links` that this reader asked for have no reading, the most links first."""
    if not set(lake.images.by_status()) - {Status.OK.value}:
        return []
    failed = lake.images.read(
        columns=["status", "reason"],
        where=(pc.field("reader_version") == reader_version)
        & (pc.field("status") != Status.OK.value)
        & is_one_of("image_link", links),
    )
    by_status: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for row in failed.to_pylist():
        by_status[row["status"]][row["reason"] or ""] += 1
    return most_first(unread_of(status, reasons) for status, reasons in by_status.items())


def links_read(lake: LocalLake, links: Sequence[str], reader_version: str) -> int:
    """How many of the distinct `links` have a reading by this reader."""
    read = pc.field("status") == Status.OK.value
    of_reader = pc.field("reader_version") == reader_version
    where = of_reader & read & is_one_of("image_link", links)
    return int(lake.images.read(columns=["image_link"], where=where).num_rows)
