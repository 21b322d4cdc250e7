"""SIGTERM and Ctrl-C become one exception, raised once, so that what cleans up is left in peace."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType

from entity_extract.errors import Stopped

_STOPPING = (signal.SIGTERM, signal.SIGINT)
_PATIENCE_S = 5.0


@contextmanager
def stoppable(before: Callable[[], None] = lambda: None) -> Iterator[None]:
    """In the block the first signal to stop calls `before`, then raises Stopped.

    Others are ignored for some seconds: a terminal, systemd and `timeout` signal all processes of a
    job, and these tell each other. A later one ends the process at once. Python gives signals to
    the main thread alone: in any other the block runs as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(number: int, _: FrameType | None) -> None:
        first = time.monotonic()

        def again(number: int, _: FrameType | None) -> None:
            if time.monotonic() - first > _PATIENCE_S:
                signal.signal(number, signal.SIG_DFL)
                os.kill(os.getpid(), number)

        for each in _STOPPING:
            signal.signal(each, again)
        before()
        raise Stopped(number)

    with ExitStack() as handlers_before:
        for each in _STOPPING:
            handlers_before.callback(signal.signal, each, signal.signal(each, stop))
        try:
            yield
        except Stopped:
            handlers_before.pop_all()  # what ignores further signals stays
            raise
