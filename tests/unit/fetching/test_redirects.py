"""A link's way over several answers: redirects, the cookies they set, and what is accepted."""

from collections.abc import Iterator

import pytest

from entity_extract.config import FetchConfig
from entity_extract.fetching.addresses import is_public
from entity_extract.fetching.fetch import Fetched, Fetcher, fetch
from entity_extract.status import Status
from tests.hostile_server import HostileServer, hostile_server
from tests.server import PLAIN_JPEG, ShopServer, shop_server

CONFIG = FetchConfig(allow_private=True, deadline_s=5.0, per_host_rate=0.0)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(PLAIN_JPEG) + PLAIN_JPEG


@pytest.fixture(scope="module")
def server() -> Iterator[ShopServer]:
    with shop_server() as running:
        yield running


@pytest.fixture
def raw() -> Iterator[HostileServer]:
    with hostile_server() as running:
        running.answers |= dict.fromkeys(("/", "/a.jpg", "/a%20b%C3%A9.jpg", "/s/a.jpg?x=1"), OK)
        yield running


def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def redirected(raw: HostileServer, header: bytes, code: int = 302) -> Fetched:
    raw.answers["/s/from"] = b"HTTP/1.1 %d X\r\n" % code + header + b"Content-Length: 0\r\n\r\n"
    return fetch(raw.url("/s/from"), CONFIG)


