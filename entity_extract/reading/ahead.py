"""Fetches ahead of whoever consumes: many links at once, within bounds.

Threads, since a fetch is a blocking call of libraries that block (urllib3, DNS, S3) and its cost is
small beside that of reading the picture. What threads are said to be bad at, hanging links, is met
by counting: a request that has heard nothing for `fetch.stalled_s` does not count among
`fetch.threads`, and another takes its place, up to `fetch.max_stalled` of them. An idle thread
costs some 50 kB; an event loop would save that, and take a second HTTP library for it.

Only the consumer's thread decides what is fetched next, so nothing here needs a lock.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue

from entity_extract.config import FetchConfig
from entity_extract.reading.fetched import Fetched
from entity_extract.reading.schedule import Asked, Job, Schedule

_LOOK_S = 0.25  # how often a full house looks for requests that have stalled


def fetch_ahead(
    schedule: Schedule,
    attempt: Callable[[Job], Fetched],
    config: FetchConfig,
    *,
    stalled: Callable[[], int] = lambda: 0,
) -> Iterator[tuple[Asked, Fetched]]:
    """Every link with what it gave, in order of completion.

    At most `config.threads` links are being fetched or wait for the consumer, not counting the
    `stalled` ones. No fetch starts while `config.ahead_bytes` are waiting.
    """
    window = _Window(schedule, attempt, config, stalled)
    try:
        while True:
            yield from schedule.ended()
            window.fill()
            yield from schedule.ended()
            if (found := window.next_finished()) is not None:
                asked, fetched = found
                yield asked, fetched
            elif window.is_empty():
                return
    finally:
        window.close()


class _Window:
    def __init__(
        self,
        schedule: Schedule,
        attempt: Callable[[Job], Fetched],
        config: FetchConfig,
        stalled: Callable[[], int],
    ) -> None:
        self._schedule = schedule
        self._attempt = attempt
        self._config = config
        self._stalled = stalled
        self._pool = ThreadPoolExecutor(
            config.threads + config.max_stalled, thread_name_prefix="fetch"
        )
        self._running: dict[Future[Fetched], Job] = {}
        self._done: SimpleQueue[Future[Fetched]] = SimpleQueue()
        self._finished: deque[Future[Fetched]] = deque()
        self._held_bytes = 0

    def fill(self) -> None:
        """Starts what may start."""
        self._collect()
        while self._has_room():
            job = self._schedule.next_up()
            if job is None:
                return
            future = self._pool.submit(self._attempt, job)
            self._running[future] = job
            future.add_done_callback(self._done.put)

    def next_finished(self) -> tuple[Asked, Fetched] | None:
        """The next link that is done; None where it is tried again, or none came in time."""
        if not self._finished and not self._wait():
            return None
        future = self._finished.popleft()
        fetched = future.result()
        self._held_bytes -= len(fetched.content or b"")
        job = self._running.pop(future)
        last = self._schedule.finished(job, fetched)
        return None if last is None else (job.asked, last)

    def is_empty(self) -> bool:
        return not self._running and self._schedule.is_empty()

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _has_room(self) -> bool:
        if self._held_bytes >= self._config.ahead_bytes:
            return False
        if len(self._running) < self._config.threads:
            return True
        stalled = min(self._stalled(), self._config.max_stalled)
        return len(self._running) < self._config.threads + stalled

    def _collect(self) -> None:
        while not self._done.empty():
            self._take(self._done.get())

    def _take(self, future: Future[Fetched]) -> None:
        self._finished.append(future)
        if future.exception() is None:
            self._held_bytes += len(future.result().content or b"")

    def _wait(self) -> bool:
        """Until a request ends, or it is time to look for one that may start."""
        wait = self._schedule.wait_s()
        if self._running:
            wait = min(wait, _LOOK_S)
        elif wait == float("inf"):
            return False
        try:
            self._take(self._done.get(timeout=wait))
        except Empty:
            return False
        return True
