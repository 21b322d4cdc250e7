"""Limits in time: a moment at which everything ends, and calls that know no such moment."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

# Of calls under way, also those that nobody waits for any more: on a file server that hangs they do
# not end, and each keeps a thread.
_MOST_CALLS = 1024
_calls = threading.BoundedSemaphore(_MOST_CALLS)


@dataclass(frozen=True)
class Deadline:
    """A moment on the monotonic clock, in seconds."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        return cls(time.monotonic() + seconds)

    def remaining(self) -> float:
        """Seconds until then, below 0 where it has passed."""
        return self.at - time.monotonic()

    def left(self) -> float:
        """Seconds left, more than 0. Raises TimeoutError where none are."""
        left = self.remaining()
        if left <= 0:
            raise TimeoutError
        return left


def within(deadline: Deadline, call: Callable[[], T]) -> T:
    """The result of a call that has no time limit of its own (DNS, S3, files). Raises TimeoutError.

    Such a call cannot be cut off: it goes on in a thread that holds up neither us nor the end of
    the program.
    """
    answer: Future[T] = Future()

    def run() -> None:
        try:
            answer.set_result(call())
        except BaseException as err:  # noqa: BLE001 (raised again in the caller's thread)
            answer.set_exception(err)
        finally:
            _calls.release()

    if not _calls.acquire(timeout=deadline.left()):
        raise TimeoutError
    threading.Thread(target=run, daemon=True, name="within-deadline").start()
    return answer.result(timeout=deadline.left())
