"""Which link is fetched next, which later, and which not at all: no threads, no sockets, no sleep.

Links wait by host, and hosts take turns. A host that is at its limits, resting or backing off steps
aside with all its links, and more links are wanted until there are some whose hosts may have room.
"""

import heapq
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from entity_extract.config import FetchConfig
from entity_extract.fetching.fetched import Fetched, Validators
from entity_extract.fetching.hosts import Hosts, Ticket
from entity_extract.fetching.links import host_of
from entity_extract.status import Retry, Status

_LOOK_AHEAD = 4  # links per thread whose hosts may have room
_HELD = 256  # links per thread, at most, while their hosts have none
_SHORTEST_TRY_S = 1.0  # with less left of its deadline, a link is not tried again


@dataclass(frozen=True)
class Asked:
    """A link of the catalog, and how often earlier runs have asked for it."""

    image_link: str | None
    attempts: int
    validators: Validators | None = None
    content_sha256: str | None = None  # of the picture that an earlier run has read


@dataclass(eq=False)
class Job:
    """A link on its way; `left_s` is left of its deadline, waits for other links not counted."""

    asked: Asked
    host: str
    left_s: float
    ticket: Ticket
    tries: int = 0

    @property
    def link(self) -> str:
        return self.asked.image_link or ""


class Schedule:
    """Every link comes out once: from `finished`, or from `ended` without being asked for; but for
    those that were given up."""

    def __init__(self, config: FetchConfig, hosts: Hosts) -> None:
        self._config = config
        self._hosts = hosts
        self._queues: dict[str, deque[Job]] = {}
        self._turn: deque[str] = deque()  # hosts that may have room
        self._full: list[str] = []  # hosts that have to wait until a request ends
        self._parked: list[tuple[float, str]] = []  # a heap: hosts that have room from then on
        self._later: list[tuple[float, int, Job]] = []  # a heap: jobs that are tried again
        self._serial = count()
        self._waiting = 0
        self._drawn_out = False
        self._ended: deque[tuple[Asked, Fetched]] = deque()

    def wants_more(self) -> bool:
        """True where another link should be added, as far as there are any."""
        if self._drawn_out or self._waiting >= self._config.threads * _HELD:
            return False
        ready = sum(len(self._queues[host]) for host in self._turn)
        return ready < self._config.threads * _LOOK_AHEAD

    def add(self, asked: Asked | None) -> None:
        """A further link; None: there are no more."""
        if asked is None:
            self._drawn_out = True
            return
        host = host_of(asked.image_link)
        self._queue(Job(asked, host, self._config.deadline_s, Ticket(host, ended=True)))

    def next_up(self) -> Job | None:
        """A job whose request starts now, its ticket taken; None where none may start yet."""
        self._wake()
        while self._turn:
            if (job := self._started(self._turn.popleft())) is not None:
                return job
        return None

    def finished(self, job: Job, fetched: Fetched) -> Fetched | None:
        """The job's last word, or None: it will be tried again."""
        self._hosts.end(job.ticket, fetched)
        self._turn.extend(self._full)
        self._full.clear()
        wait = self._wait_before_another_try(job, fetched)
        if wait is None:
            tried = f" (tried {job.tries + 1} times)" if job.tries else ""
            return replace(fetched, reason=fetched.reason + tried) if fetched.reason else fetched
        job.tries += 1
        heapq.heappush(self._later, (self._hosts.clock() + wait, next(self._serial), job))
        return None

    def ended(self) -> Iterator[tuple[Asked, Fetched]]:
        """Takes out the links that ended without being asked for."""
        while self._ended:
            yield self._ended.popleft()

    def give_up(self) -> None:
        """Leaves out all links that are not under way."""
        self._drawn_out = True
        self._waiting = 0
        for waiting in (self._queues, self._turn, self._full, self._parked, self._later):
            waiting.clear()

    def wait_s(self) -> float:
        """Seconds until something may start that may not now; inf where only an end can help."""
        due = [heap[0][0] for heap in (self._parked, self._later) if heap]
        return max(0.0, min(due) - self._hosts.clock()) if due else float("inf")

    def has_waiting(self) -> bool:
        return bool(self._waiting or self._later)

    def is_empty(self) -> bool:
        """True where no link waits and none will be added; some may still be under way."""
        return self._drawn_out and not (self._waiting or self._later or self._ended)

    def _wait_before_another_try(self, job: Job, fetched: Fetched) -> float | None:
        job.left_s -= fetched.fetch_ms / 1000
        if fetched.status.retry is not Retry.AT_ONCE or job.tries >= self._config.retries:
            return None
        jitter = self._hosts.jitter(job.tries)
        job.left_s -= jitter
        asked = fetched.retry_after_s or 0.0
        if job.left_s < _SHORTEST_TRY_S or asked > self._config.max_wait_s:
            return None
        return asked + jitter

    def _queue(self, job: Job) -> None:
        self._waiting += 1
        if job.host in self._queues:  # in turn, full or parked already
            self._queues[job.host].append(job)
        else:
            self._queues[job.host] = deque([job])
            self._turn.append(job.host)

    def _wake(self) -> None:
        now = self._hosts.clock()
        while self._later and self._later[0][0] <= now:
            self._queue(heapq.heappop(self._later)[2])
        while self._parked and self._parked[0][0] <= now:
            self._turn.append(heapq.heappop(self._parked)[1])

    def _started(self, host: str) -> Job | None:
        """The host's next job, if it has room; otherwise the host steps aside."""
        room = self._hosts.room(host)
        if room.down is not None:
            self._end_all(host, room.down)
        elif room.wait_s == float("inf"):
            self._full.append(host)
        elif room.wait_s > 0:
            heapq.heappush(self._parked, (self._hosts.clock() + room.wait_s, host))
        else:
            return self._taken(host)
        return None

    def _taken(self, host: str) -> Job:
        queue = self._queues[host]
        job = queue.popleft()
        self._waiting -= 1
        if queue:
            self._turn.append(host)
        else:
            del self._queues[host]
        job.ticket = self._hosts.begin(host, job.left_s)
        return job

    def _end_all(self, host: str, reason: str) -> None:
        queue = self._queues.pop(host)
        self._waiting -= len(queue)
        for job in queue:
            fetched = Fetched(job.link, Status.HOST_DOWN, reason, None, None, 0)
            self._ended.append((job.asked, fetched))
