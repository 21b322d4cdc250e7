"""SIGTERM and Ctrl-C become one exception, raised once, so that what cleans up is left in peace;
later, where there is something to finish first."""

import logging
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from types import FrameType
from typing import Final

from entity_extract.errors import Stopped

STOPPING: Final = (signal.SIGTERM, signal.SIGINT)
_PATIENCE_S = 5.0
_IN_HAND_S = 3.0  # of the ten seconds that containers are given
_AT_ONCE_S = 1.0  # a second signal that comes so soon is the first one, told twice

log = logging.getLogger(__name__)


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

        for each in STOPPING:
            signal.signal(each, again)
        before()
        raise Stopped(number)

    with ExitStack() as handlers_before:
        for each in STOPPING:
            handlers_before.callback(signal.signal, each, signal.signal(each, stop))
        try:
            yield
        except Stopped:
            handlers_before.pop_all()  # what ignores further signals stays
            raise


class Stop:
    """Whether this process was told to stop, for whoever has something to finish before it does."""

    def __init__(self) -> None:
        self.number: int | None = None  # of the signal
        self._since_s = 0.0
        self._said = False

    def asked(self) -> bool:
        """Nothing new is to be begun. Who learns of it first has it logged: a handler of signals
        may have come into the midst of a line."""
        if self.number is None:
            return False
        if not self._said:
            self._said = True
            log.warning(
                "told to stop: %g s for what is in hand, then what is done is kept; a second "
                "signal ends it at once",
                _IN_HAND_S,
            )
        return True

    def over(self) -> bool:
        """What is in hand is not waited for any longer."""
        return self.asked() and time.monotonic() - self._since_s > _IN_HAND_S

    def tell(self, number: int) -> bool:
        """That a signal has come; whether it is another one than the first."""
        if self.number is not None:
            return time.monotonic() - self._since_s > _AT_ONCE_S
        self.number, self._since_s = number, time.monotonic()
        return False


NEVER: Final = Stop()  # nobody tells it


@contextmanager
def finishing() -> Iterator[Stop]:
    """In the block the first signal to stop raises nothing: what it gives tells of it, and at the
    end of the block the signal goes to whoever had it before. A further one does at once.

    As `stoppable`, in any other thread than the main one the block runs as it is.
    """
    stop = Stop()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    with ExitStack() as handlers_before:

        def told(number: int, _: FrameType | None) -> None:
            if stop.tell(number):
                handlers_before.close()
                signal.raise_signal(number)

        for each in STOPPING:
            handlers_before.callback(signal.signal, each, signal.signal(each, told))
        yield stop
    if stop.number is not None:
        signal.raise_signal(stop.number)
