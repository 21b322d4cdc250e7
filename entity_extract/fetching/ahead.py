"""Fetches ahead of whoever consumes: many links at once, within bounds.

Threads, since a fetch is a blocking call of libraries that block (urllib3, DNS, S3) and its own
cost, some 0.25 ms, is small beside that of reading the picture. What threads are said to be bad at,
links that hang, is met by counting: a request that has heard nothing for `fetch.stalled_s` does not
count among `fetch.threads`, and another takes its place, up to `fetch.max_stalled` of them. A
sleeping thread costs some 50 kB; an event loop would save that, and take a second HTTP library.

Threads take the next link by themselves, so that they go on while the consumer reads a picture. The
consumer's thread alone draws links from their source.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterator

from entity_extract.config import FetchConfig
from entity_extract.config.signals import NEVER, Stop
from entity_extract.fetching.fetched import Fetched
from entity_extract.fetching.schedule import Asked, Job, Schedule

_LOOK_S = 0.1  # how often those who wait look for requests that have stalled
_LONGEST_WAIT_S = 3600.0  # at once: a rate may be so low that no lock knows the time


def fetch_ahead(
    links: Iterator[Asked],
    schedule: Schedule,
    attempt: Callable[[Job], Fetched],
    config: FetchConfig,
    *,
    stalled: Callable[[], int] = lambda: 0,
    stop: Stop = NEVER,
) -> Iterator[tuple[Asked, Fetched] | None]:
    """Every link with what it gave, in order of completion; None where nothing has come for a
    moment, so that a consumer may see to what else it has to do.

    At most `config.threads` links are being fetched, not counting the `stalled` ones. None starts
    while `config.ahead_bytes` wait for the consumer. Once `stop` is asked for none starts any more,
    and none is waited for when that is over.
    """
    crew = _Crew(schedule, attempt, config, stalled, stop)
    try:
        yield from crew.finished(links)
    finally:
        crew.close()


class _Crew:
    """Threads that fetch what the schedule says; all state is guarded by one lock."""

    def __init__(
        self,
        schedule: Schedule,
        attempt: Callable[[Job], Fetched],
        config: FetchConfig,
        stalled: Callable[[], int],
        stop: Stop,
    ) -> None:
        self._schedule = schedule
        self._attempt = attempt
        self._config = config
        self._stalled = stalled
        self._stop = stop
        lock = threading.Lock()
        self._work = threading.Condition(lock)  # a link may be there to start
        self._news = threading.Condition(lock)  # a link has ended
        self._hands = 0
        self._active = 0
        self._finished: deque[tuple[Asked, Fetched]] = deque()
        self._held_bytes = 0
        self._error: BaseException | None = None
        self._closing = False

    def finished(self, links: Iterator[Asked]) -> Iterator[tuple[Asked, Fetched] | None]:
        """See fetch_ahead. Raises what an attempt has raised."""
        while not self._stop.over():
            self._draw(links)
            with self._news:
                if self._error is not None:
                    raise self._error
                if self._stop.asked():
                    self._schedule.give_up()
                self._finished.extend(self._schedule.ended())
                found = self._given_out() if self._finished else None
                if found is None:
                    if self._schedule.is_empty() and not self._active:
                        return
                    self._hire()
                    self._news.wait(_LOOK_S)
            yield found

    def close(self) -> None:
        with self._work:
            self._closing = True
            self._work.notify_all()

    def _draw(self, links: Iterator[Asked]) -> None:
        while True:
            with self._work:
                if not self._schedule.wants_more():
                    return
            asked = next(links, None)  # may wait for whoever gives the links; nobody waits for us
            with self._work:
                self._schedule.add(asked)
                self._work.notify()

    def _given_out(self) -> tuple[Asked, Fetched]:
        asked, fetched = self._finished.popleft()
        self._held_bytes -= len(fetched.content or b"")
        self._work.notify()
        return asked, fetched

    def _hire(self) -> None:
        """As many threads as may be needed: some of those there are may sleep for long."""
        while self._hands < self._allowed() and self._schedule.has_waiting():
            self._hands += 1
            threading.Thread(target=self._run, daemon=True, name=f"fetch-{self._hands}").start()

    def _allowed(self) -> int:
        stalled = self._stalled() if self._active >= self._config.threads else 0
        return self._config.threads + min(stalled, self._config.max_stalled)

    def _run(self) -> None:
        try:
            while (job := self._next_job()) is not None:
                self._done(job, self._attempt(job))
        except BaseException as err:  # noqa: BLE001 (raised again in the consumer's thread)
            with self._news:
                self._error = err
                self._news.notify()

    def _next_job(self) -> Job | None:
        with self._work:
            while not self._closing:
                if self._held_bytes >= self._config.ahead_bytes or self._stop.asked():
                    wait = float("inf")  # whoever takes some of it out, or closes, wakes us
                elif self._active >= self._allowed():
                    wait = _LOOK_S  # nobody wakes us when a request stalls
                elif (job := self._schedule.next_up()) is not None:
                    self._active += 1
                    self._work.notify()  # there may be more than one to start
                    return job
                else:
                    self._news.notify()  # links may have ended without being asked for
                    wait = self._schedule.wait_s()
                self._work.wait(min(wait, _LONGEST_WAIT_S))
        return None

    def _done(self, job: Job, fetched: Fetched) -> None:
        with self._news:
            self._active -= 1
            last = self._schedule.finished(job, fetched)
            if last is not None:
                self._finished.append((job.asked, last))
                self._held_bytes += len(last.content or b"")
            self._news.notify()
            self._work.notify()  # its host may have room for another than ours
