"""What a run leaves in a session, and takes back at its end where the session lives on: one of
others does, and a server of Spark Connect would keep rows for hours."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakKeyDictionary

from pyspark.sql import DataFrame, SparkSession

_left: "WeakKeyDictionary[SparkSession, list[Callable[[], object]]]" = WeakKeyDictionary()


@contextmanager
def leaving_nothing(spark: SparkSession) -> Iterator[None]:
    """Takes back what `at_end` was told of in the block."""
    outer, _left[spark] = _left.get(spark), []
    try:
        yield
    finally:
        for undo in reversed(_left.pop(spark)):
            undo()
        if outer is not None:
            _left[spark] = outer


def at_end(spark: SparkSession, undo: Callable[[], object]) -> None:
    """`undo` is called once the run is over, where the session is not."""
    if spark in _left:
        _left[spark].append(undo)


def kept(rows: DataFrame) -> DataFrame:
    """The rows, worked out once, for the whole run. Who is done with some before persists and
    unpersists them."""
    found = rows.persist()
    at_end(rows.sparkSession, found.unpersist)
    return found
