"""A server that speaks HTTP wrongly, byte by byte: what no HTTP library would let one send.

    with hostile_server() as server:
        server.url("/endless-header")

Each path of `ATTACKS` is a function that gets the bare socket after the request has been read.
`hostile_server(always=path)` does that whatever it is asked for, as a proxy. `server.answers` maps
further paths to the bytes of an answer; its connection stays open.
"""

import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.server import PLAIN_JPEG

OK = b"HTTP/1.1 200 OK\r\n"
_LENGTH = b"Content-Length: %d\r\n\r\n"
WHOLE = OK + _LENGTH % len(PLAIN_JPEG) + PLAIN_JPEG
_LINGER_S = 15.0  # how long the slow ones go on; longer than any test's deadline
_DRIP_S = 0.05


class HostileServer:
    """Counts connections and requests; every connection has a thread of its own."""

    def __init__(self, tls: ssl.SSLContext | None = None, always: str | None = None) -> None:
        self._tls = tls
        self._always = always
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self._listener.getsockname()[1]
        self.connections = 0
        self.asked: Counter[str] = Counter()
        self.answers: dict[str, bytes] = {}
        self.closing = threading.Event()

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        return f"{'https' if self._tls else 'http'}://{host}:{self.port}{path}"

    def run(self) -> None:
        while not self.closing.is_set():
            with suppress(OSError):
                connection, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._speak, args=(connection,), daemon=True).start()

    def stop(self) -> None:
        self.closing.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def drip(self, connection: socket.socket, drop: bytes) -> None:
        for _ in range(round(_LINGER_S / _DRIP_S)):
            if self.closing.wait(_DRIP_S):
                return
            connection.sendall(drop)

    def _speak(self, connection: socket.socket) -> None:
        with suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
            self._answer(connection)

    def _answer(self, connection: socket.socket) -> None:
        with connection:
            while (path := _request(connection)) is not None:
                self.asked[path] += 1
                answer = self.answers.get(path)
                attack = (
                    _sends(answer, keep=True) if answer else ATTACKS[self._always or _bare(path)]
                )
                if not attack(self, connection):
                    return


@contextmanager
def hostile_server(
    tls: ssl.SSLContext | None = None, *, always: str | None = None
) -> Iterator[HostileServer]:
    server = HostileServer(tls, always)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.stop()
        thread.join()


def _bare(path: str) -> str:
    return path.partition("?")[0]


def _request(connection: socket.socket) -> str | None:
    asked = b""
    while b"\r\n\r\n" not in asked:
        part = connection.recv(65536)
        if not part:
            return None
        asked += part
    return asked.split(b" ", 2)[1].decode()


def _reset(connection: socket.socket) -> bool:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


def _sends(*parts: bytes, keep: bool = False) -> Callable[[HostileServer, socket.socket], bool]:
    def attack(server: HostileServer, connection: socket.socket) -> bool:
        for part in parts:
            connection.sendall(part)
        return keep

    return attack


def _sends_and_resets(part: bytes) -> Callable[[HostileServer, socket.socket], bool]:
    def attack(server: HostileServer, connection: socket.socket) -> bool:
        connection.sendall(part)
        server.closing.wait(0.1)  # what was sent is not to be lost with the reset
        return _reset(connection)

    return attack


def _drips(head: bytes, drop: bytes) -> Callable[[HostileServer, socket.socket], bool]:
    def attack(server: HostileServer, connection: socket.socket) -> bool:
        connection.sendall(head)
        server.drip(connection, drop)
        return False

    return attack


