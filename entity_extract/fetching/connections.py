"""Connections to checked addresses, kept alive between requests to one host.

urllib3 speaks HTTP and TLS; which address a connection leads to, and whether it is used again, is
decided here. A connection is used again only where its last answer was read to its end and nothing
unasked has come since, for less than `_IDLE_S`.
"""

import socket
import ssl
import threading
import time
from collections import OrderedDict
from contextlib import ExitStack
from dataclasses import dataclass
from functools import lru_cache
from http.client import HTTPException, HTTPResponse

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import parse_url

from entity_extract.config import FetchConfig
from entity_extract.fetching.addresses import Names
from entity_extract.fetching.answers.head import PlainHeadResponse
from entity_extract.fetching.bounds import Deadline
from entity_extract.fetching.links import Link
from entity_extract.fetching.wire import Pulse, TooMuch, Wire

_IDLE_S = 20.0  # many servers close after 5 to 75 s; one that has closed is noticed
_MOST_IDLE = 256  # over all hosts; the longest idle goes first

Key = tuple[str, str, int]


@dataclass
class Connection:
    """`http` speaks to `link`'s host over `wire`. `used` counts the requests answered on it.

    `reusable` is set where an answer was read to its end and the server keeps the line open.
    """

    key: Key
    http: HTTPConnection
    wire: Wire
    used: int = 0
    reusable: bool = False
    idle_since: float = 0.0

    def close(self) -> None:
        self.http.close()
        self.wire.sock.close()  # also where an answer was left half read


class Connections:
    """Gives a connection for a link, and takes it back. Safe for threads."""

    def __init__(self, config: FetchConfig, names: Names) -> None:
        self._config = config
        self._names = names
        self._idle: OrderedDict[int, Connection] = OrderedDict()  # the longest idle first
        self._busy: dict[int, Connection] = {}
        self._lock = threading.Lock()
        self._closed = False

    def take(
        self, link: Link, deadline: Deadline, pulse: Pulse, *, fresh: bool = False
    ) -> Connection:
        """An idle connection to the link's host, or a new one. Raises Refused, OSError."""
        connection = None if fresh else self._idle_one(_key(link))
        if connection is None:
            connection = self._connected(link, deadline, pulse)
        connection.reusable = False
        with self._lock:
            self._busy[id(connection)] = connection
        return connection

    def give_back(self, connection: Connection) -> None:
        """Keeps `connection` where it is reusable, and closes it otherwise."""
        unwanted: Connection | None = connection
        with self._lock:
            self._busy.pop(id(connection), None)
            if connection.reusable and not self._closed:
                connection.used += 1
                connection.idle_since = time.monotonic()
                self._idle[id(connection)] = connection
                too_many = len(self._idle) > _MOST_IDLE
                unwanted = self._idle.popitem(last=False)[1] if too_many else None
        if unwanted is not None:
            unwanted.close()

    def close(self) -> None:
        """Ends all of them, also under the threads that still read."""
        with self._lock:
            self._closed = True
            idle, busy = list(self._idle.values()), list(self._busy.values())
            self._idle.clear()
        for connection in idle:
            connection.close()
        for connection in busy:
            connection.wire.cut()

    def _idle_one(self, key: Key) -> Connection | None:
        while True:
            with self._lock:
                nth = next((n for n, c in reversed(self._idle.items()) if c.key == key), None)
                if nth is None:
                    return None
                connection = self._idle.pop(nth)
            young = time.monotonic() - connection.idle_since < _IDLE_S
            if young and connection.wire.is_silent():
                return connection
            connection.close()

    def _connected(self, link: Link, deadline: Deadline, pulse: Pulse) -> Connection:
        with ExitStack() as stack:
            sock = self._dialled(link, deadline)
            stack.callback(sock.close)
            http = self._spoken(link, sock, deadline, pulse)
            sock.settimeout(deadline.left())  # bounds the handshake as a whole
            http.connect()
            stack.pop_all()
        wire = Wire(http.sock, deadline, pulse)
        http.sock = wire
        return Connection(_key(link), http, wire)

    def _dialled(self, link: Link, deadline: Deadline) -> socket.socket:
        """A socket that is connected to the first address which takes it."""
        host, port = link.host, link.port
        if self._config.proxy:
            self._check_address(link)
            proxy = parse_url(self._config.proxy)
            return socket.create_connection(
                ((proxy.host or "").strip("[]"), proxy.port or 80), timeout=deadline.left()
            )
        if link.is_address:
            self._check_address(link)
            return socket.create_connection((host, port), timeout=deadline.left())
        addresses = self._names.addresses(host, port, deadline)
        for nth, address in enumerate(addresses):
            share = deadline.left() / (len(addresses) - nth)
            try:
                return socket.create_connection((address, port), timeout=share)
            except OSError:
                if nth == len(addresses) - 1:
                    self._names.forget(host, port)
                    raise
        raise OSError(f"{host!r} has no address")

    def _check_address(self, link: Link) -> None:
        if link.is_address:
            self._names.check(link.host, [link.host])

    def _spoken(
        self, link: Link, sock: socket.socket, deadline: Deadline, pulse: Pulse
    ) -> HTTPConnection:
        through = parse_url(self._config.proxy) if self._config.proxy else None
        host = (through.host if through else None) or link.host
        port = (through.port if through else None) or link.port
        if link.scheme == "http":
            return _Plain(sock, host, port, proxy=through)
        secure = _Secure(sock, host, port, ssl_context=_tls_context(), proxy=through)
        if through is not None:
            secure.bounds = (deadline, pulse, self._config.max_header_bytes)
            secure.set_tunnel(link.host, link.port)
        return secure


class _Dialled:
    """Puts a socket that is connected already in the place of one that urllib3 would connect, and
    our reading of headers in the place of http.client's.
    """

    dialled: socket.socket
    response_class: type[HTTPResponse] = PlainHeadResponse

    def _new_conn(self) -> socket.socket:
        return self.dialled


class _Plain(_Dialled, HTTPConnection):
    def __init__(self, sock: socket.socket, host: str, port: int, **options: object) -> None:
        super().__init__(host, port, **options)  # type: ignore[arg-type]
        self.dialled = sock


class _Secure(_Dialled, HTTPSConnection):
    bounds: tuple[Deadline, Pulse, int]  # of what a proxy answers to CONNECT

    def __init__(self, sock: socket.socket, host: str, port: int, **options: object) -> None:
        super().__init__(host, port, **options)  # type: ignore[arg-type]
        self.dialled = sock

    def _tunnel(self) -> None:
        """Raises OSError: a proxy that does not speak HTTP is no fault of the link."""
        deadline, pulse, allowed = self.bounds
        wire = Wire(self.dialled, deadline, pulse)
        wire.begin(deadline, pulse, allowed)
        self.sock = wire
        try:
            super()._tunnel()
        except (HTTPException, TooMuch, ValueError) as err:
            raise ConnectionError(f"the proxy's answer: {type(err).__name__}: {err}") from None
        self.dialled.settimeout(deadline.left())


@lru_cache(maxsize=1)
def _tls_context() -> ssl.SSLContext:
    context = ssl.create_default_context()  # once per process: reading the CA file takes a while
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _key(link: Link) -> Key:
    return (link.scheme, link.host, link.port)
