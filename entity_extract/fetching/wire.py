"""A socket that keeps to one deadline and one allowance of bytes, however they arrive.

A socket's own timeout starts anew with each byte, so that a server which drips its header or body
never meets it. Here every single read gets what is left until the deadline: no timer, no thread
that watches. Bytes are counted as they come off the wire, before any decoding.
"""

import io
import socket
import ssl
import time
from contextlib import suppress

from entity_extract.fetching.bounds import Deadline

_BUFFER = 32 * 1024


class TooMuch(Exception):
    """More bytes came than were allowed."""


class Pulse:
    """When something was last heard for a link, on the monotonic clock."""

    def __init__(self) -> None:
        self.heard_at = time.monotonic()

    def beat(self) -> None:
        self.heard_at = time.monotonic()


class Wire:
    """What http.client asks of a socket, for one request after another on one connection."""

    def __init__(self, sock: socket.socket, deadline: Deadline, pulse: Pulse) -> None:
        self.sock = sock
        self.received = 0  # bytes since `begin`
        self._deadline = deadline
        self._pulse = pulse
        self.head_limit = 0  # bytes that a header may have
        self._allowed = 0
        self._streams = 0  # open readers: the socket outlives its close() until they are done
        self._closed = False

    def begin(
        self, deadline: Deadline, pulse: Pulse, head_limit: int, *, read_ahead: int = 0
    ) -> None:
        """A new request: reads end at `deadline`, and raise TooMuch beyond header and `read_ahead`,
        what may lie in buffers while the header is still being read.
        """
        self._deadline, self._pulse = deadline, pulse
        self.head_limit, self._allowed = head_limit, head_limit + read_ahead
        self.received = 0

    def allow(self, more: int) -> None:
        self._allowed += more

    def receive_into(self, buffer: memoryview) -> int:
        """Raises TimeoutError, TooMuch, OSError."""
        self.sock.settimeout(self._deadline.left())
        count = self.sock.recv_into(buffer)
        self.received += count
        self._pulse.beat()
        if self.received > self._allowed:
            raise TooMuch
        return count

    def makefile(self, mode: str, buffering: int | None = None) -> io.BufferedReader:
        self._streams += 1
        return io.BufferedReader(_Stream(self), _BUFFER)

    def sendall(self, data: bytes) -> None:
        self.sock.settimeout(self._deadline.left())
        self.sock.sendall(data)

    def settimeout(self, seconds: object) -> None:
        """http.client's own timeout is that of a single read: the deadline stands in its place."""

    def is_silent(self) -> bool:
        """True where nothing waits to be read: no end of the connection, no stray bytes."""
        self.sock.settimeout(0)
        try:
            self.sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):  # TLS: its own records are read by then
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        self._closed = True
        self._end()

    def cut(self) -> None:
        """Ends the connection under whoever reads it, from any thread."""
        with suppress(OSError):  # it may be closed by now
            socket.socket.shutdown(self.sock, socket.SHUT_RDWR)  # not SSLSocket's: it drops state

    def stream_closed(self) -> None:
        self._streams -= 1
        self._end()

    def _end(self) -> None:
        if self._closed and self._streams <= 0:
            self.sock.close()


class _Stream(io.RawIOBase):
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self._wire.receive_into(buffer)

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._wire.stream_closed()
