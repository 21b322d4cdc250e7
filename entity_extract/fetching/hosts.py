"""Manners towards each host: how many requests at once, how fast, and when to leave it alone.

- At most `fetch.per_host` requests at once, and `fetch.per_host_rate` starts a second, evenly
  spaced.
- 429 and 503 quieten the whole host: for as long as Retry-After asks, or by exponential back-off
  with full jitter. One that asks for more than `fetch.max_wait_s` is left alone until then: its
  links end at once.
- A redirect within a host starts at once, and the host's next start is put off for it.
- After `fetch.down_after` failures in a row (connection, timeout) the host rests for
  `fetch.down_s`, its links waiting; then one link goes ahead as a probe. Where that fails too, the
  next rest is twice as long, and so on. A host that has never answered is down from the second
  rest on: its links end at once. One that has answered before is waited for `fetch.outage_s`
  first: it may hold the whole catalog, and all links of the task would end with its hiccup.
- What a link has spent waiting for its turn is no failure of the host, nor is a timeout for which
  that has left less than half of `fetch.deadline_s`.

Clock and dice are the caller's to replace: what is decided here needs no real time.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from entity_extract.config import FetchConfig
from entity_extract.fetching.bounds import Deadline
from entity_extract.fetching.fetched import Fetched, Refused
from entity_extract.status import Picture, Status

_LONGEST_REST_S = 900.0
_LONGEST_BACKOFF_S = 30.0
_LONGEST_QUIET_S = 86_400.0
_MOST_DOUBLINGS = 64  # what follows is at its longest by then, and 2.0 ** 1024 is no float
_BUSY = (429, 503)
_FAILED = (Status.UNREACHABLE, Status.TIMEOUT)
_POLL_S = 0.25


@dataclass(frozen=True)
class Room:
    """May a request start? In `wait_s` seconds (inf: when another ends); not if `down` says why."""

    wait_s: float = 0.0
    down: str | None = None


@dataclass(eq=False)
class Ticket:
    """A request under way to `host`. `late`: it had little time, and a timeout says nothing."""

    host: str
    probe: bool = False
    late: bool = False
    ended: bool = False


@dataclass
class _Host:
    running: int = 0
    next_start: float = 0.0
    quiet_until: float = 0.0  # 429, 503, Retry-After
    refused: str | None = None  # why links end at once until quiet_until
    busy: int = 0  # 429 and 503 in a row
    answered: bool = False  # ever
    failures: int = 0  # in a row
    rests: int = 0  # in a row
    rests_since: float = 0.0
    rests_until: float = 0.0
    probing: bool = False


@dataclass
class Hosts:
    """The state of every host of a task. Safe for threads."""

    config: FetchConfig
    clock: Callable[[], float] = time.monotonic
    dice: Callable[[float, float], float] = random.uniform
    _hosts: dict[str, _Host] = field(default_factory=dict)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def room(self, host: str) -> Room:
        with self._changed:
            return self._room(host)

    def begin(self, host: str, left_s: float = float("inf")) -> Ticket:
        """Counts a request that starts now, for a link that has so many seconds left.

        `room` has to have said that it may.
        """
        with self._changed:
            return self._begin(host, left_s)

    def admit(self, host: str, deadline: Deadline) -> Ticket:
        """Waits until a request to `host` may start. Raises Refused: it is down, or out of time."""
        with self._changed:
            while (room := self._room(host)) != Room():
                if room.down is not None:
                    raise Refused(Status.HOST_DOWN, room.down)
                left = deadline.remaining()
                if left <= 0:
                    raise Refused(Status.TIMEOUT, f"{host!r} had no room for it in time")
                self._changed.wait(min(room.wait_s, left, _POLL_S))
            return self._begin(host, deadline.remaining())

    def pace(self, ticket: Ticket, deadline: Deadline) -> None:
        """Lets one more request to the same host start (a redirect), once it is not resting.

        Raises Refused where it rests for longer than the link has.
        """
        with self._changed:
            state = self._state(ticket.host)
            while (wait := state.quiet_until - self.clock()) > 0:
                if state.refused is not None or wait > deadline.remaining():
                    asked = f"{ticket.host!r} asked for {wait:.0f} s of rest"
                    raise Refused(Status.HOST_DOWN, state.refused or asked)
                self._changed.wait(min(wait, _POLL_S))
            ticket.late = self._is_late(deadline.remaining())
            self._spend(state)

    def end(self, ticket: Ticket, fetched: Fetched | None = None) -> None:
        """What became of the request; None: the host answered. A second call changes nothing."""
        with self._changed:
            if ticket.ended or not ticket.host:
                return
            ticket.ended = True
            state = self._state(ticket.host)
            state.running -= 1
            state.probing &= not ticket.probe
            self._learn(state, ticket, fetched)
            self._changed.notify_all()

    def jitter(self, tries: int) -> float:
        """Seconds to wait before a further try: exponential back-off with full jitter."""
        longest = self.config.backoff_s * 2.0 ** min(tries, _MOST_DOUBLINGS)
        return self.dice(0.0, min(_LONGEST_BACKOFF_S, longest))

    def _state(self, host: str) -> _Host:
        return self._hosts.setdefault(host, _Host())

    def _room(self, host: str) -> Room:
        if not host:  # a file, a bucket, or nothing that could be asked
            return Room()
        state, now = self._state(host), self.clock()
        if now < state.quiet_until and state.refused is not None:
            return Room(down=state.refused)
        if state.rests and (now < state.rests_until or state.probing):
            waited = now - state.rests_since >= self.config.outage_s
            if state.rests > 1 and (waited or not state.answered):
                return Room(down=f"{host!r} failed {state.failures} times in a row, and is down")
            return Room(state.rests_until - now if now < state.rests_until else float("inf"))
        if state.running >= self.config.per_host:
            return Room(float("inf"))
        return Room(max(0.0, state.quiet_until - now, state.next_start - now))

    def _begin(self, host: str, left_s: float) -> Ticket:
        if not host:
            return Ticket(host)
        state = self._state(host)
        state.running += 1
        self._spend(state)
        probe = state.rests > 0
        state.probing |= probe
        return Ticket(host, probe, self._is_late(left_s))

    def _is_late(self, left_s: float) -> bool:
        return left_s < self.config.deadline_s / 2

    def _spend(self, state: _Host) -> None:
        if self.config.per_host_rate:
            state.next_start = max(self.clock(), state.next_start) + 1 / self.config.per_host_rate

    def _learn(self, state: _Host, ticket: Ticket, fetched: Fetched | None) -> None:
        status = None if fetched is None else fetched.status
        if status is not None and status.picture is Picture.NOT_ASKED_FOR:
            return
        if status is Status.TIMEOUT and ticket.late:
            return
        if status in _FAILED:
            self._failed(state, ticket)
            return
        state.answered = True
        state.failures = state.rests = 0
        if fetched is not None and fetched.http_status in _BUSY:
            self._quieten(state, ticket.host, fetched.retry_after_s)
        else:
            state.busy = 0

    def _failed(self, state: _Host, ticket: Ticket) -> None:
        if state.rests and not ticket.probe:
            return  # it started before the host was given its rest, and says nothing new
        state.failures += 1
        if ticket.probe or state.failures >= self.config.down_after:
            if not state.rests:
                state.rests_since = self.clock()
            state.rests += 1
            rest = self.config.down_s * 2.0 ** min(state.rests - 1, _MOST_DOUBLINGS)
            state.rests_until = self.clock() + min(_LONGEST_REST_S, rest)

    def _quieten(self, state: _Host, host: str, asked_s: float | None) -> None:
        if self.clock() >= state.quiet_until:
            state.refused = None  # what it asked for before is over
        if asked_s is not None:
            quiet = min(asked_s, _LONGEST_QUIET_S)
        elif self.clock() < state.quiet_until:
            return  # asked before it was known to be busy, like others at the same time
        else:
            quiet = self.jitter(state.busy)
            state.busy += 1
        state.quiet_until = max(state.quiet_until, self.clock() + quiet)
        if quiet > self.config.max_wait_s:
            state.refused = f"{host!r} asked for {quiet:.0f} s of rest"
