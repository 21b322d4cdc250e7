"""A line now and then for who reads a log."""

import logging
import time

from entity_extract.runs.follower import Follower, InHand
from entity_extract.runs.progress import Done, Progress

log = logging.getLogger(__name__)


class Heartbeat(Follower):
    """Says how far a stage is wherever nothing was said of it for `every_s`."""

    def __init__(self, in_hand: InHand, every_s: float) -> None:
        super().__init__(in_hand)
        self._every_s = every_s
        self._said_s = time.monotonic()

    def begun(self, progress: Progress) -> None:
        super().begun(progress)
        self._said_s = time.monotonic()

    def published(self, progress: Progress, done: Done) -> None:
        super().published(progress, done)
        self._said_s = time.monotonic()

    def seen(self, progress: Progress, rows: int) -> None:
        if time.monotonic() - self._said_s < self._every_s:
            return
        self._said_s = time.monotonic()
        log.info("%s", progress.so_far(rows), extra={"stage": progress.stage})
