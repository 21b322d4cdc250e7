"""The process that reads pictures for a worker.

    python -m entity_extract.reading.isolation.child FD FOLDER

FD is its end of a socket, FOLDER holds its temporary files. It is started, watched and ended by
`process.ReadingProcess`, and ends itself, with all that it has started, as soon as the other end is
closed: its worker is gone then.
"""

import contextlib
import faulthandler
import os
import resource
import shutil
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from entity_extract.reading.engine import OcrUnavailable
from entity_extract.reading.isolation.messages import (
    Frame,
    Reply,
    Settings,
    incoming_requests,
    reply_frame,
)

_IDLE_S = 120.0  # without a picture, after which the memory is given back
_LATE_S = 15.0  # after the worker should have ended this process
_CHUNK = 2**20
_OOM_FIRST = "1000"  # of -1000 to 1000: whom the kernel ends first when memory is short


def main() -> None:
    channel, folder = int(sys.argv[1]), sys.argv[2]
    _prepare()
    requests: SimpleQueue[Frame] = SimpleQueue()
    Thread(target=_listen, args=(channel, folder, requests), daemon=True).start()
    settings = Settings.model_validate_json(requests.get().header)
    try:
        _serve(channel, requests, settings)
    except OcrUnavailable as err:
        _send(channel, Reply(0, {}, unavailable=str(err)))


def _prepare() -> None:
    faulthandler.enable()  # a native crash leaves Python's stack on stderr
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    most = hard if hard == 0 else 1  # byte: no core is dumped, nor piped to a program as 0 would be
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
    with contextlib.suppress(OSError):  # no such file outside Linux
        Path("/proc/self/oom_score_adj").write_text(_OOM_FIRST)


def _listen(channel: int, folder: str, requests: SimpleQueue[Frame]) -> None:
    """Takes requests in, also while a picture is being read, so that the end is seen at once."""
    incoming = incoming_requests()
    try:
        while chunk := os.read(channel, _CHUNK):
            incoming.feed(chunk)
            while (frame := incoming.frame()) is not None:
                requests.put(frame)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.killpg(os.getpid(), signal.SIGKILL)  # it leads its group: see ReadingProcess


def _serve(channel: int, requests: SimpleQueue[Frame], settings: Settings) -> None:
    """Answers one picture after the other. Raises OcrUnavailable."""
    with _without_pandas():
        # Heavy, and after _prepare.
        from entity_extract.reading.picture_row import PictureReader
        from entity_extract.reading.reader_version import check_reader

    check_reader(settings.ocr, settings.image, settings.domain, settings.reader_version)
    reader = PictureReader(settings.image, settings.ocr, settings.domain)
    _send(channel, Reply(0, {}))
    with contextlib.suppress(Empty):
        while True:
            request = requests.get(timeout=_IDLE_S)
            # Native code that keeps Python's lock also keeps _listen from seeing the worker's end.
            faulthandler.dump_traceback_later(settings.limit_s + _LATE_S, exit=True)
            row = reader.row(request.content)
            faulthandler.cancel_dump_traceback_later()
            _send(channel, Reply(int(request.header), row))


@contextlib.contextmanager
def _without_pandas() -> Iterator[None]:
    """pytesseract imports pandas where there is one: a fifth of a second and 70 MiB for nothing.

    An engine from outside, imported later, may want it.
    """
    sys.modules["pandas"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["pandas"]


def _send(channel: int, reply: Reply) -> None:
    # As a number: the channel must stay open until the kernel closes it after the last breath,
    # so that whoever sees it closed may ask for the exit status.
    left = memoryview(reply_frame(reply))
    while left:
        left = left[os.write(channel, left) :]


if __name__ == "__main__":
    main()
