"""What a run leaves in a session, and takes back at its end where the session lives on: one of
others does, and a server of Spark Connect would keep rows for hours."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from weakref import WeakKeyDictionary

from pyspark.sql import DataFrame, SparkSession

_left: "WeakKeyDictionary[SparkSession, ExitStack]" = WeakKeyDictionary()


def _at_once(undo: Callable[[], object]) -> None:
    undo()


@contextmanager
def leaving_nothing(
    spark: SparkSession, *, by: Callable[[Callable[[], object]], None] = _at_once
) -> Iterator[None]:
    """Takes back what `at_end` was told of in the block, the latest first, all of it whatever goes
    wrong with some. `by` calls what does so."""
    outer = _left.get(spark)
    undoing = _left[spark] = ExitStack()
    try:
        yield
    finally:
        del _left[spark]
        if outer is not None:
            _left[spark] = outer
        by(undoing.close)


def at_end(spark: SparkSession, undo: Callable[[], object]) -> None:
    """`undo` is called once the run is over, where the session is not."""
    if spark in _left:
        _left[spark].callback(undo)


def kept(rows: DataFrame) -> DataFrame:
    """The rows, worked out once, for the whole run. Who is done with some before persists and
    unpersists them."""
    found = rows.persist()
    at_end(rows.sparkSession, found.unpersist)
    return found
