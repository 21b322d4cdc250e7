"""Answers as real servers write them: nothing beside the picture loses it, or waits in vain."""

import gzip
import time
import zlib
from collections.abc import Iterator

import pytest

from entity_extract.config import FetchConfig
from entity_extract.fetching.fetch import Fetched, Fetcher, fetch
from entity_extract.status import Status
from tests.hostile_server import HostileServer, hostile_server
from tests.server import PLAIN_JPEG

CONFIG = FetchConfig(allow_private=True, deadline_s=5.0, per_host_rate=0.0)
OK = b"HTTP/1.1 200 OK\r\n"
LENGTH = b"Content-Length: %d\r\n" % len(PLAIN_JPEG)
BODY = b"\r\n" + PLAIN_JPEG
CHUNKS = b"%x;ext=1\r\n" % len(PLAIN_JPEG) + PLAIN_JPEG + b"\r\n0\r\nX-Trailer: 1\r\n\r\n"
ZIPPED = gzip.compress(PLAIN_JPEG)
EARLY = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with hostile_server() as running:
        yield running


def answered(server: HostileServer, answer: bytes) -> Fetched:
    """What `answer` gives on a connection that its server does not close."""
    path = f"/{len(server.answers)}"
    server.answers[path] = answer
    return fetch(server.url(path), CONFIG)


def zipped(header: bytes, body: bytes = ZIPPED) -> bytes:
    return OK + header + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body


