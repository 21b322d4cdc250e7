"""Many links at once: bounds, order, and what a slow or dead host costs the others."""

import signal
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from entity_extract.config import FetchConfig
from entity_extract.config.signals import Stop
from entity_extract.fetching.ahead import fetch_ahead
from entity_extract.fetching.fetch import Asked, Fetched, Fetcher
from entity_extract.fetching.hosts import Hosts
from entity_extract.fetching.schedule import Job, Schedule
from entity_extract.status import Status
from tests.server import ShopServer, shop_server

FAST = FetchConfig(allow_private=True, deadline_s=5.0, per_host_rate=0.0, retries=0)


@pytest.fixture(scope="module")
def server() -> Iterator[ShopServer]:
    with shop_server() as running:
        yield running


def fetched_in_order(links: list[str], config: FetchConfig) -> list[tuple[str, Status]]:
    with Fetcher(config, resolve=lambda *_: ["127.0.0.1"]) as fetcher:
        asked = (Asked(link, 0) for link in links)
        return [(a.image_link or "", f.status) for a, f in fetcher.ahead(asked)]


def ahead_by(
    attempt: Callable[[Job], Fetched], links: Iterator[Asked], config: FetchConfig
) -> Iterator[tuple[Asked, Fetched]]:
    found = fetch_ahead(links, Schedule(config, Hosts(config)), attempt, config)
    return (one for one in found if one is not None)


def test_a_hanging_host_does_not_hold_up_the_others(server: ShopServer) -> None:
    config = FAST.model_copy(update={"threads": 4, "per_host": 2, "deadline_s": 2.0})
    hanging = [server.url(f"/hang.jpg?{n}", host="localhost") for n in range(2)]
    good = [server.url(f"/good.jpg?{n}") for n in range(8)]
    order = [status for _, status in fetched_in_order([*hanging, *good], config)]
    assert order == [Status.OK] * 8 + [Status.TIMEOUT] * 2


def test_links_that_hang_take_no_thread_from_those_that_answer(server: ShopServer) -> None:
    config = FAST.model_copy(
        update={"threads": 2, "per_host": 50, "deadline_s": 3.0, "stalled_s": 0.2, "max_stalled": 8}
    )
    hanging = [server.url(f"/hang.jpg?{n}") for n in range(6)]
    good = [server.url(f"/good.jpg?{n}") for n in range(20)]
    start = time.monotonic()
    order = [status for _, status in fetched_in_order([*hanging, *good], config)]
    assert order == [Status.OK] * 20 + [Status.TIMEOUT] * 6
    assert time.monotonic() - start < 6.0  # three rounds of two threads would take 9 s


def test_no_host_is_asked_for_more_at_once_than_allowed() -> None:
    config = FAST.model_copy(update={"threads": 8, "per_host": 3})
    with shop_server() as server:
        links = [server.url(f"/slow.jpg?{n}") for n in range(9)]
        assert len(fetched_in_order(links, config)) == 9
        assert server.most_at_once == 3


def test_a_host_that_redirects_lead_to_is_not_asked_for_more_at_once_either() -> None:
    config = FAST.model_copy(update={"threads": 8, "per_host": 2})
    with shop_server() as shops, shop_server() as store:
        there = store.url("/slow.jpg?seconds=0.15", host="store.example")
        links = [shops.url(f"/redirect?to={there}", host=f"shop{n}.example") for n in range(8)]
        assert {status for _, status in fetched_in_order(links, config)} == {Status.OK}
        assert store.most_at_once == 2


def test_a_link_that_leads_on_within_its_host_does_not_wait_for_the_host_s_next_start(
    server: ShopServer,
) -> None:
    """As from http to https: the next start may be further away than the link's own deadline."""
    config = FAST.model_copy(update={"per_host_rate": 0.05})
    link = server.url("/redirect?to=/good.jpg")
    assert fetched_in_order([link], config) == [(link, Status.OK)]


def test_no_host_is_asked_faster_than_allowed(server: ShopServer) -> None:
    config = FAST.model_copy(update={"per_host_rate": 20.0})
    start = time.monotonic()
    assert len(fetched_in_order([server.url(f"/good.jpg?{n}") for n in range(11)], config)) == 11
    assert time.monotonic() - start >= 0.5


