"""Fetches ahead of whoever consumes: many links at once, a few per host, within bounds.

Only the consumer's thread decides what is fetched next, so nothing here needs a lock.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from entity_extract.config import FetchConfig
from entity_extract.reading.fetch import Fetched

_LOOK_AHEAD = 4  # links held per thread, so that a slow host does not hide the quick ones behind it


@dataclass(frozen=True)
class Asked:
    """A link of the catalog, and how often earlier runs have asked for it."""

    image_link: str | None
    attempts: int


@dataclass
class _Window:
    """Links taken but not yet given out: waiting, then being fetched, then fetched."""

    waiting: deque[Asked] = field(default_factory=deque)
    running: dict[Future[Fetched], Asked] = field(default_factory=dict)

    def fetched_bytes(self) -> int:
        done = (future.result() for future in self.running if future.done())
        return sum(len(fetched.content or b"") for fetched in done)

    def next_up(self, per_host: int) -> Asked | None:
        """Takes out the first waiting link whose host has room."""
        busy = Counter(host_of(a.image_link) for f, a in self.running.items() if not f.done())
        for asked in self.waiting:
            if busy[host_of(asked.image_link)] < per_host:
                self.waiting.remove(asked)
                return asked
        return None


def fetch_ahead(
    links: Iterator[Asked], fetch: Callable[[str], Fetched], config: FetchConfig
) -> Iterator[tuple[Asked, Fetched]]:
    """Every link with what it gave, in order of completion.

    At most `config.threads` links are being fetched or wait for the consumer, `config.per_host` of
    them being fetched from one host. No fetch starts while `config.ahead_bytes` are waiting, so the
    memory held is at most that and `config.threads` times `config.max_bytes`.
    """
    window = _Window()
    pool = ThreadPoolExecutor(config.threads, thread_name_prefix="fetch")
    try:
        while _fill(window, links, config) or window.running:
            _start(window, pool, fetch, config)
            done, _ = wait(window.running, return_when=FIRST_COMPLETED)
            future = done.pop()
            yield window.running.pop(future), future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def host_of(link: str | None) -> str:
    """The host that `link` names, "" where it names none."""
    try:
        return urlsplit(link or "").hostname or ""
    except ValueError:
        return ""


def _fill(window: _Window, links: Iterator[Asked], config: FetchConfig) -> bool:
    """Takes links in until enough wait. False where none are left."""
    while len(window.waiting) < config.threads * _LOOK_AHEAD:
        asked = next(links, None)
        if asked is None:
            break
        window.waiting.append(asked)
    return bool(window.waiting)


def _start(
    window: _Window, pool: ThreadPoolExecutor, fetch: Callable[[str], Fetched], config: FetchConfig
) -> None:
    while len(window.running) < config.threads and window.fetched_bytes() < config.ahead_bytes:
        asked = window.next_up(config.per_host)
        if asked is None:
            return
        window.running[pool.submit(fetch, asked.image_link or "")] = asked
