"""One request and its answer on a connection: what is sent, and how much of what comes is taken."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import BadStatusLine, HTTPException, IncompleteRead, RemoteDisconnected

from urllib3 import BaseHTTPResponse
from urllib3.exceptions import DecodeError, HTTPError, InvalidHeader, ProtocolError
from urllib3.exceptions import TimeoutError as Urllib3Timeout

from entity_extract.config import FetchConfig
from entity_extract.fetching.answers.responses import is_plain
from entity_extract.fetching.bounds import Deadline
from entity_extract.fetching.connections import Connection
from entity_extract.fetching.fetched import Refused, Validators
from entity_extract.fetching.links import Link
from entity_extract.fetching.wire import Pulse, TooMuch
from entity_extract.status import Status

_CHUNK = 256 * 1024
_READ_AHEAD = 64 * 1024
_DRAINED = 16 * 1024  # a short body nobody wants is read, so that its connection can be kept
_MOST_TIMES = 200  # content-encoding may unpack to so many times what came; pictures do not pack


class Dead(Exception):
    """A kept connection that its server has closed: nothing of this request was answered."""


def ask(
    link: Link,
    connection: Connection,
    config: FetchConfig,
    *,
    deadline: Deadline,
    pulse: Pulse,
    headers: dict[str, str],
) -> BaseHTTPResponse:
    """The answer to GET `link`, its body unread. Raises Dead, Refused, TimeoutError, OSError."""
    connection.wire.begin(deadline, pulse, config.max_header_bytes, read_ahead=_READ_AHEAD)
    target = str(link) if config.proxy and link.scheme == "http" else link.target
    headers = {"Host": link.netloc, "User-Agent": config.user_agent} | headers
    try:
        with _http_errors():
            connection.http.request("GET", target, headers=headers, preload_content=False)
            return connection.http.getresponse()
    except TooMuch:
        reason = f"more header than fetch.max_header_bytes, {config.max_header_bytes}"
        raise Refused(Status.BAD_ANSWER, reason) from None
    except TimeoutError:
        raise
    except (OSError, Refused) as err:
        if connection.used:
            raise Dead from err
        raise


def conditions(validators: Validators | None) -> dict[str, str]:
    """Headers that make a request conditional, as far as `validators` can be sent."""
    if validators is None:
        return {}
    pairs = {"If-None-Match": validators.etag, "If-Modified-Since": validators.last_modified}
    return {name: value for name, value in pairs.items() if value and is_plain(value)}


def body(
    response: BaseHTTPResponse,
    connection: Connection,
    config: FetchConfig,
    *,
    deadline: Deadline,
    large: threading.Semaphore,
) -> bytes:
    """All bytes after content-encoding. Raises Refused, DecodeError, TimeoutError, OSError.

    A body beyond `_CHUNK` waits for one of the permits of `large`, so that memory is bounded.
    """
    limit = config.max_bytes
    too_large = Refused(
        Status.TOO_LARGE, f"more bytes than fetch.max_bytes, {limit}", response.status
    )
    if (response.length_remaining or 0) > limit:
        raise too_large
    connection.wire.allow(limit + limit // 8 + _CHUNK)  # an eighth for what chunking adds
    packed = "content-encoding" in response.headers
    parts: list[bytes] = []
    size = 0
    with _large_permit(large, deadline) as wait_for_permit, _http_errors():
        try:
            while part := response.read(_CHUNK, decode_content=packed):
                parts.append(part)
                size += len(part)
                if size > limit:
                    raise too_large
                if packed and size > max(_MOST_TIMES * connection.wire.received, 2**20):
                    reason = f"content-encoding unpacks to more than {_MOST_TIMES} times its size"
                    raise Refused(Status.TOO_LARGE, reason, response.status)
                deadline.left()
                if response.length_remaining == 0 and not packed:
                    break
                if size >= _CHUNK:
                    wait_for_permit()
        except TooMuch:
            raise too_large from None
    _keep(response, connection)
    return b"".join(parts)


@contextmanager
def _large_permit(large: threading.Semaphore, deadline: Deadline) -> Iterator["_Permit"]:
    permit = _Permit(large, deadline)
    try:
        yield permit
    finally:
        permit.release()


class _Permit:
    """One of `large`, taken at the first call and held until `release`."""

    def __init__(self, large: threading.Semaphore, deadline: Deadline) -> None:
        self._large = large
        self._deadline = deadline
        self._held = False

    def __call__(self) -> None:
        if not self._held:
            self._held = self._large.acquire(timeout=self._deadline.left())
            if not self._held:
                raise TimeoutError

    def release(self) -> None:
        if self._held:
            self._large.release()


def drain(response: BaseHTTPResponse, connection: Connection) -> None:
    """Reads away a short body that nobody wants, so that its connection can be used again."""
    if response.length_remaining is None or response.length_remaining > _DRAINED:
        return
    connection.wire.allow(_DRAINED)
    try:
        response.read(_DRAINED, decode_content=False)
    except (HTTPError, HTTPException, OSError, TooMuch):
        return
    _keep(response, connection)


def _keep(response: BaseHTTPResponse, connection: Connection) -> None:
    """Called once the body is at its end; http.client drops the socket where the server closes."""
    open_still = connection.http.sock is not None
    connection.reusable = open_still and response.length_remaining in (0, None)


@contextmanager
def _http_errors() -> Iterator[None]:
    """Errors of urllib3 and http.client become TimeoutError, ConnectionError or Refused."""
    try:
        yield
    except Urllib3Timeout:
        raise TimeoutError from None
    except (DecodeError, ConnectionError, RemoteDisconnected):
        raise
    except (ProtocolError, HTTPException) as err:
        cause = err.args[1] if isinstance(err, ProtocolError) and len(err.args) > 1 else err
        if isinstance(cause, OSError | IncompleteRead) and not isinstance(cause, BadStatusLine):
            raise ConnectionError(f"cut off: {cause}") from None
        raise Refused(Status.BAD_ANSWER, f"not HTTP: {type(cause).__name__}: {cause}") from None
    except InvalidHeader as err:
        raise Refused(Status.BAD_ANSWER, f"not HTTP: {err}") from None
    except HTTPError as err:
        raise ConnectionError(f"{type(err).__name__}: {err}") from None
    except ValueError as err:  # http.client takes the length of a chunk as it comes, also below 0
        raise Refused(Status.BAD_ANSWER, f"not HTTP: {err}") from None
