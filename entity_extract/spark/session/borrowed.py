"""A session that others have started: used, and given back as it was.

On Databricks, in a notebook or in a program of one's own there is one before any job begins, and
its owner goes on with it. A job adds its settings for as long as it lasts, stops nothing, and ends
no work but its own.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any
from uuid import uuid4

from py4j.protocol import Py4JJavaError, Py4JNetworkError
from pyspark import SparkContext
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from entity_extract.spark.session.kept import leaving_nothing
from entity_extract.spark.session.kind import connect_session, is_connect
from entity_extract.spark.session.stopping import from_a_thread

log = logging.getLogger(__name__)


def running_session() -> SparkSession | None:
    """The one that this process has, of Spark Connect, too; None where there is none."""
    context: Any = SparkContext._active_spark_context
    if context is not None and context._jsc is not None:  # and was not stopped
        return SparkSession.builder.getOrCreate()
    return connect_session()


@contextmanager
def borrowed(spark: SparkSession, settings: Mapping[str, str]) -> Iterator[None]:
    """In the block the session has `settings`, as far as one that is running takes any; after it
    those that it had, and nothing more in its cache."""
    before = _settings(spark)
    try:
        with leaving_nothing(spark):
            apply_settings(spark, settings)
            yield
    finally:
        _put_back(spark, before)


def apply_settings(spark: SparkSession, settings: Mapping[str, str]) -> None:
    """Those that a running session takes; of the others it is said that they have no effect."""
    fixed = [key for key, value in settings.items() if not _has_set(spark, key, value)]
    if fixed:
        log.warning("no effect on a session that is running already: %s", ", ".join(sorted(fixed)))


def _has_set(spark: SparkSession, key: str, value: str) -> bool:
    if spark.conf.get(key, None) == value:
        return True
    if key.startswith("spark.hadoop."):  # would be taken, and read by nobody
        return False
    try:
        spark.conf.set(key, value)
    except (PySparkException, Py4JJavaError):
        return False
    return True


def _settings(spark: SparkSession) -> dict[str, str | None]:
    """All that are set on it. SET itself would show no secret."""
    keys = [str(row["key"]) for row in spark.sql("SET").collect()]
    return {key: spark.conf.get(key, None) for key in keys}


def _put_back(spark: SparkSession, before: Mapping[str, str | None]) -> None:
    now = _settings(spark)
    for key in now.keys() | before.keys():
        was = before.get(key)
        if was is None and key not in before:
            spark.conf.unset(key)
        elif was is not None and was != now.get(key):
            spark.conf.set(key, was)


@contextmanager
def tagged(spark: SparkSession) -> Iterator[Callable[[], None]]:
    """Gives what ends the Spark jobs that are begun in the block, and no others."""
    tag = f"entity-extract-{uuid4().hex}"
    if is_connect(spark):
        spark.addTag(tag)
        try:
            yield lambda: from_a_thread(lambda: spark.interruptTag(tag))
        finally:
            spark.removeTag(tag)
        return
    context = spark.sparkContext
    context.addJobTag(tag)
    try:
        yield lambda: from_a_thread(lambda: context.cancelJobsWithTag(tag))
    finally:
        with suppress(Py4JNetworkError):
            context.removeJobTag(tag)
