"""However a server misbehaves: a row with its status, in time and in bounds."""

import gc
import logging
import time
import tracemalloc
from collections.abc import Iterator

import pytest

from entity_extract.config import FetchConfig
from entity_extract.fetching.connections import Connection
from entity_extract.fetching.fetch import Fetcher, fetch
from entity_extract.status import TRANSIENT, Status
from tests.fuzz import http_responses
from tests.hostile_server import HostileServer, hostile_server
from tests.server import PLAIN_JPEG

DEADLINE_S = 1.5
CONFIG = FetchConfig(allow_private=True, deadline_s=DEADLINE_S, max_bytes=2**18, per_host_rate=0.0)

GONE, LATE, WRONG, LARGE = (
    Status.UNREACHABLE,
    Status.TIMEOUT,
    Status.BAD_ANSWER,
    Status.TOO_LARGE,
)


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with hostile_server() as running:
        yield running


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/closes", GONE),
        ("/resets", GONE),
        ("/garbage", WRONG),
        ("/slashes", WRONG),
        ("/http-9", WRONG),
        ("/status-x", WRONG),
        ("/endless-status", WRONG),
        ("/header-resets", GONE),
        ("/header-drips", LATE),
        ("/many-headers", WRONG),
        ("/endless-header", WRONG),
        ("/large-header", WRONG),
        ("/endless-continue", WRONG),
        ("/lengths-differ", WRONG),
        ("/body-resets", GONE),
        ("/body-ends", GONE),
        ("/body-drips", LATE),
        ("/body-without-end", LARGE),
        ("/length-huge", LARGE),
        ("/chunk-no-number", GONE),
        ("/chunk-negative", WRONG),
        ("/chunk-to-the-end", LARGE),
        ("/chunk-cut", GONE),
        ("/chunk-line-endless", WRONG),
        ("/chunks-tiny", LARGE),
        ("/chunks-endless", LARGE),
        ("/trailers-endless", LARGE),
    ],
)
def test_an_attack_ends_as_a_row_with_its_status_within_the_deadline_and_in_little_memory(
    server: HostileServer, path: str, status: Status
) -> None:
    # Only what is meant to take all of its time gets little: a busy machine is slow as well.
    config = CONFIG if status is LATE else CONFIG.model_copy(update={"deadline_s": 15.0})
    tracemalloc.start()
    start = time.monotonic()
    fetched = fetch(server.url(path), config)
    took = time.monotonic() - start
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (fetched.status, fetched.content, bool(fetched.reason)) == (status, None, True)
    assert took < config.deadline_s + 1.5
    assert peak < 8 * CONFIG.max_bytes


def test_damaged_answers_end_as_statuses() -> None:
    """The short, fixed part of tests/fuzz/http_responses.py."""
    statuses, findings = http_responses.run(range(400))
    assert findings == {}
    assert {"ok", "broken_image", "bad_answer", "unreachable", "server_error"} <= set(statuses)


def test_what_may_pass_is_tried_again_by_a_later_run_and_nonsense_is_not() -> None:
    assert {GONE, LATE, Status.HOST_DOWN, Status.SERVER_ERROR, Status.OCR_TIMEOUT} == TRANSIENT


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/closes", GONE),
        ("/resets", GONE),
        ("/garbage", GONE),
        ("/status-x", GONE),
        ("/header-drips", LATE),
        ("/endless-header", GONE),
        ("/many-headers", GONE),
    ],
)
def test_a_proxy_that_answers_with_nonsense_is_a_row_that_is_tried_again(
    path: str, status: Status
) -> None:
    with hostile_server(always=path) as proxy:
        config = FetchConfig(proxy=proxy.url(""), deadline_s=DEADLINE_S)
        start = time.monotonic()
        fetched = fetch("https://shop.example/a.jpg", config)
        assert time.monotonic() - start < DEADLINE_S + 1.5
        assert (fetched.status, bool(fetched.reason)) == (status, True)
        assert proxy.asked == {"shop.example:443": 1}


