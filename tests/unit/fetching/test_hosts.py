"""Manners towards hosts, on a clock of the test's own: hours pass in a second."""

import heapq
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count, pairwise

import pytest

from entity_extract.config import FetchConfig
from entity_extract.fetching.bounds import Deadline
from entity_extract.fetching.fetched import Fetched, Refused
from entity_extract.fetching.hosts import Hosts, Room
from entity_extract.fetching.schedule import Asked, Job, Schedule
from entity_extract.status import Status

HOUR_S = 3600.0
FULL = Room(float("inf"))

# What a host says to a request at a moment: how long that takes, and what it gives.
Behaviour = Callable[[float, Job], tuple[float, Fetched]]


@dataclass
class Clock:
    now: float = 0.0

    def __call__(self) -> float:
        return self.now


def gives(job: Job, status: Status, code: int | None = None, rest: float | None = None) -> Fetched:
    return Fetched(job.link, status, status.value, code, None, 0, retry_after_s=rest)


@dataclass
class Run:
    """What a simulated run did: every start by host, and every outcome."""

    starts: dict[str, list[float]] = field(default_factory=dict)
    outcomes: list[tuple[str, Fetched]] = field(default_factory=list)
    most_at_once: Counter[str] = field(default_factory=Counter)
    ended_at: float = 0.0


def simulate(links: list[str], config: FetchConfig, behave: Behaviour) -> Run:
    """The schedule as fetch_ahead drives it, with a heap of ends in place of threads."""
    clock, dice = Clock(), random.Random(1)
    schedule = Schedule(config, Hosts(config, clock=clock, dice=dice.uniform))
    source = iter([*(Asked(link, 0) for link in links), None])
    ends: list[tuple[float, int, Job, Fetched]] = []
    serial, run = count(), Run()
    at_once: Counter[str] = Counter()
    while True:
        while schedule.wants_more():
            schedule.add(next(source))
        while len(ends) < config.threads and (job := schedule.next_up()) is not None:
            took, fetched = behave(clock.now, job)
            heapq.heappush(ends, (clock.now + took, next(serial), job, fetched))
            run.starts.setdefault(job.host, []).append(clock.now)
            at_once[job.host] += 1
            run.most_at_once[job.host] = max(run.most_at_once[job.host], at_once[job.host])
        run.outcomes += [(asked.image_link or "", f) for asked, f in schedule.ended()]
        if schedule.wants_more():
            continue
        due = clock.now + schedule.wait_s()
        if ends and (ends[0][0] <= due or len(ends) == config.threads):
            clock.now, _, job, fetched = heapq.heappop(ends)
            at_once[job.host] -= 1
            if (last := schedule.finished(job, fetched)) is not None:
                run.outcomes.append((job.link, last))
        elif due < float("inf"):
            clock.now = due
        elif schedule.is_empty() and not ends:
            run.ended_at = clock.now
            return run


def test_24_hours_of_a_flaky_host_lose_no_row_and_send_no_burst() -> None:
    """It is well, slow, busy, down and resetting by turns; another host is always well."""
    rate = 0.4
    config = FetchConfig(per_host_rate=rate, per_host=4, threads=8, down_s=20.0, outage_s=900.0)
    dice = random.Random(7)

    def behave(now: float, job: Job) -> tuple[float, Fetched]:
        if job.host == "well.example":
            return 0.1, gives(job, Status.OK, 200)
        mood = int(now / 600) % 6
        if mood == 1:
            return 25.0, gives(job, Status.TIMEOUT)
        if mood == 2:
            rest = dice.choice([None, 5.0, 20.0])
            return 0.1, gives(job, Status.SERVER_ERROR, 503, rest)
        if mood == 3 and dice.random() < 0.7:
            return 0.2, gives(job, Status.UNREACHABLE)
        if mood == 4:
            return 8.0, gives(job, Status.OK, 200)
        return 0.3, gives(job, Status.OK, 200)

    links = [f"http://flaky.example/{n}" for n in range(22_000)]
    links[::100] = [f"http://well.example/{n}" for n in range(220)]
    run = simulate(links, config, behave)
    assert run.ended_at > 24 * HOUR_S
    assert Counter(link for link, _ in run.outcomes) == Counter(links)
    for host, starts in run.starts.items():
        assert min(b - a for a, b in pairwise(starts)) >= 1 / rate - 1e-6, host
    assert run.most_at_once["flaky.example"] <= 4
    by_host = Counter((link.split("/")[2], f.status) for link, f in run.outcomes)
    assert by_host["well.example", Status.OK] == 220
    assert by_host["flaky.example", Status.OK] > 20_000


