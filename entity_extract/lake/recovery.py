"""What a writer does first: shuts out whoever wrote before, then clears away what they left."""

import logging
from collections.abc import Collection, Sequence
from typing import Protocol

from entity_extract.lake.files import STAGING
from entity_extract.lake.wave_log import Files, Right

log = logging.getLogger(__name__)


class Fenced(Protocol):
    """A table of the lake."""

    def fence(self) -> None:
        """Before all else that a writer does: from here on no earlier one can change the table.
        Raises LeaseLost."""
        ...

    def recover(self, gone: Collection[str]) -> None:
        """Removes what no longer counts, or never did. `gone` are runs that began before the
        fence."""
        ...


def recover(files: Files, right: Right, tables: Sequence[Fenced]) -> None:
    """Raises LeaseLost where another run does the same at this moment, and was first.

    Only what lay there before the fence is touched: what comes later may be the next run's, should
    this one have been taken for dead in between.
    """
    own = right.staging.removeprefix(f"{STAGING}/")
    gone = [run_id for run_id in files.names(STAGING) if run_id != own]
    for table in tables:
        table.fence()
    if gone:
        log.warning("discarding what an interrupted run had staged: %s", files.url(STAGING))
    for run_id in gone:
        files.remove(f"{STAGING}/{run_id}")
    for table in tables:
        table.recover(gone)
