"""A link becomes bytes or a status, whatever its server does."""

import time
from collections.abc import Iterator

import pytest

from entity_extract.config import FetchConfig
from entity_extract.fetching.addresses import is_public
from entity_extract.fetching.fetch import fetch
from entity_extract.status import Status
from tests.server import PLAIN_JPEG, ShopServer, shop_server

PATIENT = FetchConfig(allow_private=True, deadline_s=10.0)
HURRIED = FetchConfig(allow_private=True, deadline_s=0.6)
SMALL = FetchConfig(allow_private=True, deadline_s=10.0, max_bytes=2**20)


@pytest.fixture(scope="module")
def server() -> Iterator[ShopServer]:
    with shop_server() as running:
        yield running


def test_a_good_link_gives_the_bytes_that_the_server_sent(server: ShopServer) -> None:
    fetched = fetch(server.url("/good.jpg"), PATIENT)
    assert (fetched.status, fetched.http_status) == (Status.OK, 200)
    assert fetched.content == PLAIN_JPEG


def test_the_request_names_its_host_and_says_who_asks(server: ShopServer) -> None:
    fetch(server.url("/good.jpg?who"), PATIENT)
    headers = server.headers_seen["/good.jpg?who"]
    assert headers["Host"] == f"127.0.0.1:{server.server_port}"
    assert headers["User-Agent"] == PATIENT.user_agent


@pytest.mark.parametrize(
    ("path", "status", "http_status"),
    [
        ("/missing.jpg", Status.HTTP_ERROR, 404),
        ("/status?code=403", Status.HTTP_ERROR, 403),
        ("/status?code=408", Status.SERVER_ERROR, 408),
        ("/status?code=425", Status.SERVER_ERROR, 425),
        ("/status?code=429", Status.SERVER_ERROR, 429),
        ("/status?code=503", Status.SERVER_ERROR, 503),
        ("/reset.jpg", Status.UNREACHABLE, None),
        ("/cut-short.jpg", Status.UNREACHABLE, None),
        ("/broken-gzip.jpg", Status.BROKEN_IMAGE, None),
        ("/redirect-nowhere", Status.HTTP_ERROR, 302),
        ("/loop", Status.HTTP_ERROR, 302),
    ],
)
def test_trouble_of_the_server_is_a_status_and_not_an_exception(
    server: ShopServer, path: str, status: Status, http_status: int | None
) -> None:
    fetched = fetch(server.url(path), PATIENT)
    assert (fetched.status, fetched.http_status, fetched.content) == (status, http_status, None)
    assert fetched.reason


@pytest.mark.parametrize(
    ("link", "status"),
    [
        ("", Status.NO_LINK),
        ("   ", Status.NO_LINK),
        ("not a link", Status.BAD_LINK),
        ("file:///etc/passwd", Status.BLOCKED),
        ("ftp://example.com/a.jpg", Status.BAD_LINK),
        ("http:///a.jpg", Status.BAD_LINK),
        ("http://name:secret@example.com/a.jpg", Status.BAD_LINK),
        ("http://example.com:99999/a.jpg", Status.BAD_LINK),
        ("http://[::1/a.jpg", Status.BAD_LINK),
        ("http://" + "a" * 64 + ".com/a.jpg", Status.BAD_LINK),
        ("http://a..b/a.jpg", Status.BAD_LINK),
        ("http://no-such-host.invalid/a.jpg", Status.UNREACHABLE),
    ],
)
def test_a_link_that_cannot_be_asked_for_is_a_status(link: str, status: Status) -> None:
    assert fetch(link, PATIENT).status == status


def test_a_closed_port_is_unreachable() -> None:
    with shop_server() as server:
        link = server.url("/good.jpg")
    assert fetch(link, PATIENT).status == Status.UNREACHABLE


def test_blanks_around_a_link_and_odd_letters_in_it_do_no_harm(server: ShopServer) -> None:
    assert fetch(f"  {server.url('/good.jpg?name=größe 1')}\n", PATIENT).status == Status.OK
    assert server.asked["/good.jpg?name=gr%C3%B6%C3%9Fe%201"] == 1


def test_a_line_break_in_a_link_adds_no_header(server: ShopServer) -> None:
    fetch(server.url("/good.jpg?x=1\r\nX-Injected: 1"), PATIENT)
    assert not any("X-Injected" in headers for headers in server.headers_seen.values())


