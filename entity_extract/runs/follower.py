"""Who looks at a run while a wave is in hand, from a thread of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, Protocol

from entity_extract.runs.progress import Done, Progress, Watcher

_LOOK_S: Final = 1.0


class InHand(Protocol):
    """How much of the wave in hand is done, as far as an engine can tell meanwhile."""

    def next_wave(self) -> None:
        """What was worked on so far is none of the next wave."""
        ...

    def rows_done(self, progress: Progress) -> int:
        """Rows of the stage that are done, those of the wave in hand among them."""
        ...


class Follower(Watcher):
    """Sees a stage move within its waves: `seen` is called each second."""

    def __init__(self, in_hand: InHand) -> None:
        self._in_hand = in_hand
        self._progress: Progress | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="follower", daemon=True)

    @contextmanager
    def following(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._closed.set()
            self._thread.join()

    def begun(self, progress: Progress) -> None:
        self._in_hand.next_wave()
        self._progress = progress if progress.total else None

    def published(self, progress: Progress, done: Done) -> None:
        self._in_hand.next_wave()
        if progress.rows >= progress.total:
            self._progress = None

    def seen(self, progress: Progress, rows: int) -> None:
        """So many rows of the stage are done, those of the wave in hand among them."""
        raise NotImplementedError

    def _follow(self) -> None:
        while not self._closed.wait(_LOOK_S):
            progress = self._progress
            if progress is not None:
                self.seen(progress, self._in_hand.rows_done(progress))
