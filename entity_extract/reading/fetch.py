"""A link becomes bytes or a status: one deadline, one byte limit, checked addresses only.

The address that was checked is the one that is connected to: a name cannot be resolved anew in
between (DNS rebinding). Redirects are followed by hand, each with the same checks.
"""

import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException
from urllib.parse import urljoin

from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection
from urllib3.exceptions import DecodeError, HTTPError, LocationParseError
from urllib3.util import Url, parse_url

from entity_extract.config import FetchConfig
from entity_extract.reading.addresses import Permit, Resolve, is_public, resolve_host
from entity_extract.schema import Status

_PORTS = {"http": 80, "https": 443}
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 64 * 1024
_REASON_LETTERS = 200  # a server's own words may be quoted in an error, at any length


@dataclass(frozen=True)
class Fetched:
    """What a link gave: `content` where `status` is OK, else the reason why there is none."""

    image_link: str
    status: Status
    reason: str
    http_status: int | None
    content: bytes | None
    fetch_ms: int


class _Refused(Exception):
    """Ends a fetch: the row's status and reason."""

    def __init__(self, status: Status, reason: str, http_status: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.http_status = http_status


@dataclass(frozen=True)
class _Deadline:
    """A moment on the monotonic clock, in seconds."""

    at: float

    def left(self) -> float:
        """Seconds left, more than 0. Raises TimeoutError where none are."""
        left = self.at - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left


@dataclass(frozen=True)
class _Guard:
    """Resolves a host once, and lets through only what `permit` does."""

    resolve: Resolve
    permit: Permit

    def addresses(self, url: Url) -> Sequence[str]:
        """One address at least, all permitted. Raises _Refused, OSError."""
        host = _host(url)
        try:
            addresses = self.resolve(host, _port(url))
        except UnicodeError as err:  # a label that is empty or longer than 63 letters
            raise _Refused(Status.BAD_LINK, f"{host!r}: {err}") from None
        if not addresses:
            raise _Refused(Status.UNREACHABLE, f"{host!r} has no address")
        for address in addresses:
            if not self.permit(address):
                raise _Refused(Status.BLOCKED, f"{host!r} is at {address}, not a public address")
        return addresses


def fetch(
    link: str,
    config: FetchConfig,
    *,
    resolve: Resolve = resolve_host,
    permit: Permit = is_public,
) -> Fetched:
    """Asks for `link` and follows its redirects. Whatever the link and its server do, this returns.

    Every address that `resolve` gives for a host has to pass `permit`, unless
    `config.allow_private`; one that does not blocks the link. All but the system's name resolution,
    which has time limits of its own, ends at `config.deadline_s`, also where a server sends its
    header or body drop by drop.
    """
    start = time.monotonic()
    deadline = _Deadline(start + config.deadline_s)
    guard = _Guard(resolve, _anywhere if config.allow_private else permit)
    status, reason, http_status, content = Status.OK, "", None, None
    try:
        http_status, content = _follow(link, config, deadline, guard)
    except _Refused as refused:
        status, reason, http_status = refused.status, refused.reason, refused.http_status
    except TimeoutError:
        status = Status.TIMEOUT
    except DecodeError as err:
        status, reason = Status.BROKEN_IMAGE, f"content-encoding: {err}"
    except (OSError, HTTPException, HTTPError) as err:
        status, reason = Status.UNREACHABLE, f"{type(err).__name__}: {err}"
    if status is Status.UNREACHABLE and time.monotonic() >= deadline.at:
        status = Status.TIMEOUT  # a connection that we cut looks like any other loss
    if status is Status.TIMEOUT:
        reason = f"no complete answer in {config.deadline_s:g} s"
    fetch_ms = round((time.monotonic() - start) * 1000)
    return Fetched(link, status, reason[:_REASON_LETTERS], http_status, content, fetch_ms)


def _follow(
    link: str, config: FetchConfig, deadline: _Deadline, guard: _Guard
) -> tuple[int, bytes]:
    if not link.strip():
        raise _Refused(Status.NO_LINK, "the row has no link")
    here = link.strip()
    for _ in range(config.max_redirects + 1):
        url = _parse(here)
        addresses = guard.addresses(url)
        with _asked(url, addresses, config, deadline) as response:
            if response.status not in _REDIRECTS:
                return response.status, _content(response, config, deadline)
            location = response.headers.get("Location")
        if not location:
            raise _Refused(Status.HTTP_ERROR, "a redirect to nowhere", response.status)
        here = urljoin(url.url, location)
    raise _Refused(
        Status.HTTP_ERROR, f"more than {config.max_redirects} redirects", response.status
    )


def _parse(link: str) -> Url:
    """`link` with its host in ASCII and its path percent-encoded."""
    try:
        url = parse_url(link)
    except LocationParseError as err:
        raise _Refused(Status.BAD_LINK, str(err)) from None
    if url.scheme not in _PORTS:
        raise _Refused(Status.BAD_LINK, f"not an http(s) link: {link!r}")
    if not url.host:
        raise _Refused(Status.BAD_LINK, f"no host in {link!r}")
    if url.auth is not None:
        raise _Refused(Status.BAD_LINK, "a link must not hold a user name or password")
    return url


def _anywhere(address: str) -> bool:
    return True


def _host(url: Url) -> str:
    return (url.host or "").strip("[]")  # an IPv6 address stands in brackets in a link


def _port(url: Url) -> int:
    return url.port or _PORTS[url.scheme or "http"]


@contextmanager
def _asked(
    url: Url, addresses: Sequence[str], config: FetchConfig, deadline: _Deadline
) -> Iterator[HTTPResponse]:
    """The answer to GET `url`, its body unread; the connection ends with the block."""
    with ExitStack() as stack:
        sock = stack.enter_context(_connect(url, addresses, deadline))
        stack.enter_context(_cut_at(deadline, sock))
        connection = HTTPConnection(addresses[0], _port(url), timeout=deadline.left())
        connection.sock = sock
        stack.callback(connection.close)
        connection.request(
            "GET",
            url.request_uri,
            headers={
                "Host": url.netloc or "",
                "User-Agent": config.user_agent,
                "Accept": "image/*",
            },
            preload_content=False,
        )
        response = connection.getresponse()
        stack.callback(response.close)
        yield response


def _connect(url: Url, addresses: Sequence[str], deadline: _Deadline) -> socket.socket:
    """A connection to the first address that takes one; TLS is verified for the link's name."""
    for nth, address in enumerate(addresses):
        share = deadline.left() / (len(addresses) - nth)
        try:
            sock = socket.create_connection((address, _port(url)), timeout=share)
            break
        except OSError:
            if nth == len(addresses) - 1:
                raise
    if url.scheme == "http":
        return sock
    with ExitStack() as stack:
        stack.callback(sock.close)
        sock.settimeout(deadline.left())  # bounds the handshake as a whole, not its single reads
        tls = _tls_context().wrap_socket(sock, server_hostname=_host(url))
        stack.pop_all()
    return tls


@lru_cache(maxsize=1)
def _tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()  # once per process: reading the CA file takes a while


@contextmanager
def _cut_at(deadline: _Deadline, sock: socket.socket) -> Iterator[None]:
    """Cuts the connection at the deadline.

    A socket's own timeout starts anew with each byte, so that a server which drips its header or
    body would never meet it.
    """

    def cut() -> None:
        with suppress(OSError):  # it may be closed by now
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not SSLSocket's, which drops TLS state

    timer = threading.Timer(deadline.left(), cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _content(response: HTTPResponse, config: FetchConfig, deadline: _Deadline) -> bytes:
    """The body after content-encoding. Raises _Refused for an error status or too many bytes."""
    code = response.status
    if code == 429 or code >= 500:
        raise _Refused(Status.SERVER_ERROR, f"HTTP {code}", code)
    if not 200 <= code < 300:
        raise _Refused(Status.HTTP_ERROR, f"HTTP {code}", code)
    too_large = _Refused(Status.TOO_LARGE, f"more than {config.max_bytes} bytes", code)
    if (response.length_remaining or 0) > config.max_bytes:
        raise too_large
    content = bytearray()
    while chunk := response.read(_CHUNK, decode_content=True):
        deadline.left()
        content += chunk
        if len(content) > config.max_bytes:
            raise too_large
    deadline.left()  # the end of a body without a length may be our own cut
    return bytes(content)
