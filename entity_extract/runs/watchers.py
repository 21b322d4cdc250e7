"""Who watches a run besides its manifest: a terminal, a log."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from tqdm.contrib.logging import logging_redirect_tqdm

from entity_extract.config import LogConfig
from entity_extract.runs.bar import Bar
from entity_extract.runs.follower import InHand
from entity_extract.runs.heartbeat import Heartbeat
from entity_extract.runs.progress import Watcher


@contextmanager
def followed(in_hand: InHand, config: LogConfig) -> Iterator[Sequence[Watcher]]:
    """A bar where the run is watched by a person, else lines in the log."""
    if sys.stderr.isatty():
        bar = Bar(in_hand)
        with logging_redirect_tqdm(), bar.following():  # lines above the bar, not through it
            yield [bar]
    elif config.heartbeat_s:
        heartbeat = Heartbeat(in_hand, config.heartbeat_s)
        with heartbeat.following():
            yield [heartbeat]
    else:
        yield []
