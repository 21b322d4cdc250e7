"""Resident memory of a run: its driver, its JVM and the largest of its Python workers."""

import threading
from contextlib import suppress
from pathlib import Path

_LOOK_S = 0.5


class Memory(threading.Thread):
    """The largest of each, in MiB, of the process `pid` and those under it."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._ended = threading.Event()
        self.peak = {"jvm": 0, "driver": 0, "worker": 0}
        self._since = dict(self.peak)

    def run(self) -> None:
        while not self._ended.wait(_LOOK_S):
            for pid, depth in _tree(self._pid):
                with suppress(OSError, IndexError):
                    command = Path(f"/proc/{pid}/cmdline").read_text()
                    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
                    kind = "jvm" if "java" in command.split("\0")[0] else "worker"
                    kind = "driver" if not depth else kind
                    for held in (self.peak, self._since):
                        held[kind] = max(held[kind], pages // 256)

    def since_last_asked(self) -> dict[str, int]:
        found, self._since = self._since, dict.fromkeys(self.peak, 0)
        return found

    def stop(self) -> dict[str, int]:
        self._ended.set()
        self.join()
        return self.peak


def _tree(root: int) -> list[tuple[int, int]]:
    """(process, how far it is below `root`)."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            stat = (folder / "stat").read_text().rpartition(")")[2].split()
            parents[int(folder.name)] = int(stat[1])
    found = [(root, 0)]
    for pid, depth in found:
        found += [(child, depth + 1) for child, parent in parents.items() if parent == pid]
    return found