def test_an_outage_longer_than_we_wait_ends_the_links_of_its_host_and_no_others() -> None:
    config = FetchConfig(outage_s=60.0, threads=4, per_host_rate=10.0)

    def behave(now: float, job: Job) -> tuple[float, Fetched]:
        if job.host == "dies.example" and now > 5.0:
            return 0.1, gives(job, Status.UNREACHABLE)
        return 0.1, gives(job, Status.OK, 200)

    links = [f"http://{'dies' if n % 2 else 'well'}.example/{n}" for n in range(4000)]
    run = simulate(links, config, behave)
    assert Counter(link for link, _ in run.outcomes) == Counter(links)
    statuses = Counter((link.split("/")[2], f.status) for link, f in run.outcomes)
    assert statuses["well.example", Status.OK] == 2000
    assert statuses["dies.example", Status.HOST_DOWN] > 1900
    assert len(run.starts["dies.example"]) < 100


@pytest.fixture
def clock() -> Clock:
    return Clock()


def hosts(clock: Clock, **settings: object) -> Hosts:
    config = FetchConfig.model_validate({"per_host_rate": 0.0, "down_s": 10.0, **settings})
    return Hosts(config, clock=clock, dice=lambda low, high: high)


def fail(towards: Hosts, status: Status = Status.UNREACHABLE) -> None:
    towards.end(towards.begin("h"), Fetched("http://h/", status, "x", None, None, 0))


def answer(towards: Hosts, code: int = 200, rest: float | None = None) -> None:
    status = Status.OK if code == 200 else Status.SERVER_ERROR
    towards.end(
        towards.begin("h"), Fetched("http://h/", status, "x", code, None, 0, retry_after_s=rest)
    )


def test_requests_of_a_host_are_spaced_evenly(clock: Clock) -> None:
    towards = hosts(clock, per_host_rate=2.0)
    towards.begin("h")
    assert towards.room("h") == Room(0.5)
    assert towards.room("other") == Room()
    clock.now = 100.0  # what was not used is not saved up
    towards.begin("h")
    assert towards.room("h") == Room(0.5)


def test_a_host_at_its_limit_has_room_when_a_request_ends(clock: Clock) -> None:
    towards = hosts(clock, per_host=2)
    tickets = [towards.begin("h"), towards.begin("h")]
    assert towards.room("h") == FULL
    towards.end(tickets[0])
    towards.end(tickets[0])  # a second end of the same request frees nothing
    assert towards.room("h") == Room()
    towards.begin("h")
    assert towards.room("h") == FULL


@pytest.mark.parametrize("status", [Status.UNREACHABLE, Status.TIMEOUT])
def test_a_host_that_fails_in_a_row_rests_then_gets_one_probe_then_is_down(
    clock: Clock, status: Status
) -> None:
    towards = hosts(clock, down_after=3)
    for _ in range(3):
        assert towards.room("h") == Room()
        fail(towards, status)
    assert towards.room("h") == Room(10.0)
    clock.now = 10.0
    assert towards.room("h") == Room()
    probe = towards.begin("h")
    assert towards.room("h") == FULL  # one probe at a time
    towards.end(probe, Fetched("http://h/", status, "x", None, None, 0))
    assert towards.room("h").down is not None
    clock.now = 29.9
    assert towards.room("h").down is not None
    clock.now = 30.1  # twice the rest
    assert towards.room("h") == Room()
    answer(towards)
    assert [towards.room("h") for _ in range(2)] == [Room(), Room()]


def test_a_host_that_has_answered_before_is_waited_for(clock: Clock) -> None:
    towards = hosts(clock, down_after=1, outage_s=25.0)
    answer(towards)
    fail(towards)
    clock.now = 10.0
    fail(towards)
    assert towards.room("h") == Room(20.0)
    clock.now = 26.0
    assert towards.room("h").down is not None


def test_an_answer_in_between_is_no_failure_in_a_row(clock: Clock) -> None:
    towards = hosts(clock, down_after=3)
    for _ in range(10):
        fail(towards)
        fail(towards)
        answer(towards)
    assert towards.room("h") == Room()


def test_requests_that_were_under_way_say_nothing_new_of_a_host_that_rests(clock: Clock) -> None:
    towards = hosts(clock, down_after=2)
    tickets = [towards.begin("h") for _ in range(6)]
    for ticket in tickets:
        towards.end(ticket, Fetched("http://h/", Status.TIMEOUT, "x", None, None, 0))
    assert towards.room("h") == Room(10.0)


def test_links_that_were_never_sent_say_nothing_of_their_host(clock: Clock) -> None:
    towards = hosts(clock, down_after=1)
    for status in (Status.BLOCKED, Status.BAD_LINK, Status.HOST_DOWN):
        fail(towards, status)
    assert towards.room("h") == Room()


def test_retry_after_quietens_the_host_and_not_others(clock: Clock) -> None:
    towards = hosts(clock)
    answer(towards, 429, 7.0)
    assert towards.room("h") == Room(7.0)
    assert towards.room("other") == Room()
    clock.now = 7.0
    assert towards.room("h") == Room()