def _floods(head: bytes, part: bytes) -> Callable[[HostileServer, socket.socket], bool]:
    """Sends `part` until the other side has had enough, or 64 MiB."""

    def attack(server: HostileServer, connection: socket.socket) -> bool:
        connection.sendall(head)
        for _ in range(64 * 2**20 // len(part)):
            if server.closing.is_set():
                break
            connection.sendall(part)
        return False

    return attack


def _closes_when_idle(server: HostileServer, connection: socket.socket) -> bool:
    """A good answer that promises to keep the connection, and closes it soon after."""
    connection.sendall(WHOLE)
    return False


def _answers_later(server: HostileServer, connection: socket.socket) -> bool:
    """A good answer, and when that has been read another that nobody has asked for."""
    connection.sendall(WHOLE)
    server.closing.wait(0.05)
    connection.sendall(OK + _LENGTH % 4 + b"evil")
    return True


def _dies_when_asked_again(server: HostileServer, connection: socket.socket) -> bool:
    """The first request of each connection is answered; the second one finds it closing."""
    connection.sendall(WHOLE)
    _request(connection)
    return _reset(connection)


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
_FILLER = b"X-Filler: " + b"a" * 1000 + b"\r\n"

ATTACKS: dict[str, Callable[[HostileServer, socket.socket], bool]] = {
    "/good": _sends(WHOLE, keep=True),
    # before the header
    "/closes": _sends(),
    "/resets": _sends_and_resets(b""),
    "/garbage": _sends(b"\x00\xff\x13 not HTTP at all\r\n\r\n"),
    "/slashes": _sends(b"/" * 60_000 + b"\r\n\r\n"),
    "/http-9": _sends(b"HTTP/9.9 200 OK\r\n\r\n"),
    "/status-x": _sends(b"HTTP/1.1 abc OK\r\n\r\n"),
    "/endless-status": _floods(b"HTTP/1.1 200 ", b"O" * 4096),
    # in the header
    "/header-resets": _sends_and_resets(OK + b"Content-Type: image/jp"),
    "/header-ends": _sends(OK + b"Content-Type: image/jp"),
    "/header-drips": _drips(OK + b"X-Long: ", b"."),
    "/many-headers": _floods(OK, b"X: y\r\n" * 1000),
    "/endless-header": _floods(OK + b"X-Long: ", b"a" * 4096),
    "/large-header": _sends(OK + _FILLER * 90 + _LENGTH % 0),
    "/endless-continue": _floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100),
    "/lengths-differ": _sends(OK + b"Content-Length: 5\r\nContent-Length: 7\r\n\r\n12345"),
    # in the body
    "/body-resets": _sends_and_resets(OK + _LENGTH % len(PLAIN_JPEG) + PLAIN_JPEG[:300]),
    "/body-ends": _sends(OK + _LENGTH % len(PLAIN_JPEG) + PLAIN_JPEG[:300]),
    "/body-drips": _drips(OK + _LENGTH % 100_000, b"."),
    "/body-without-end": _floods(OK + b"Connection: close\r\n\r\n", bytes(65536)),
    "/length-huge": _sends(OK + _LENGTH % 10**12),
    "/length-negative": _sends(OK + _LENGTH % -5 + PLAIN_JPEG),
    "/length-short": _sends(OK + _LENGTH % 10 + PLAIN_JPEG, keep=True),
    "/chunks-good": _sends(CHUNKED + b"3\r\nabc\r\n0\r\n\r\n", keep=True),
    "/chunk-no-number": _sends(CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n"),
    "/chunk-negative": _sends(CHUNKED + b"-3\r\nabc\r\n0\r\n\r\n"),
    "/chunk-to-the-end": _floods(CHUNKED + b"-1\r\n", bytes(65536)),
    "/chunk-cut": _sends(CHUNKED + b"ff\r\nabc"),
    "/chunk-line-endless": _floods(CHUNKED, b"0" * 4096),
    "/chunks-tiny": _floods(CHUNKED, b"1\r\na\r\n" * 1000),
    "/chunks-endless": _floods(CHUNKED, b"10000\r\n" + bytes(65536) + b"\r\n"),
    "/trailers-endless": _floods(CHUNKED + b"0\r\n", b"X: y\r\n" * 1000),
    # between answers on one connection
    "/closes-when-idle": _closes_when_idle,
    "/dies-when-asked-again": _dies_when_asked_again,
    "/answers-twice": _sends(WHOLE + OK + _LENGTH % 4 + b"evil", keep=True),
    "/answers-later": _answers_later,
}