@pytest.mark.parametrize(
    "answer",
    [
        EARLY + OK + LENGTH + BODY,
        EARLY * 3 + b"HTTP/1.1 100 Continue\r\n\r\n" + OK + LENGTH + BODY,
        b"HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 199 What\r\nX: y\r\n\r\n" + OK + LENGTH + BODY,
        b"\r\n\r\n" + OK + LENGTH + BODY,
        b"HTTP/1.1 200\r\n" + LENGTH + BODY,
        b"HTTP/1.1 200 \xe4\xff\r\n" + LENGTH + BODY,
        b"HTTP/1.0 200 OK\r\n" + LENGTH + BODY,
        OK + b"no colon here\r\n" + LENGTH + BODY,
        OK + b"<b>a warning of PHP: x</b>\r\n" + LENGTH + BODY,
        OK + b": no name\r\n" + LENGTH + BODY,
        OK + b" folded below nothing\r\n" + LENGTH + BODY,
        OK + b"X-Folded: a\r\n  b: c\r\n\td\r\n" + LENGTH + BODY,
        OK + b"Content-Length:\r\n %d\r\n" % len(PLAIN_JPEG) + BODY,
        OK + b"Content-Length \t: %d \r\n" % len(PLAIN_JPEG) + BODY,
        OK + b"X y(\xe4): \x00\x01\xff\xfe\r\n" + LENGTH + BODY,
        OK + b"X-Empty:\r\n" * 150 + LENGTH + BODY,
        OK + b"X-CR: a\rb\r\n" + LENGTH + BODY,
        OK + LENGTH * 2 + BODY,
        OK + OK + LENGTH + BODY,
        OK + b"Content-Length: +%d\r\n" % len(PLAIN_JPEG) + BODY,
        OK + b"".join(b"Set-Cookie: a%d=1; Max-Age\r\n" % n for n in range(300)) + LENGTH + BODY,
        OK + b"Transfer-Encoding: chunked\r\n\r\n  00" + CHUNKS.replace(b";ext", b' ;a="b;c";ext'),
        OK + b"Content-Length: %d, 0%d\r\n" % (len(PLAIN_JPEG), len(PLAIN_JPEG)) + BODY,
        (OK + LENGTH + b"\r\n").replace(b"\r\n", b"\n") + PLAIN_JPEG,
        OK + b"Transfer-Encoding: chunked\r\n\r\n" + CHUNKS,
        OK + b"Transfer-Encoding: identity, Chunked\r\n\r\n" + CHUNKS,
        OK + b"Transfer-Encoding: chunked\r\nContent-Length: 5, 7\r\n\r\n" + CHUNKS,
        OK + b"Transfer-Encoding: identity\r\n" + LENGTH + BODY,
        OK + b"Content-Encoding: aws-chunked\r\n" + LENGTH + BODY,
        OK + b"Content-Encoding: identity, none\r\n" + LENGTH + BODY,
        OK + b"Content-Encoding: br\r\n" + LENGTH + BODY,
        zipped(b"Content-Encoding: GZIP"),
        zipped(b"Content-Encoding: aws-chunked, gzip"),
        zipped(b"Content-Encoding: deflate", zlib.compress(PLAIN_JPEG)),
        zipped(b"Content-Encoding: deflate", zlib.compress(PLAIN_JPEG)[2:-4]),
        OK
        + b"Transfer-Encoding: gzip, chunked\r\n\r\n%x\r\n" % len(ZIPPED)
        + ZIPPED
        + b"\r\n0\r\n\r\n",
        OK + b"Refresh: 5\r\n" + LENGTH + BODY,
        OK + b"Content-Type: text/html\r\n" + LENGTH + BODY,
        b"HTTP/1.1 206 Partial\r\nContent-Range: bytes 0-9/10\r\n" + LENGTH + BODY,
        b"HTTP/1.1 203 Of a Proxy\r\n" + LENGTH + BODY,
        OK + LENGTH + BODY + b"and more than was announced",
    ],
)
def test_what_is_odd_beside_the_picture_costs_neither_it_nor_time(
    server: HostileServer, answer: bytes
) -> None:
    start = time.monotonic()
    fetched = answered(server, answer)
    assert (fetched.status, fetched.reason) == (Status.OK, "")
    assert fetched.content == PLAIN_JPEG
    assert time.monotonic() - start < CONFIG.deadline_s - 1.0


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (b"HTTP/1.1 101 Switching Protocols\r\n\r\n", Status.BAD_ANSWER, "protocol"),
        (EARLY * 40 + OK + LENGTH + BODY, Status.BAD_ANSWER, "interim"),
        (OK + b"Content-Length: 5, 7\r\n\r\n1234567", Status.BAD_ANSWER, "lengths"),
        (OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n12345", Status.BAD_ANSWER, "lengths"),
        (b"HTTP/1.1 304 Same\r\n" + LENGTH + BODY, Status.HTTP_ERROR, "304"),
        (b"HTTP/2 200\r\n" + LENGTH + BODY, Status.BAD_ANSWER, "HTTP/2"),
    ],
)
def test_what_is_no_answer_says_what_it_is_instead(
    server: HostileServer, answer: bytes, status: Status, said: str
) -> None:
    fetched = answered(server, answer)
    assert (fetched.status, fetched.content) == (status, None)
    assert said in fetched.reason


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 204 None\r\n\r\n" + PLAIN_JPEG, ""),
        (zipped(b"Content-Encoding: br", b"\x8b\x03\x80abc"), "content-encoding 'br'"),
        (zipped(b"X: y", b"\xef\xbb\xbf\n<!DOCTYPE html><p>Robot?"), ""),
        (zipped(b"Refresh: 0; url=/a.jpg", b"\xef\xbb\xbf\n<!DOCTYPE html><p>Robot?"), "Refresh"),
        (zipped(b"X: y", b"<html><meta  HTTP-EQUIV='Refresh' content='0;url=/a'>"), "Refresh"),
        (zipped(b"Refresh: 0; url=/a.jpg", b"<html></html>"), "Refresh"),
        (zipped(b"Refresh: 0; url=/a.jpg", b""), "Refresh"),
        (zipped(b"X: y", b"<svg xmlns='http://www.w3.org/2000/svg'/>"), ""),
    ],
)
def test_a_body_that_is_no_picture_comes_with_a_remark(
    server: HostileServer, answer: bytes, said: str
) -> None:
    fetched = answered(server, answer)
    assert (fetched.status, fetched.content == PLAIN_JPEG) == (Status.OK, False)
    assert (said in fetched.reason, bool(fetched.reason)) == (True, bool(said))


def test_a_header_that_ends_in_the_middle_may_be_whole_the_next_time() -> None:
    with hostile_server(always="/header-ends") as server:
        assert fetch(server.url("/"), CONFIG).status == Status.UNREACHABLE


def test_a_connection_with_odd_answers_is_used_again(server: HostileServer) -> None:
    server.answers["/odd"] = EARLY + OK + b"no colon\r\n" + LENGTH * 2 + BODY
    before = server.connections
    with Fetcher(CONFIG) as fetcher:
        contents = {fetcher.fetch(server.url("/odd")).content for _ in range(3)}
    assert (contents, server.connections - before) == ({PLAIN_JPEG}, 1)
