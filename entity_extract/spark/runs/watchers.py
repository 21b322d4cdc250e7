"""Who watches a run besides its manifest: Spark's metrics system, and a bar on a terminal."""

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from pyspark.sql import SparkSession
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from entity_extract.spark.runs.progress import Done, Progress, Watcher

_LOOK_S = 1.0


@contextmanager
def watchers(spark: SparkSession) -> Iterator[Sequence[Watcher]]:
    """Gauges always; a bar where the run is watched by a person."""
    if not sys.stderr.isatty():
        yield [Gauges(spark)]
        return
    bar = Bar(spark)
    with logging_redirect_tqdm():  # lines of the log above the bar, not through it
        try:
            yield [Gauges(spark), bar]
        finally:
            bar.close()


class Gauges(Watcher):
    """Rows by stage and status as gauges of Spark's metrics system, for whatever sink it has.

    Spark calls them AccumulatorSource.entity_extract_<stage>_<status>; conf/cluster.toml shows how
    Prometheus gets them.
    """

    def __init__(self, spark: SparkSession) -> None:
        self._jvm = cast(Any, spark.sparkContext._jvm)
        self._context = cast(Any, spark.sparkContext._jsc).sc()
        self._gauges: dict[str, Any] = {}

    def begun(self, progress: Progress) -> None:
        self._add(f"{progress.stage}_total", progress.total)

    def published(self, progress: Progress, done: Done) -> None:
        for status, rows in done.by_status.items():
            self._add(f"{progress.stage}_{status}", rows)
        self._add(f"{progress.stage}_milliseconds", round(done.seconds * 1000))

    def _add(self, name: str, amount: int) -> None:
        gauge = self._gauges.get(name)
        if gauge is None:
            gauge = self._gauges[name] = self._register(f"entity_extract_{name}")
        gauge.add(amount)

    def _register(self, name: str) -> Any:
        gauge = self._context.longAccumulator(name)
        named = self._jvm.java.util.HashMap()
        named.put(name, gauge)
        sources = self._jvm.org.apache.spark.metrics.source
        register = getattr(getattr(sources, "LongAccumulatorSource$"), "MODULE$").register
        register(self._context, self._jvm.PythonUtils.toScalaMap(named))
        return gauge


class Bar(Watcher):
    """A bar per stage; within a wave it moves with Spark's finished tasks."""

    def __init__(self, spark: SparkSession) -> None:
        self._tracker = spark.sparkContext.statusTracker()
        self._bar: tqdm[Any] | None = None
        self._progress: Progress | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="bar", daemon=True)
        self._thread.start()

    def begun(self, progress: Progress) -> None:
        self._end_bar()
        if progress.total:
            self._progress = progress
            self._bar = tqdm(total=progress.total, desc=progress.stage, unit="row", smoothing=0.05)

    def published(self, progress: Progress, done: Done) -> None:
        self._show(progress.rows)
        if progress.rows >= progress.total:
            self._end_bar()

    def close(self) -> None:
        self._closed.set()
        self._thread.join()
        self._end_bar()

    def _end_bar(self) -> None:
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.close()

    def _show(self, rows: int) -> None:
        if self._bar is not None:
            self._bar.update(max(0, rows - self._bar.n))

    def _follow(self) -> None:
        while not self._closed.wait(_LOOK_S):
            if self._bar is not None and self._progress is not None:
                self._show(self._progress.rows + int(self._share() * self._progress.in_hand))

    def _share(self) -> float:
        """Of the tasks of the Spark stages that run now, how many are done."""
        found = map(self._tracker.getStageInfo, self._tracker.getActiveStageIds())
        running = [stage for stage in found if stage is not None]
        tasks = sum(stage.numTasks for stage in running)
        return sum(stage.numCompletedTasks for stage in running) / tasks if tasks else 0.0
