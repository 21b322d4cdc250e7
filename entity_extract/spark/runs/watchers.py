"""Who watches a run besides its manifest: Spark's metrics system, a terminal, a log."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from pyspark.sql import SparkSession

from entity_extract.config import LogConfig
from entity_extract.runs.progress import Done, Progress, Watcher
from entity_extract.runs.watchers import followed
from entity_extract.spark.runs.in_hand import in_hand_of
from entity_extract.spark.session.kept import at_end
from entity_extract.spark.session.kind import is_connect


@contextmanager
def watchers(spark: SparkSession, config: LogConfig) -> Iterator[Sequence[Watcher]]:
    """Gauges, where there is a JVM to have them; a bar where the run is watched by a person, else
    lines in the log."""
    gauges = [] if is_connect(spark) else [Gauges(spark)]
    with followed(in_hand_of(spark), config) as others:
        yield [*gauges, *others]


class Gauges(Watcher):
    """Rows by stage and status as gauges of Spark's metrics system, for whatever sink it has.

    Spark calls them AccumulatorSource.entity_extract_<stage>_<status>; cluster.toml shows how
    Prometheus gets them.
    """

    def __init__(self, spark: SparkSession) -> None:
        self._jvm = cast(Any, spark.sparkContext._jvm)
        self._context = cast(Any, spark.sparkContext._jsc).sc()
        self._gauges: dict[str, Any] = {}
        self._sources: list[Any] = []
        at_end(spark, self._remove)

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
        source = self._jvm.org.apache.spark.metrics.source.LongAccumulatorSource()
        source.register(self._jvm.PythonUtils.toScalaMap(named))
        self._context.env().metricsSystem().registerSource(source)
        self._sources.append(source)
        return gauge

    def _remove(self) -> None:
        """A later run of the session has gauges of these names, too. With one source Spark forgets
        the figures of all of its name; others' are registered again."""
        system = self._context.env().metricsSystem()
        for source in self._sources:
            system.removeSource(source)
        of_others = system.getSourcesByName("AccumulatorSource")
        for source in [of_others.apply(place) for place in range(of_others.size())]:
            system.removeSource(source)
            system.registerSource(source)
