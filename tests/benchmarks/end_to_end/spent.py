"""Runs a command and says what it took: wall seconds, and CPU seconds of all that it started.

    python -m tests.benchmarks.end_to_end.spent LIMIT_S COMMAND ...

prints JSON as its last line. This process adopts whatever the command leaves behind (Ray's
daemons, Spark's JVM) and waits for it, so that the kernel's own count of children holds all. Who
ignores the end of its children (Ray's raylet does) has the kernel forget what they spent: these
are counted by what /proc last said of them.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

_BECOME_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_EVERY_S = 0.2
_LEAVE_S = 20.0  # for what the command leaves behind to end
_TICK = os.sysconf("SC_CLK_TCK")
_SIGCHLD_BIT = 1 << (signal.SIGCHLD - 1)


class Seen(NamedTuple):
    """What /proc says of a process; `cpu_s` with its own children that it has waited for."""

    parent: int
    cpu_s: float
    rss_mib: float
    kind: str
    forgets: bool  # its children: it ignores SIGCHLD


class Watch(threading.Thread):
    """All that descends from this process, as it was last seen."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._ended = threading.Event()
        self._seen: dict[int, Seen] = {}
        self.peak_mib: dict[str, float] = {}

    def run(self) -> None:
        while not self._ended.wait(_EVERY_S):
            for pid, seen in descendants(os.getpid()).items():
                self._seen[pid] = seen
                self.peak_mib[seen.kind] = max(self.peak_mib.get(seen.kind, 0.0), seen.rss_mib)

    def forgotten_s(self) -> float:
        """CPU of processes whose parent did not want to know."""
        self._ended.set()
        self.join()
        parents = {pid for pid, seen in self._seen.items() if seen.forgets}
        return sum(seen.cpu_s for seen in self._seen.values() if seen.parent in parents)


def descendants(root: int) -> dict[int, Seen]:
    every = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError, IndexError, ValueError):
            every[int(folder.name)] = _seen(folder)
    found: dict[int, Seen] = {}
    parents = [root]
    for parent in parents:
        children = [pid for pid, seen in every.items() if seen.parent == parent]
        found |= {pid: every[pid] for pid in children}
        parents += children
    return found


def _seen(folder: Path) -> Seen:
    name, _, rest = (folder / "stat").read_text().partition("(")[2].rpartition(")")
    stat = rest.split()
    ticks = sum(map(int, stat[11:15]))  # user and system, its own and of children waited for
    status = (folder / "status").read_text()
    ignored = int(status.partition("SigIgn:")[2].split()[0], 16)
    kind = "jvm" if name == "java" else "other" if "python" not in name else "python"
    rss = int(stat[21]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    return Seen(int(stat[1]), ticks / _TICK, rss, kind, bool(ignored & _SIGCHLD_BIT))


def end_all(*_: object) -> None:
    """Whoever asked for the figures wants none any more."""
    for left in descendants(os.getpid()):
        with suppress(ProcessLookupError):
            os.kill(left, signal.SIGKILL)
    sys.exit(1)


def spent(command: list[str], limit_s: float) -> dict[str, Any]:
    signal.signal(signal.SIGTERM, end_all)
    ctypes.CDLL(None).prctl(_BECOME_SUBREAPER, 1, 0, 0, 0)
    start = time.monotonic()
    watch = Watch()
    watch.start()
    with subprocess.Popen(command, stdout=sys.stderr) as process:
        try:
            status = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            status = -signal.SIGKILL
            sys.stderr.write(f"longer than {limit_s:g} s\n")
            process.kill()
    seconds = time.monotonic() - start
    _await_the_rest()
    forgotten = watch.forgotten_s()
    known = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "status": status,
        "seconds": round(seconds, 2),
        "cpu_seconds": round(known.ru_utime + known.ru_stime + forgotten, 2),
        "cpu_seconds_forgotten": round(forgotten, 2),
        "peak_mib": {kind: round(most) for kind, most in watch.peak_mib.items()},
    }


def _await_the_rest() -> None:
    """Reaps what was left behind, and ends what does not end by itself."""
    end = time.monotonic() + _LEAVE_S
    with suppress(ChildProcessError):  # none is left
        while True:
            pid, _ = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                time.sleep(0.05)
            if time.monotonic() > end:
                for left in descendants(os.getpid()):
                    with suppress(ProcessLookupError):
                        os.kill(left, signal.SIGKILL)


def main() -> None:
    found = spent(sys.argv[2:], float(sys.argv[1]))
    sys.stdout.write(json.dumps(found) + "\n")
    sys.exit(0 if found["status"] == 0 else 1)


if __name__ == "__main__":
    main()