def test_a_rate_of_almost_nothing_is_no_error(server: ShopServer) -> None:
    config = FAST.model_copy(update={"per_host_rate": 1e-12, "threads": 2})
    links = [server.url("/good.jpg?1"), server.url("/good.jpg?2")]
    other = server.url("/slow.jpg?seconds=0.3", host="localhost")
    with Fetcher(config) as fetcher:
        taken = fetcher.ahead(Asked(link, 0) for link in [*links, other])
        assert [next(taken)[1].status for _ in range(2)] == [Status.OK] * 2


def test_a_dead_host_costs_a_few_requests_and_not_one_per_link(server: ShopServer) -> None:
    config = FAST.model_copy(update={"down_after": 3, "down_s": 0.3, "threads": 2, "per_host": 2})
    with shop_server() as gone:
        dead = [gone.url(f"/good.jpg?{n}", host="localhost") for n in range(200)]
    good = [server.url(f"/good.jpg?{n}") for n in range(5)]
    outcome = fetched_in_order([*dead, *good], config)
    assert sorted(link for link, _ in outcome) == sorted([*dead, *good])
    counted = [status for _, status in outcome]
    assert counted.count(Status.OK) == 5
    assert counted.count(Status.HOST_DOWN) >= 190


def test_a_host_with_a_hiccup_loses_no_link() -> None:
    """Three resets in a row open the circuit; its links wait for the probe, and are fetched."""
    config = FAST.model_copy(update={"down_after": 3, "down_s": 0.3, "retries": 1, "threads": 2})
    with shop_server() as server:
        links = [server.url(f"/resets-first.jpg?times=3&{n}") for n in range(20)]
        assert {status for _, status in fetched_in_order(links, config)} == {Status.OK}


def test_a_link_that_fails_for_the_moment_is_tried_again_within_the_run() -> None:
    config = FAST.model_copy(update={"retries": 2, "backoff_s": 0.05})
    with shop_server() as server:
        links = [server.url("/flaky.jpg"), server.url("/status?code=500"), server.url("/no.jpg")]
        assert dict(fetched_in_order(links, config)) == {
            links[0]: Status.OK,
            links[1]: Status.SERVER_ERROR,
            links[2]: Status.HTTP_ERROR,
        }
        assert server.asked == {"/flaky.jpg": 2, "/status?code=500": 3, "/no.jpg": 1}


def test_retry_after_is_waited_for_while_other_hosts_go_on(server: ShopServer) -> None:
    config = FAST.model_copy(update={"retries": 1, "backoff_s": 0.05, "threads": 2})
    busy = server.url("/busy-first.jpg?seconds=1")
    good = [server.url(f"/good.jpg?{n}", host="localhost") for n in range(6)]
    start = time.monotonic()
    order = fetched_in_order([busy, *good], config)
    assert order[-1] == (busy, Status.OK)
    assert 1.0 <= time.monotonic() - start < 4.0


def test_a_rest_longer_than_we_wait_ends_the_host_s_links_and_says_so() -> None:
    config = FAST.model_copy(update={"retries": 1, "threads": 1})
    with shop_server() as server, Fetcher(config) as fetcher:
        links = [server.url(f"/busy.jpg?seconds=3600&{n}") for n in range(4)]
        outcome = [f for _, f in fetcher.ahead(Asked(link, 0) for link in links)]
        assert [f.status for f in outcome] == [Status.SERVER_ERROR] + [Status.HOST_DOWN] * 3
        assert all("3600 s of rest" in f.reason for f in outcome)
        assert server.asked.total() == 1


def test_fetching_waits_while_enough_bytes_are_held() -> None:
    config = FAST.model_copy(update={"threads": 4, "per_host": 4, "ahead_bytes": 1000})
    all_four_run = threading.Barrier(4, timeout=20)
    started: list[str] = []

    def heavy(job: Job) -> Fetched:
        started.append(job.link)
        if len(started) <= 4:
            all_four_run.wait()
        return Fetched(job.link, Status.OK, "", 200, bytes(2000), 0)

    links = (Asked(f"http://h/{n}", 0) for n in range(8))
    taken = ahead_by(heavy, links, config)
    next(taken)
    time.sleep(0.3)  # until the others are done, and held
    so_far = len(started)  # one more where the first was taken before the others were done
    assert so_far <= 5
    for _ in range(2):
        next(taken)
        time.sleep(0.2)
        assert len(started) == so_far
    assert len(list(taken)) == 5