@pytest.mark.parametrize(
    "path",
    [
        "/hang.jpg",
        "/hang-in-body.jpg",
        "/drip-header.jpg",
        "/drip-body.jpg",
        "/drip-unending-body.jpg",
        "/redirect?to=/hang.jpg",
    ],
)
def test_the_deadline_ends_every_kind_of_slowness(server: ShopServer, path: str) -> None:
    start = time.monotonic()
    fetched = fetch(server.url(path), HURRIED)
    took = time.monotonic() - start
    assert (fetched.status, fetched.content) == (Status.TIMEOUT, None)
    assert took < HURRIED.deadline_s + 3.0  # the slow paths go on for 15 s


@pytest.mark.parametrize("path", ["/huge.jpg", "/huge.jpg?chunked=1", "/gzip-bomb.jpg"])
def test_a_body_of_too_many_bytes_is_not_read_to_its_end(server: ShopServer, path: str) -> None:
    fetched = fetch(server.url(path), SMALL)
    assert (fetched.status, fetched.content) == (Status.TOO_LARGE, None)


def test_a_body_of_exactly_the_allowed_bytes_is_taken() -> None:
    with shop_server({"/full.jpg": bytes(1000), "/over.jpg": bytes(1001)}) as server:
        config = PATIENT.model_copy(update={"max_bytes": 1000})
        statuses = [fetch(server.url(path), config).status for path in ("/full.jpg", "/over.jpg")]
    assert statuses == [Status.OK, Status.TOO_LARGE]


def test_a_compressed_answer_is_unpacked(server: ShopServer) -> None:
    assert fetch(server.url("/gzip.jpg"), PATIENT).content == PLAIN_JPEG


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: ShopServer, code: int) -> None:
    link = server.url(f"/redirect?code={code}&to=/good.jpg")
    assert fetch(link, PATIENT).content == PLAIN_JPEG


def test_as_many_redirects_are_followed_as_allowed(server: ShopServer) -> None:
    def asked(max_redirects: int) -> int:
        before = server.asked["/loop"]
        fetch(server.url("/loop"), PATIENT.model_copy(update={"max_redirects": max_redirects}))
        return server.asked["/loop"] - before

    assert [asked(0), asked(3)] == [1, 4]


def test_a_redirect_to_another_scheme_is_refused(server: ShopServer) -> None:
    fetched = fetch(server.url("/redirect?to=file:///etc/passwd"), PATIENT)
    assert fetched.status == Status.BAD_LINK


def test_a_private_address_is_blocked_before_anything_is_sent(server: ShopServer) -> None:
    fetched = fetch(server.url("/good.jpg?private"), FetchConfig(ports="any"))
    assert fetched.status == Status.BLOCKED
    assert "127.0.0.1" in fetched.reason
    assert server.asked["/good.jpg?private"] == 0


def test_a_name_with_one_private_address_among_public_ones_is_blocked() -> None:
    fetched = fetch(
        "http://shop.example/a.jpg", FetchConfig(), resolve=lambda *_: ["8.8.8.8", "10.0.0.1"]
    )
    assert fetched.status == Status.BLOCKED


@pytest.mark.parametrize("inside", ["169.254.169.254", "127.0.0.2", "[::1]", "10.0.0.1"])
def test_a_redirect_is_checked_like_the_link_itself(server: ShopServer, inside: str) -> None:
    link = server.url(f"/redirect?to=http://{inside}/latest/meta-data/")
    # The shop's own server passes for a public one, since tests use no internet.
    fetched = fetch(
        link, FetchConfig(ports="any"), permit=lambda a: a == "127.0.0.1" or is_public(a)
    )
    assert (fetched.status, inside.strip("[]") in fetched.reason) == (Status.BLOCKED, True)


def test_the_checked_address_is_the_one_connected_to(server: ShopServer) -> None:
    """A name that answers differently the second time (DNS rebinding) gains nothing by it."""
    asked = []

    def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    fetched = fetch(server.url("/good.jpg", host="shop.example"), PATIENT, resolve=resolve)
    assert (fetched.status, asked) == (Status.OK, ["shop.example"])


def test_the_next_address_is_tried_where_the_first_takes_no_connection(server: ShopServer) -> None:
    link = server.url("/good.jpg", host="shop.example")
    fetched = fetch(link, PATIENT, resolve=lambda *_: ["127.0.0.77", "127.0.0.1"])
    assert fetched.status == Status.OK


def test_proxies_of_the_environment_are_not_used(
    server: ShopServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert fetch(server.url("/good.jpg"), PATIENT).status == Status.OK
