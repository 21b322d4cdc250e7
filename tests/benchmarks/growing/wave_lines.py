"""A line of JSON after each wave: what it took, what lies there now, who held how much memory."""

import json
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from pyspark.sql import SparkSession

from entity_extract.lake.files import LakeFiles
from entity_extract.lake.waves import LISTS
from entity_extract.runs.progress import Done, Progress, Watcher
from tests.benchmarks.memory import Memory

MIB = 1 << 20


class WaveLines(Watcher):
    """Appends to `file`. Times are of the whole from one wave to the next: what is counted, planned
    and noted between them, too."""

    def __init__(
        self, spark: SparkSession, lake: str, file: Path, *, table: str, memory: Memory
    ) -> None:
        self._tasks = TaskTimes(spark)
        self._runtime: Any = cast(Any, spark.sparkContext._jvm).java.lang.Runtime.getRuntime()
        self._folder = Path(lake) / table
        self._lake, self._table = LakeFiles(lake), table
        self._file = file
        self._memory = memory
        self._sizes: dict[str, tuple[int, int]] = {}  # files and bytes, by the name of a wave
        self._since = time.time()

    def begun(self, progress: Progress) -> None:
        """What there is to do has been worked out, and written aside: a line of wave 0."""
        self._tell(progress, 0, 0.0)

    def published(self, progress: Progress, done: Done) -> None:
        self._tell(progress, done.rows, done.seconds)

    def _tell(self, progress: Progress, rows: int, publishing_s: float) -> None:
        now = time.time()
        took = now - self._since
        first_task_s, tasks_s = self._tasks.between(self._since, now)
        new = self._look()
        held = list(self._sizes.values())
        line = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "step": progress.stage,
            "wave": progress.waves,
            "rows": rows,
            "rows_done": progress.rows,
            "rows_total": progress.total,
            "rows_held": sum(wave.rows for wave in self._waves),
            "seconds": round(took, 3),
            "publishing_s": round(publishing_s, 3),
            "before_first_task_s": round(first_task_s, 3),
            "without_task_s": round(took - tasks_s, 3),
            "files": sum(files for files, _ in new),
            "bytes": sum(size for _, size in new),
            "waves_held": len(held),
            "files_held": sum(files for files, _ in held),
            "bytes_held": sum(size for _, size in held),
            "list_bytes": _list_bytes(self._folder / LISTS),
            "heap_mib": (self._runtime.totalMemory() - self._runtime.freeMemory()) // MIB,
            "peak_mib": self._memory.since_last_asked(),
        }
        with self._file.open("a") as out:
            out.write(json.dumps(line) + "\n")
        self._since = time.time()  # looking is not the run's time

    def _look(self) -> Iterable[tuple[int, int]]:
        """Of the waves that are new; each folder is looked into once."""
        listed = self._lake.waves(self._table)
        self._waves = listed.waves if listed else ()
        names = {wave.name for wave in self._waves}
        new = {name: _size(self._folder / name) for name in names - self._sizes.keys()}
        self._sizes = {k: v for k, v in self._sizes.items() if k in names} | new
        return new.values()


class TaskTimes:
    """When tasks of Spark ran, by its own store of what it has done."""

    def __init__(self, spark: SparkSession) -> None:
        self._jvm: Any = spark.sparkContext._jvm
        self._context: Any = cast(Any, spark.sparkContext._jsc).sc()
        self._none = cast(Any, spark.sparkContext)._gateway.new_array(self._jvm.double, 0)

    def between(self, start_s: float, end_s: float) -> tuple[float, float]:
        """From `start_s` to the first task, in seconds; and for how long there was any."""
        spans = sorted(
            (max(first, start_s), min(last, end_s))
            for first, last in self._stages()
            if last > start_s and first < end_s
        )
        busy, until = 0.0, start_s
        for first, last in spans:
            busy += max(0.0, last - max(first, until))
            until = max(until, last)
        return (spans[0][0] if spans else end_s) - start_s, busy

    def _stages(self) -> Iterable[tuple[float, float]]:
        self._context.listenerBus().waitUntilEmpty()
        store, empty = self._context.statusStore(), self._jvm.java.util.ArrayList()
        found = store.stageList(None, False, False, self._none, empty)
        for place in range(found.size()):
            stage = found.apply(place)
            first, last = stage.firstTaskLaunchedTime(), stage.completionTime()
            if first.isDefined() and last.isDefined():
                yield first.get().getTime() / 1000, last.get().getTime() / 1000


def _size(folder: Path) -> tuple[int, int]:
    sizes = [file.stat().st_size for file in folder.glob("*.parquet")]
    return len(sizes), sum(sizes)


def _list_bytes(folder: Path) -> int:
    """Of the newest list of waves."""
    newest = max(folder.glob("*.json"), default=None)
    return newest.stat().st_size if newest else 0
