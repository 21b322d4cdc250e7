"""What a run leaves in a session, and takes back at its end where the session lives on: one of
others does, and a server of Spark Connect would keep rows for hours."""

from collections.abc import Callable
from weakref import WeakKeyDictionary

from pyspark.sql import DataFrame, SparkSession

_left: "WeakKeyDictionary[SparkSession, list[Callable[[], object]]]" = WeakKeyDictionary()


def at_end(spark: SparkSession, undo: Callable[[], object]) -> None:
    """`undo` is called once the run is over, and the session is not."""
    _left.setdefault(spark, []).append(undo)


def kept(rows: DataFrame) -> DataFrame:
    """The rows, worked out once, for the whole run. Who is done with some before persists and
    unpersists them."""
    found = rows.persist()
    at_end(rows.sparkSession, found.unpersist)
    return found


def let_go(spark: SparkSession) -> None:
    """Takes all of it back."""
    for undo in reversed(_left.pop(spark, [])):
        undo()
