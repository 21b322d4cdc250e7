"""How much of the wave in hand is done, as far as Spark can tell while its tasks run."""

from typing import Any, Final, cast

from pyspark.sql import SparkSession

from entity_extract.runs.follower import InHand
from entity_extract.runs.progress import Progress
from entity_extract.spark.session.kind import is_connect

_IN_PYTHON: Final = (
    "MapInPandas",
    "ArrowEvalPython",
)  # where READ is, in a plan; EMBED and PREDICT


def in_hand_of(spark: SparkSession) -> InHand:
    return PublishedAlone() if is_connect(spark) else BySpark(spark)


class PublishedAlone:
    """Over Spark Connect nobody tells how far tasks are: see InHand."""

    def next_wave(self) -> None:
        """None of a wave is counted before all of it is."""

    def rows_done(self, progress: Progress) -> int:
        return progress.rows


class BySpark:
    """See InHand. Looks at finished tasks, and at the rows that Python has given to those that run.
    Costs a few calls to the JVM each time, and the tasks nothing: Spark counts these rows anyway.
    """

    def __init__(self, spark: SparkSession) -> None:
        self._tracker = spark.sparkContext.statusTracker()
        self._plans: Any = cast(Any, spark)._jsparkSession.sharedState().statusStore()
        self._before = self._latest()
        self._most = 0

    def next_wave(self) -> None:
        self._before = self._latest()
        self._most = 0

    def rows_done(self, progress: Progress) -> int:
        rows = self._by_rows()
        if rows is None:
            rows = int(self._by_tasks() * progress.in_hand)
        self._most = max(self._most, rows)  # a plan that publishes what was read has read nothing
        return progress.rows + min(progress.in_hand, self._most)

    def _by_tasks(self) -> float:
        """Of the tasks of the Spark stages that run now, how many are done."""
        found = map(self._tracker.getStageInfo, self._tracker.getActiveStageIds())
        running = [stage for stage in found if stage is not None]
        tasks = sum(stage.numTasks for stage in running)
        return sum(stage.numCompletedTasks for stage in running) / tasks if tasks else 0.0

    def _latest(self) -> int:
        """The number of the latest plan; -1 where there has been none."""
        latest = self._plans.executionsList(max(0, self._plans.executionsCount() - 1), 1)
        return -1 if latest.isEmpty() else int(latest.head().executionId())

    def _by_rows(self) -> int | None:
        """Rows that Python has given in the latest plan of the wave, as executors tell now and
        then; None where it has nothing to do there."""
        number = self._latest()
        if number <= self._before:
            return 0
        values = self._plans.executionMetrics(number)
        nodes = self._plans.planGraph(number).allNodes()
        found = (nodes.apply(place) for place in range(nodes.size()))
        given = [_rows_of(node, values) for node in found if node.name() in _IN_PYTHON]
        return sum(given) if given else None


def _rows_of(node: Any, values: Any) -> int:
    """Of a node of a plan, by its metrics as Spark shows them: "1,234"."""
    metrics = (node.metrics().apply(place) for place in range(node.metrics().size()))
    told = (
        values.get(metric.accumulatorId())
        for metric in metrics
        if metric.name() == "number of output rows"
    )
    return sum(int(str(value.get()).replace(",", "")) for value in told if value.isDefined())
