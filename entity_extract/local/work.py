"""What a stage still has to do, in parts, and how much of the part in hand is done."""

import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from entity_extract.config.signals import Stop
from entity_extract.lake.cuts import Cuts
from entity_extract.lake.pace import Pace
from entity_extract.runs.progress import Progress

_Row = TypeVar("_Row")


def parts(
    rows: Sequence[_Row], pace: Pace, stop: Stop, *, home: Callable[[_Row], str] = lambda _: ""
) -> Iterator[list[_Row]]:
    """One part, one wave, of the size that is right by then: what a part took tells how large the
    next one is. Rows whose `home`, the wave in which their input stands, is the same come in one
    part, or a few of their own. None comes once `stop` is asked for."""
    homed = sorted(rows, key=home)
    cuts = Cuts(Counter(map(home, homed)))
    start = 0
    while start < cuts.total and not stop.asked():
        end = cuts.end(start, pace.rows)
        begun_s = time.monotonic()
        yield homed[start:end]
        pace.took(end - start, time.monotonic() - begun_s)
        start = end


def cores() -> int:
    """Those that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Counted:
    """See runs.follower.InHand: rows of the wave in hand, counted as they are done."""

    def __init__(self) -> None:
        self._rows = 0

    def add(self, rows: int) -> None:
        self._rows += rows

    def next_wave(self) -> None:
        self._rows = 0

    def rows_done(self, progress: Progress) -> int:
        return progress.rows + min(progress.in_hand, self._rows)