def test_a_length_that_makes_no_sense_is_taken_as_none(server: HostileServer) -> None:
    assert fetch(server.url("/length-negative"), CONFIG).content == PLAIN_JPEG


def test_a_connection_is_used_again_for_the_same_host() -> None:
    with hostile_server() as server, Fetcher(CONFIG) as fetcher:
        paths = ["/good", "/good", "/chunks-good", "/good"]
        contents = [fetcher.fetch(server.url(path)).content for path in paths]
        assert contents == [PLAIN_JPEG, PLAIN_JPEG, b"abc", PLAIN_JPEG]
        assert server.connections == 1


def test_a_connection_is_never_used_for_another_host_at_the_same_address() -> None:
    with hostile_server() as server:
        fetcher = Fetcher(CONFIG, resolve=lambda *_: ["127.0.0.1"])
        hosts = ["one.example", "two.example", "one.example"]
        assert all(fetcher.fetch(server.url("/good", host=h)).content for h in hosts)
        assert server.connections == 2


@pytest.mark.parametrize("path", ["/closes-when-idle", "/dies-when-asked-again"])
def test_a_kept_connection_that_has_died_costs_one_more_and_no_picture(path: str) -> None:
    with hostile_server() as server, Fetcher(CONFIG) as fetcher:
        statuses = [fetcher.fetch(server.url(path)).status for _ in range(3)]
        assert statuses == [Status.OK] * 3
        assert server.connections == 3


def test_connections_that_have_died_are_not_kept_in_mind() -> None:
    def kept() -> int:
        gc.collect()
        return sum(type(thing) is Connection for thing in gc.get_objects())

    with hostile_server() as server, Fetcher(CONFIG) as fetcher:
        before = kept()
        for _ in range(8):
            fetcher.fetch(server.url("/dies-when-asked-again"))
        assert kept() - before <= 1  # the last one is idle


@pytest.mark.parametrize("path", ["/body-ends", "/body-drips", "/large-header", "/chunk-cut"])
def test_a_connection_is_not_used_again_after_an_error(path: str) -> None:
    with hostile_server() as server, Fetcher(CONFIG) as fetcher:
        fetcher.fetch(server.url("/good"))
        fetcher.fetch(server.url(path))
        assert fetcher.fetch(server.url("/good")).content == PLAIN_JPEG


@pytest.mark.parametrize("path", ["/answers-twice", "/answers-later", "/length-short"])
def test_stray_bytes_after_an_answer_are_not_taken_for_the_next_one(path: str) -> None:
    """A server that answers twice would otherwise shift every later answer by one link."""
    with hostile_server() as server, Fetcher(CONFIG) as fetcher:
        fetcher.fetch(server.url(path))
        time.sleep(0.2)  # until what is stray has come
        assert fetcher.fetch(server.url("/good")).content == PLAIN_JPEG


def test_secrets_of_a_link_are_in_no_reason_and_no_log(
    server: HostileServer, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "X-Amz-Signature=0123456789abcdef"  # noqa: S105
    links = [
        server.url(f"/garbage?{secret}"),
        server.url(f"/lengths-differ?{secret}"),
        f"http://user:{secret}@example.com/a.jpg",
        f"http://exa mple.com/a.jpg?{secret}",
        f"http://example.com:99999/a.jpg?{secret}",
        f"ftp://example.com/a.jpg#{secret}",
        f"http://no-such-host.invalid/a.jpg?a='&{secret}",
        f"file:///a.jpg?{secret}",
    ]
    with caplog.at_level(logging.DEBUG):
        reasons = [fetch(link, CONFIG).reason for link in links]
    assert all(reasons)
    assert not any("0123456789abcdef" in text for text in [*reasons, caplog.text])


def test_what_urllib3_warns_of_is_logged_without_the_query(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with Fetcher(CONFIG):
        for name in ("urllib3.connection", "urllib3.response"):
            logging.getLogger(name).warning("odd (url=%s)", "http://h/a?X-Amz-Signature=0123")
    assert caplog.text.count("http://h/a?…") == 2
    assert "0123" not in caplog.text