@pytest.mark.parametrize("code", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_followed_whatever_its_code(raw: HostileServer, code: int) -> None:
    assert redirected(raw, b"Location: /a.jpg\r\n", code).content == PLAIN_JPEG


@pytest.mark.parametrize(
    "header",
    [
        b"Location: /a.jpg\r\n" * 2,
        b"Location:    /a.jpg#top   \r\n",
        b"location : ../a.jpg\r\n",
        b"Location: ../../../a.jpg\r\n",
        b"Location: a.jpg?x=1\r\n",
        b"Location: //127.0.0.1:%(port)d/a.jpg\r\n",
        b"Location: HTTP://127.0.0.1:%(port)d/a.jpg\r\n",
        b"Location: http://127.0.0.1:%(port)d\r\n",
        b"Location: /a b\xc3\xa9.jpg\r\n",
        b"Location: /a%%20b%%c3%%a9.jpg\r\n",
        b"no colon\r\nLocation:\r\n /a.jpg\r\n",
    ],
)
def test_a_target_is_read_as_browsers_read_it(raw: HostileServer, header: bytes) -> None:
    assert redirected(raw, header % {b"port": raw.port}).content == PLAIN_JPEG


@pytest.mark.parametrize(
    ("header", "code", "status"),
    [
        (b"", 300, Status.HTTP_ERROR),
        (b"Location: /a.jpg\r\n", 304, Status.HTTP_ERROR),
        (b"Location: /a.jpg\r\n", 305, Status.HTTP_ERROR),
        (b"Location: /a.jpg\r\nLocation: /\r\n", 302, Status.HTTP_ERROR),
        (b"Location:\r\n", 302, Status.HTTP_ERROR),
        (b"Location: /s/from\r\n", 302, Status.HTTP_ERROR),
        (b"Location: http://me:pass@h.example/\r\n", 302, Status.BAD_LINK),
        (b"Location: \\\\h.example\\a.jpg\r\n", 302, Status.BAD_LINK),
        (b"Location: ftp://h.example/a.jpg\r\n", 302, Status.BAD_LINK),
        (b"Location: data:image/jpeg;base64,/9j/\r\n", 302, Status.BAD_LINK),
        (b"Refresh: 0; url=/a.jpg\r\n", 403, Status.HTTP_ERROR),
    ],
)
def test_a_redirect_that_leads_nowhere_says_so(
    raw: HostileServer, header: bytes, code: int, status: Status
) -> None:
    fetched = redirected(raw, header, code)
    assert (fetched.status, fetched.content, bool(fetched.reason)) == (status, None, True)


def test_a_cookie_that_a_redirect_sets_comes_back_with_the_next_request(
    server: ShopServer,
) -> None:
    link = server.url("/cookie-wall.jpg?once")
    fetched = fetch(link, CONFIG)
    assert (fetched.status, fetched.content) == (Status.OK, PLAIN_JPEG)
    assert server.asked["/cookie-wall.jpg?once"] == 2


def test_a_link_knows_no_cookie_of_another(server: ShopServer) -> None:
    link = server.url("/cookie-wall.jpg?twice")
    with Fetcher(CONFIG) as fetcher:
        assert [fetcher.fetch(link).status for _ in range(2)] == [Status.OK] * 2
    assert server.asked["/cookie-wall.jpg?twice"] == 4


@pytest.mark.parametrize(
    ("attributes", "status"),
    [
        ("; Path=/", Status.OK),
        ("; HttpOnly; SameSite=Strict; Max-Age=60", Status.OK),
        ("; Domain=shop.example; Path=/", Status.OK),
        ("; Max-Age; Domain=; Path; Expires; Version; =", Status.OK),
        ('; Max-Age=soon; Domain=""; Expires=never; Version=1', Status.OK),
        ("; Expires=Thu, 01-Jan-1970 00:00:01 GMT", Status.HTTP_ERROR),
        ("; Domain=.example; Path=/", Status.HTTP_ERROR),
        ("; Domain=other.example", Status.HTTP_ERROR),
        ("; Path=/elsewhere", Status.HTTP_ERROR),
        ("; Secure", Status.HTTP_ERROR),
        ("; Max-Age=0", Status.HTTP_ERROR),
        ("; x=" + "y" * 5000 + "; Path=/", Status.OK),
        ("y" * 5000, Status.HTTP_ERROR),
    ],
)
def test_a_cookie_is_kept_as_its_attributes_say(
    server: ShopServer, attributes: str, status: Status
) -> None:
    said = attributes.replace(";", "%3B").replace("=", "%3D").replace(" ", "%20")
    link = server.url(f"/cookie-wall.jpg?with={said}", host="img.shop.example")
    assert fetch(link, CONFIG, resolve=loopback).status == status


@pytest.mark.parametrize("domain", ["", "; Domain=shop.example; Path=/"])
def test_no_host_is_told_what_another_one_said(server: ShopServer, domain: str) -> None:
    there = server.url("/good.jpg?told", host="www.shop.example")
    said = domain.replace(";", "%3B").replace("=", "%3D").replace(" ", "%20")
    link = server.url(f"/cookie-wall.jpg?to={there}&with={said}", host="img.shop.example")
    assert fetch(link, CONFIG, resolve=loopback).content == PLAIN_JPEG
    assert "Cookie" not in server.headers_seen["/good.jpg?told"]


def test_a_cookie_opens_no_address(server: ShopServer) -> None:
    link = server.url("/cookie-wall.jpg?to=http://169.254.169.254/latest/")
    config = FetchConfig(ports="any")
    fetched = fetch(link, config, permit=lambda a: a == "127.0.0.1" or is_public(a))
    assert (fetched.status, "169.254" in fetched.reason) == (Status.BLOCKED, True)


def test_pictures_are_asked_for_as_configured(server: ShopServer) -> None:
    fetch(server.url("/good.jpg?usual"), CONFIG)
    assert server.headers_seen["/good.jpg?usual"]["Accept"] == CONFIG.accept
    fetch(server.url("/good.jpg?webp"), CONFIG.model_copy(update={"accept": "image/webp"}))
    assert server.headers_seen["/good.jpg?webp"]["Accept"] == "image/webp"


def test_a_server_without_such_a_picture_is_asked_once_more_for_any(server: ShopServer) -> None:
    assert fetch(server.url("/only-webp.jpg"), CONFIG).content == PLAIN_JPEG
    assert server.asked["/only-webp.jpg"] == 2
    fetched = fetch(server.url("/never-acceptable.jpg"), CONFIG)
    assert (fetched.status, fetched.http_status) == (Status.HTTP_ERROR, 406)
    assert server.asked["/never-acceptable.jpg"] == 2
    config = CONFIG.model_copy(update={"accept": "*/*"})
    fetch(server.url("/never-acceptable.jpg?any"), config)
    assert server.asked["/never-acceptable.jpg?any"] == 1


@pytest.mark.parametrize("accept", ["", " ", "image/*\r\nX: 1", "image/ü"])
def test_what_is_no_header_is_no_configuration(accept: str) -> None:
    with pytest.raises(ValueError, match="accept"):
        FetchConfig(accept=accept)
