"""Work that waits for processes of its own, some of it at a time."""

from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue
from threading import Event, Thread
from typing import NoReturn, TypeVar

from entity_extract.config.signals import NEVER, Stop

_LOOK_S = 0.1  # how often who waits looks whether it is told to stop

_Asked = TypeVar("_Asked")
_Done = TypeVar("_Done")


def side_by_side(
    asked: Iterator[_Asked | None],
    work: Callable[[_Asked], _Done],
    threads: int,
    *,
    stop: Stop = NEVER,
) -> Iterator[_Done | None]:
    """What `work` makes of each, in order of completion, with so many in work at once and as many
    more at hand. The caller's thread alone draws from `asked`. Raises what `work` raises. What is
    in work when `stop` is over is not waited for. None is asked, and given, where nothing has come
    for a moment.

    Threads that are left in work when nobody takes their results any more hold up no exit.
    """
    to_do: SimpleQueue[_Asked | None] = SimpleQueue()
    done: SimpleQueue[Callable[[], _Done]] = SimpleQueue()
    closing = Event()

    def run() -> None:
        while (one := to_do.get()) is not None and not closing.is_set():
            done.put(_outcome(work, one))

    for number in range(threads):
        Thread(target=run, daemon=True, name=f"reading-{number}").start()
    out, more = 0, True
    try:
        while (more or out) and not (done.empty() and stop.over()):
            wait_s = _LOOK_S
            if more and out < 2 * threads:
                try:
                    one = next(asked)
                except StopIteration:
                    more = False
                    continue
                if one is not None:
                    to_do.put(one)
                    out += 1
                wait_s = 0.0
            found = _next(done, wait_s)
            while found is not None:
                out -= 1
                yield found()
                found = _next(done, 0.0)
            yield None
    finally:
        closing.set()
        for _ in range(threads):
            to_do.put(None)


def _next(done: SimpleQueue[_Done], wait_s: float) -> _Done | None:
    try:
        return done.get(timeout=wait_s) if wait_s else done.get_nowait()
    except Empty:
        return None


def _outcome(work: Callable[[_Asked], _Done], one: _Asked) -> Callable[[], _Done]:
    """Gives what `work` has given, or raises what it has raised."""
    try:
        found = work(one)
    except BaseException as err:  # noqa: BLE001 (raised again in the caller's thread)
        return lambda err=err: _raised(err)  # type: ignore[misc]
    return lambda: found


def _raised(err: BaseException) -> NoReturn:
    raise err