def test_a_longer_rest_than_we_wait_ends_the_host_s_links_until_it_is_over(clock: Clock) -> None:
    towards = hosts(clock, max_wait_s=30.0)
    answer(towards, 503, 3600.0)
    assert "3600 s" in (towards.room("h").down or "")
    clock.now = 3600.0
    assert towards.room("h") == Room()


def test_a_good_answer_that_was_under_way_does_not_make_links_wait_for_a_long_rest(
    clock: Clock,
) -> None:
    towards = hosts(clock, max_wait_s=30.0)
    under_way = towards.begin("h")
    answer(towards, 503, 3600.0)
    towards.end(under_way, Fetched("http://h/", Status.OK, "", 200, b"", 0))
    assert "3600 s" in (towards.room("h").down or "")


def test_a_long_rest_that_is_over_does_not_make_a_short_one_long(clock: Clock) -> None:
    towards = hosts(clock, max_wait_s=30.0)
    answer(towards, 503, 40.0)
    clock.now = 41.0
    answer(towards, 503, 2.0)
    assert towards.room("h") == Room(2.0)


def test_a_redirect_within_a_host_takes_the_next_start_and_does_not_wait_for_it(
    clock: Clock,
) -> None:
    towards = hosts(clock, per_host_rate=0.1)
    ticket = towards.begin("h")
    towards.pace(ticket, Deadline.after(5.0))
    assert towards.room("h") == Room(20.0)


@pytest.mark.parametrize(("rest", "said"), [(7.0, "7 s of rest"), (3600.0, "3600 s of rest")])
def test_a_redirect_to_a_host_that_asks_for_more_rest_than_the_link_has_ends_it_and_is_no_failure(
    clock: Clock, rest: float, said: str
) -> None:
    towards = hosts(clock, down_after=1)
    ticket = towards.begin("h")
    answer(towards, 503, rest)
    with pytest.raises(Refused, match=said) as refused:
        towards.pace(ticket, Deadline.after(2.0))
    assert refused.value.status == Status.HOST_DOWN
    towards.end(ticket, Fetched("http://h/", refused.value.status, said, None, None, 0))
    clock.now = rest
    assert towards.room("h") == Room()


@pytest.mark.parametrize(("left_s", "room"), [(9.0, Room()), (11.0, Room(10.0))])
def test_a_timeout_of_a_link_that_was_late_says_nothing_of_its_host(
    clock: Clock, left_s: float, room: Room
) -> None:
    towards = hosts(clock, down_after=1, deadline_s=20.0)
    late = Fetched("http://h/", Status.TIMEOUT, "x", None, None, 0)
    towards.end(towards.begin("h", left_s), late)
    assert towards.room("h") == room
    towards.end(towards.admit("other", Deadline.after(left_s)), late)
    assert towards.room("other") == room
    ticket = towards.begin("third")
    towards.pace(ticket, Deadline.after(left_s))
    towards.end(ticket, late)
    assert towards.room("third") == room


def test_a_link_whose_turn_does_not_come_in_time_says_so(clock: Clock) -> None:
    towards = hosts(clock, per_host=1)
    towards.begin("h")
    with pytest.raises(Refused, match="no room for it in time") as refused:
        towards.admit("h", Deadline.after(0.05))
    assert refused.value.status == Status.TIMEOUT


def test_a_host_that_is_busy_or_down_for_days_is_waited_for_like_on_the_first(
    clock: Clock,
) -> None:
    towards = hosts(clock, down_after=1, outage_s=1e9)
    for _ in range(1100):
        answer(towards, 503)
        clock.now += towards.room("h").wait_s
    for _ in range(1100):
        fail(towards)
        clock.now += towards.room("h").wait_s
    fail(towards)
    assert towards.room("h") == Room(900.0)


def test_back_off_grows_with_each_busy_answer_and_ends_with_a_good_one(clock: Clock) -> None:
    towards = hosts(clock, backoff_s=1.0)
    waits = []
    for _ in range(8):
        answer(towards, 503)
        waits.append(towards.room("h").wait_s)
        clock.now += waits[-1]
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
    answer(towards)
    answer(towards, 503)
    assert towards.room("h") == Room(1.0)


def test_back_off_is_drawn_from_all_of_its_range() -> None:
    towards = Hosts(FetchConfig(backoff_s=1.0), dice=random.Random(3).uniform)
    waits = [towards.jitter(3) for _ in range(2000)]
    assert 0.0 <= min(waits) < 0.1
    assert 7.9 < max(waits) <= 8.0


def test_a_retry_ends_with_the_link_s_deadline() -> None:
    config = FetchConfig(retries=50, backoff_s=2.0, deadline_s=20.0, per_host_rate=0.0, threads=1)
    run = simulate(
        ["http://h/1"], config, lambda now, job: (1.0, gives(job, Status.SERVER_ERROR, 500))
    )
    assert [f.status for _, f in run.outcomes] == [Status.SERVER_ERROR]
    assert "tried" in run.outcomes[0][1].reason
    assert 3 <= len(run.starts["h"]) < 50
