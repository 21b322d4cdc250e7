"""How much memory a process holds, with those that it has started, as Linux tells it."""

import contextlib
import os
from pathlib import Path

_MIB = 2**20


def resident_mib(pid: int) -> float:
    """MiB in memory of `pid` and its descendants, shared pages once each; 0 where unknown."""
    pages = sum(_resident_pages(member) for member in _family(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB


def _resident_pages(pid: int) -> int:
    with contextlib.suppress(OSError, IndexError):  # it has just ended, or this is not Linux
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return 0


def _family(pid: int) -> list[int]:
    """`pid`, its children, theirs, and so on. A process is the child of one thread of another."""
    family = [pid]
    for member in family:  # grows meanwhile
        with contextlib.suppress(OSError):
            for thread in os.listdir(f"/proc/{member}/task"):
                children = Path(f"/proc/{member}/task/{thread}/children").read_text()
                family += map(int, children.split())
    return family
