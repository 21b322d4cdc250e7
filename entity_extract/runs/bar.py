"""A bar for who waits at a terminal."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from entity_extract.runs.follower import Follower, InHand
from entity_extract.runs.progress import Done, Progress


class Bar(Follower):
    """A bar per stage, with rate, time left and what failed; it moves within waves, too."""

    def __init__(self, in_hand: InHand) -> None:
        super().__init__(in_hand)
        self._bar: tqdm[Any] | None = None
        self._lock = threading.Lock()  # a bar is not closed while it is drawn

    @contextmanager
    def following(self) -> Iterator[None]:
        try:
            with super().following():
                yield
        finally:
            self._end_bar()

    def begun(self, progress: Progress) -> None:
        self._end_bar()
        super().begun(progress)
        if progress.total:
            self._bar = tqdm(
                total=progress.total,
                desc=progress.stage,
                unit=progress.rows_are,
                smoothing=0.05,
                leave=False,
            )

    def published(self, progress: Progress, done: Done) -> None:
        super().published(progress, done)
        self.seen(progress, progress.rows)
        if progress.rows >= progress.total:
            self._end_bar()

    def seen(self, progress: Progress, rows: int) -> None:
        with self._lock:
            if self._bar is not None:
                if progress.failed:
                    self._bar.set_postfix_str(f"{progress.failed:,} failed", refresh=False)
                self._bar.update(max(0, rows - self._bar.n))

    def _end_bar(self) -> None:
        with self._lock:
            bar, self._bar = self._bar, None
            if bar is not None:
                bar.close()
