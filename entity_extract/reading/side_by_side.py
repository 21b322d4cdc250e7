"""Work that waits for processes of its own, some of it at a time."""

from collections.abc import Callable, Iterator
from queue import SimpleQueue
from threading import Event, Thread
from typing import NoReturn, TypeVar

_Asked = TypeVar("_Asked")
_Done = TypeVar("_Done")


def side_by_side(
    asked: Iterator[_Asked], work: Callable[[_Asked], _Done], threads: int
) -> Iterator[_Done]:
    """What `work` makes of each, in order of completion, with so many in work at once and as many
    more at hand. The caller's thread alone draws from `asked`. Raises what `work` raises.

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
    out = 0
    try:
        for one in asked:
            to_do.put(one)
            out += 1
            while out >= 2 * threads or not done.empty():
                yield done.get()()
                out -= 1
        while out:
            yield done.get()()
            out -= 1
    finally:
        closing.set()
        for _ in range(threads):
            to_do.put(None)


def _outcome(work: Callable[[_Asked], _Done], one: _Asked) -> Callable[[], _Done]:
    """Gives what `work` has given, or raises what it has raised."""
    try:
        found = work(one)
    except BaseException as err:  # noqa: BLE001 (raised again in the caller's thread)
        return lambda err=err: _raised(err)  # type: ignore[misc]
    return lambda: found


def _raised(err: BaseException) -> NoReturn:
    raise err
