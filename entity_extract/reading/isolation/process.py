"""One reading process, as its worker sees it: started, asked, watched and ended."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from typing import NoReturn

from entity_extract.reading.engine import OcrUnavailable
from entity_extract.reading.isolation.memory import resident_mib
from entity_extract.reading.isolation.messages import (
    BadMessage,
    Reply,
    Settings,
    frame_of,
    incoming_replies,
    reply_of,
)

_START_S = 120.0  # importing takes half a second, on a machine with nothing else to do
_LOOK_S = 0.05  # between looks at its memory, while it reads
_CHUNK = 2**18
_LAST_WORDS = 4096  # bytes of what it prints that are kept
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}  # each core has its own process


class ProcessLost(Exception):
    """It died, was killed for its memory or talked nonsense; `last_words` it has printed."""

    def __init__(self, cause: str, last_words: str) -> None:
        super().__init__(cause)
        self.last_words = last_words


class ProcessOverran(Exception):
    """It did not reply in time, and was killed."""


class ReadingProcess:
    """A running child. Once a method has raised it is dead, and nothing of it is left."""

    def __init__(self, settings: Settings, max_mib: float) -> None:
        """Raises OcrUnavailable, ProcessLost, ProcessOverran."""
        self.pictures = 0
        self._limit_s, self._max_mib = settings.limit_s, max_mib
        self._folder = tempfile.TemporaryDirectory(
            prefix="entity-extract-", ignore_cleanup_errors=True
        )
        self._channel, theirs = socket.socketpair()
        with theirs:
            self._process = _start(theirs.fileno(), self._folder.name)
        assert self._process.stdout is not None  # noqa: S101  # a pipe: see _start
        self._output = self._process.stdout
        os.set_blocking(self._output.fileno(), False)
        self._last_words = b""
        self._incoming = incoming_replies()
        self._events = selectors.DefaultSelector()
        self._events.register(self._channel, selectors.EVENT_READ)
        self._events.register(self._output, selectors.EVENT_READ)
        self._exchange(0, settings.model_dump_json().encode(), b"", _START_S)

    @property
    def mib(self) -> float:
        """What it and its programs hold in memory."""
        return resident_mib(self._process.pid)

    def is_waiting(self) -> bool:
        """Whether it is there, and silent, as it should be between pictures."""
        if self._process.returncode is not None:
            return False
        ready = [key.fileobj for key, _ in self._events.select(0)]
        return self._channel not in ready

    def row(self, content: bytes) -> dict[str, object]:
        """The picture's columns. Raises OcrUnavailable, ProcessLost, ProcessOverran."""
        self.pictures += 1
        return self._exchange(self.pictures, str(self.pictures).encode(), content, self._limit_s)

    def close(self) -> None:
        """Kills it and whatever it has started."""
        if self._process.returncode is not None:
            return
        # Before it is waited for: until then nobody else can be given its number.
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._drain()
        self._events.close()
        self._channel.close()
        self._output.close()
        self._folder.cleanup()

    def _exchange(
        self, number: int, header: bytes, content: bytes, limit_s: float
    ) -> dict[str, object]:
        end = time.monotonic() + limit_s
        try:
            self._channel.settimeout(limit_s)
            self._channel.sendall(frame_of(header, content))
            reply = self._reply(end)
            if reply.unavailable is not None:
                raise OcrUnavailable(reply.unavailable)
            if reply.number != number:
                raise BadMessage(f"a reply to picture {reply.number} in place of {number}")
        except TimeoutError:
            self.close()
            raise ProcessOverran(f"no reply within {limit_s:g} s") from None
        except BadMessage as err:
            self._lose(str(err))
        except OSError:  # the channel is closed: it died
            self._lose(None)
        except BaseException:
            self.close()  # or this would be its reply to the next question
            raise
        return reply.row

    def _reply(self, end: float) -> Reply:
        while (frame := self._incoming.frame()) is None:
            for key, _ in self._events.select(_LOOK_S):
                if key.fileobj is self._channel:
                    self._incoming.feed(self._received())
                else:
                    self._drain()
            if time.monotonic() >= end:
                raise TimeoutError
            if (mib := self.mib) > self._max_mib:
                self._lose(f"{mib:.0f} MiB of memory, more than {self._max_mib:g}")
        return reply_of(frame)

    def _received(self) -> bytes:
        chunk = self._channel.recv(_CHUNK)
        if not chunk:
            raise ConnectionError
        return chunk

    def _drain(self) -> None:
        """Keeps the end of what it has printed; a full pipe would hold it up.

        One look at a time: it may print faster than anybody can read.
        """
        with contextlib.suppress(BlockingIOError, KeyError):
            chunk = os.read(self._output.fileno(), _CHUNK)
            self._last_words = (self._last_words + chunk)[-_LAST_WORDS:]
            if not chunk:
                self._events.unregister(self._output)

    def _lose(self, cause: str | None) -> NoReturn:
        self.close()
        last_words = self._last_words.decode("utf-8", "replace").strip()
        if cause is None:
            cause = _ending(self._process.returncode, last_words)
        raise ProcessLost(cause, last_words) from None


def _start(channel: int, folder: str) -> subprocess.Popen[bytes]:
    """The child, leader of a group of its own; what native code prints goes to stderr."""
    # The package may stand in a zip that Spark has put on this process's path alone.
    path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    return subprocess.Popen(  # noqa: S603
        [
            sys.executable,
            "-P",
            "-m",
            "entity_extract.reading.isolation.child",
            str(channel),
            folder,
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=os.environ | _ONE_THREAD | {"PYTHONPATH": path, "TMPDIR": folder},
        pass_fds=[channel],
        start_new_session=True,
    )


def _ending(status: int, last_words: str) -> str:
    if status < 0:
        names = {each.value: each.name for each in signal.Signals}  # not all signals have one
        return names.get(-status, f"signal {-status}")
    last = last_words.splitlines()[-1:]  # of a traceback: what was raised
    return ": ".join([f"exit status {status}", *(line[:200] for line in last)])
