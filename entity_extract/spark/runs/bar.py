"""A bar for who waits at a terminal."""

import threading
from typing import Any, Final, cast

from pyspark.sql import SparkSession
from tqdm import tqdm

from entity_extract.spark.runs.progress import Done, Progress, Watcher

_LOOK_S: Final = 1.0
_IN_PYTHON: Final = (
    "MapInPandas",
    "ArrowEvalPython",
)  # where READ is, in a plan; EMBED and PREDICT


class Bar(Watcher):
    """A bar per stage, with rate and time left. Within a wave it moves with Spark's finished tasks,
    and with the rows that Python has given to those that run."""

    def __init__(self, spark: SparkSession) -> None:
        self._tracker = spark.sparkContext.statusTracker()
        self._plans: Any = cast(Any, spark)._jsparkSession.sharedState().statusStore()
        self._bar: tqdm[Any] | None = None
        self._progress: Progress | None = None
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="bar", daemon=True)
        self._thread.start()

    def begun(self, progress: Progress) -> None:
        self._end_bar()
        if progress.total:
            self._progress = progress
            self._bar = tqdm(
                total=progress.total, desc=progress.stage, unit="row", smoothing=0.05, leave=False
            )

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
                done = max(self._by_tasks(), self._by_rows() / max(1, self._progress.in_hand))
                self._show(self._progress.rows + int(min(1.0, done) * self._progress.in_hand))

    def _by_tasks(self) -> float:
        """Of the tasks of the Spark stages that run now, how many are done."""
        found = map(self._tracker.getStageInfo, self._tracker.getActiveStageIds())
        running = [stage for stage in found if stage is not None]
        tasks = sum(stage.numTasks for stage in running)
        return sum(stage.numCompletedTasks for stage in running) / tasks if tasks else 0.0

    def _by_rows(self) -> int:
        """Rows that Python has given in the latest plan, as executors tell every ten seconds.

        A task of two thousand links takes a quarter of an hour.
        """
        latest = self._plans.executionsList(max(0, self._plans.executionsCount() - 1), 1)
        if latest.isEmpty():
            return 0
        number = latest.head().executionId()
        values = self._plans.executionMetrics(number)
        nodes = self._plans.planGraph(number).allNodes()
        found = (nodes.apply(place) for place in range(nodes.size()))
        return sum(_rows_of(node, values) for node in found if node.name() in _IN_PYTHON)


def _rows_of(node: Any, values: Any) -> int:
    """Of a node of a plan, by its metrics as Spark shows them: "1,234"."""
    metrics = (node.metrics().apply(place) for place in range(node.metrics().size()))
    told = (
        values.get(metric.accumulatorId())
        for metric in metrics
        if metric.name() == "number of output rows"
    )
    return sum(int(str(value.get()).replace(",", "")) for value in told if value.isDefined())