@pytest.mark.parametrize("rate", [0.0, 20.0])
def test_threads_that_wait_for_a_slow_consumer_take_no_processor(rate: float) -> None:
    """Whoever reads pictures has the core to itself, also when a host's next start has come due."""
    config = FAST.model_copy(update={"per_host_rate": rate, "ahead_bytes": 1000})

    def heavy(job: Job) -> Fetched:
        time.sleep(0.02)  # others look for work meanwhile
        return Fetched(job.link, Status.OK, "", 200, bytes(2000), 0)

    taken = ahead_by(heavy, (Asked(f"http://h/{n}", 0) for n in range(4)), config)
    next(taken)
    before = time.process_time()
    time.sleep(0.6)  # as long as reading a picture takes
    took = time.process_time() - before
    assert len(list(taken)) == 3
    assert took < 0.15  # threads that never sleep: 0.6 where the core is free


def test_links_are_taken_as_they_are_needed_and_not_all_at_once() -> None:
    config = FAST.model_copy(update={"threads": 2})
    drawn: list[int] = []

    def source() -> Iterator[Asked]:
        for n in range(1000):
            drawn.append(n)
            yield Asked(f"http://h/{n}", 0)

    def quick(job: Job) -> Fetched:
        return Fetched(job.link, Status.OK, "", 200, b"", 0)

    next(ahead_by(quick, source(), config))
    assert len(drawn) < 20


def test_a_host_without_room_is_stepped_over_however_many_of_its_links_come_first(
    server: ShopServer,
) -> None:
    config = FAST.model_copy(update={"threads": 4, "per_host": 1, "deadline_s": 2.0})
    slow = [server.url(f"/slow.jpg?seconds=0.3&{n}", host="localhost") for n in range(5)]
    good = [server.url(f"/good.jpg?{n}") for n in range(5)]
    order = [link for link, _ in fetched_in_order([*slow, *good], config)]
    assert set(order[:5]) == set(good)


def test_an_error_of_our_own_reaches_the_consumer() -> None:
    def broken(job: Job) -> Fetched:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        list(ahead_by(broken, iter([Asked("http://h/1", 0)]), FAST))


def test_an_error_of_our_own_between_two_attempts_reaches_the_consumer_too() -> None:
    def gone(job: Job) -> Fetched:
        return Fetched(job.link, Status.UNREACHABLE, "gone", None, None, 0)

    def broken(low: float, high: float) -> float:
        raise ZeroDivisionError

    config = FAST.model_copy(update={"retries": 1, "threads": 1})
    schedule = Schedule(config, Hosts(config, dice=broken))
    with pytest.raises(ZeroDivisionError):
        list(fetch_ahead(iter([Asked("http://h/1", 0)]), schedule, gone, config))


def test_closing_the_fetcher_ends_requests_that_hang(server: ShopServer) -> None:
    config = FAST.model_copy(update={"deadline_s": 60.0, "threads": 2})
    fetcher = Fetcher(config)
    links = [server.url("/hang.jpg?1"), server.url("/good.jpg")]
    taken = fetcher.ahead(Asked(link, 0) for link in links)
    next(taken)
    fetcher.close()
    start = time.monotonic()
    assert next(taken)[1].status == Status.UNREACHABLE
    assert time.monotonic() - start < 5.0


def test_told_to_stop_it_waits_for_links_under_way_and_begins_none(server: ShopServer) -> None:
    config = FAST.model_copy(update={"threads": 2, "max_stalled": 0})
    links = [server.url(f"/slow.jpg?seconds=0.5&stop={n}") for n in range(20)]
    stop = Stop()
    with Fetcher(config, resolve=lambda *_: ["127.0.0.1"]) as fetcher:
        taken = fetcher.ahead((Asked(link, 0) for link in links), stop=stop)
        first = next(taken)
        stop.tell(signal.SIGTERM)
        found = [first, *taken]
    asked = [link for link in links if server.asked[link.removeprefix(server.url(""))]]
    assert sorted(str(one.image_link) for one, _ in found) == sorted(asked)
    assert {fetched.status for _, fetched in found} == {Status.OK}
    assert len(asked) <= 4


def test_told_to_stop_it_does_not_wait_for_links_that_hang(server: ShopServer) -> None:
    config = FAST.model_copy(update={"threads": 2, "deadline_s": 30.0})
    stop = Stop()
    with Fetcher(config, resolve=lambda *_: ["127.0.0.1"]) as fetcher:
        links = (server.url(f"/{name}") for name in ("good.jpg?h", "hang.jpg?h"))
        taken = fetcher.ahead((Asked(link, 0) for link in links), stop=stop)
        next(taken)
        stop.tell(signal.SIGTERM)
        start = time.monotonic()
        assert list(taken) == []
    assert time.monotonic() - start < 10.0
