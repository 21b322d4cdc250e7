"""Reads pictures in a process apart, so that none can kill, hang or bloat the one that asks."""

import logging
import os
from queue import SimpleQueue
from threading import Lock
from weakref import finalize

from entity_extract.config import IsolationConfig
from entity_extract.reading.isolation.messages import Settings
from entity_extract.reading.isolation.process import ProcessLost, ProcessOverran, ReadingProcess
from entity_extract.status import Status

log = logging.getLogger(__name__)

_IN_TURNS = 2  # supervisors, and so processes
_STARTS = 3  # of one process, before it is said that none can be had
_LARGE_AT_REST = 0.5  # of isolation.memory_mib: between pictures, a process above it is replaced


class CannotStart(Exception):
    """No reading process can be had on this machine; the message says what ended the last."""


class Supervisor:
    """Asks one reading process at a time, and replaces it when it dies, hangs, grows or is old."""

    def __init__(self, settings: Settings, config: IsolationConfig) -> None:
        self._settings, self._config = settings, config
        self._process: ReadingProcess | None = None
        self._lock = Lock()

    def row(self, content: bytes) -> dict[str, object]:
        """The columns of the picture, or a status that says what became of its process.

        Raises OcrUnavailable, CannotStart.
        """
        with self._lock:
            causes: list[str] = []
            while len(causes) < self._config.attempts:
                try:
                    row = self._running().row(content)
                except ProcessOverran as err:
                    return {"status": Status.OCR_TIMEOUT.value, "reason": f"{err}: it was killed"}
                except ProcessLost as err:
                    log.warning("a picture's process is lost: %s\n%s", err, err.last_words)
                    causes.append(str(err))
                else:
                    self._recycle()
                    return row
            return {"status": Status.CRASHED.value, "reason": ", then ".join(causes)}

    def close(self) -> None:
        """Ends the process and whatever it has started. The next picture starts a new one."""
        with self._lock:
            self._end()

    def _running(self) -> ReadingProcess:
        if self._process is None or not self._process.is_waiting():
            self._end()
            self._process = _started(self._settings, self._config.memory_mib)
            self._orphaned = finalize(self, self._process.close)
            self._orphaned.atexit = False  # it sees to that itself; a forked copy must not
        return self._process

    def _recycle(self) -> None:
        """Ends a process that is large with nothing to do, or has read enough."""
        process = self._process
        if process is not None and (
            process.pictures >= self._config.pictures
            or process.mib > self._config.memory_mib * _LARGE_AT_REST
        ):
            self._end()

    def _end(self) -> None:
        if self._process is not None:
            self._process.close()
            self._process = None
            self._orphaned.detach()


class Supervisors:
    """Several, each of which asks a process of its own: as many threads are answered at once."""

    def __init__(self, settings: Settings, config: IsolationConfig, processes: int) -> None:
        self._all = [Supervisor(settings, config) for _ in range(processes)]
        self._free: SimpleQueue[Supervisor] = SimpleQueue()
        for supervisor in self._all:
            self._free.put(supervisor)

    def row(self, content: bytes) -> dict[str, object]:
        """See Supervisor.row."""
        supervisor = self._free.get()
        try:
            return supervisor.row(content)
        finally:
            self._free.put(supervisor)

    def close(self) -> None:
        """Ends all processes. The next pictures start new ones."""
        for supervisor in self._all:
            supervisor.close()


def supervisor_for(
    settings: Settings, config: IsolationConfig, *, in_turns: bool = False, processes: int = 1
) -> Supervisors:
    """This process's supervisors, of so many processes apart, kept from one task to the next; other
    settings end them. With `in_turns` those before stay, too: first and second looks take turns."""
    key = (os.getpid(), settings.model_dump_json(), config, processes)
    if (ours := _kept.get(key)) is None:
        # First in, then others out: threads that are here at once leave one, not one each.
        ours = _kept.setdefault(key, Supervisors(settings, config, processes))
        mine = [other for other in list(_kept) if other[0] == key[0]]  # not a parent's
        for other in mine[: -_IN_TURNS if in_turns else -1]:
            if (old := _kept.pop(other, None)) is not None:
                old.close()
    return ours


_kept: dict[tuple[int, str, IsolationConfig, int], Supervisors] = {}


def _started(settings: Settings, max_mib: float) -> ReadingProcess:
    """A process that is ready. Raises OcrUnavailable, CannotStart."""
    for _ in range(_STARTS):
        try:
            return ReadingProcess(settings, max_mib)
        except (ProcessLost, ProcessOverran) as err:
            failure = err
    raise CannotStart(f"reading pictures cannot start, {_STARTS} times of {_STARTS}: {failure}")
