"""How far a stage is: counted from what was published, told wave by wave."""

import logging
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from entity_extract.lake.waves import Wave
from entity_extract.status import Status

log = logging.getLogger(__name__)

_ROWS_ARE: Final = {
    "read": "links",
    "refresh": "links",
    "reread": "second looks",
    "embed": "pictures",
}


@dataclass
class Progress:
    """What one stage of a run did. `watchers` are told when it begins and after each wave."""

    stage: str
    run_id: str
    watchers: Sequence["Watcher"] = ()
    total: int = 0  # rows to be worked on
    in_hand: int = 0  # of them in the wave that is being worked on
    waves: int = 0
    rows: int = 0
    seconds: float = 0.0
    by_status: Counter[str] = field(default_factory=Counter)
    _since: float = 0.0  # when the wave in hand was begun

    def begin(self, total: int) -> None:
        self.total = total
        for watcher in self.watchers:
            watcher.begun(self)

    @contextmanager
    def wave(self, rows: int) -> Iterator[Callable[[Sequence[Wave]], None]]:
        """Times a wave of `rows`; what it gives is to be called with the waves as published.

        Raises RuntimeError where not every row is among these, each once; but see `cut`.
        """
        self._since = start = time.monotonic()
        self.in_hand = rows
        published: list[Wave] = []
        yield published.extend
        done = Done(self.next_wave, published, time.monotonic() - start)
        if done.rows != self.in_hand:
            told = f"{done.rows} rows were published, {self.in_hand} were in hand"
            raise RuntimeError(f"{done.wave}: {told}")
        if not self.in_hand:  # told to stop before the first was done
            return
        self.in_hand = 0
        self.waves += 1
        self.seconds += done.seconds
        self.rows += done.rows
        self.by_status.update(done.by_status)
        log.info("%s", self, extra={"stage": self.stage, "wave": done.wave})
        for watcher in self.watchers:
            watcher.published(self, done)

    def cut(self, rows: int) -> None:
        """Of the wave in hand so many rows are done, and no more will be: told to stop."""
        self.in_hand = rows

    @property
    def next_wave(self) -> str:
        """With the stage: several stages of a run publish to one table."""
        return f"{self.run_id}-{self.stage}{self.waves:05d}"

    @property
    def rows_are(self) -> str:
        """What a row of the stage is, to who reads of many."""
        return _ROWS_ARE.get(self.stage, "answers")

    @property
    def rows_per_second(self) -> float | None:
        return self.rows / self.seconds if self.rows and self.seconds else None

    @property
    def failed(self) -> int:
        """Of the rows published."""
        return self.by_status.total() - self.by_status[Status.OK.value]

    def __str__(self) -> str:
        return (
            f"{self.stage} wave {self.waves}: {self._share(self.rows)}, "
            f"{statuses(self.by_status)}{self._pace(self.rows, self.seconds)}"
        )

    def so_far(self, rows: int) -> str:
        """Of `rows` that are done, those of the wave in hand among them."""
        seconds = self.seconds + (time.monotonic() - self._since if self.in_hand else 0.0)
        kept = f"{self.rows:,} kept, {self.failed:,} of them failed"
        return f"{self.stage}: {self._share(rows)}{self._pace(rows, seconds)}; {kept}"

    def _share(self, rows: int) -> str:
        return f"{rows:,} of {self.total:,} {self.rows_are} ({rows / max(1, self.total):.0%})"

    def _pace(self, rows: int, seconds: float) -> str:
        """`, 12.5/s, 41 s left`; nothing before the first row."""
        if not rows or not seconds:
            return ""
        rate = rows / seconds
        return f", {rate:,.1f}/s, {duration(max(0, self.total - rows) / rate)} left"


@dataclass(frozen=True)
class Done:
    """One wave as published."""

    wave: str
    published: Sequence[Wave]
    seconds: float

    @property
    def rows(self) -> int:
        return sum(wave.rows for wave in self.published)

    @property
    def by_status(self) -> Counter[str]:
        counts: Counter[str] = Counter()
        for wave in self.published:
            counts.update(wave.by_status or {Status.OK.value: wave.rows})
        return counts


class Watcher:
    """Who wants to know how far a run is; each method may be left as it is."""

    def begun(self, progress: Progress) -> None:
        """A stage has worked out what there is to do."""

    def published(self, progress: Progress, done: Done) -> None:
        """A wave counts now."""


StageOf = Callable[[str], Progress]  # the progress of a stage that begins, by its name


def statuses(counts: Counter[str]) -> str:
    """`9,120 ok, 880 failed (timeout 700, http_error 180)`, the most frequent reasons first; of a
    refresh with `40 unchanged` between."""
    same = counts[Status.NOT_MODIFIED.value]
    failed = Counter({k: n for k, n in counts.items() if k not in (Status.OK, Status.NOT_MODIFIED)})
    told = f"{counts[Status.OK.value]:,} ok"
    if same:
        told += f", {same:,} unchanged"
    if failed:
        reasons = ", ".join(f"{status} {rows:,}" for status, rows in failed.most_common())
        told += f", {failed.total():,} failed ({reasons})"
    return told


def duration(seconds: float) -> str:
    """`41 s`, `12 min`, `3 h 05 min`."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"
