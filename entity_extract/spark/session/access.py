"""What a job asks of a session beside DataFrames: through its JVM, or, over Spark Connect, without.

Nothing outside this package and `tables.storage` asks a session for its JVM, its context or an RDD,
but what has no second way: distributed training, tables of Delta, gauges and the bar within a wave.
"""

from typing import Protocol, TypeVar

from pyspark.sql import DataFrame, SparkSession

from entity_extract.spark.session.classic import ClassicAccess
from entity_extract.spark.session.connect import ConnectAccess
from entity_extract.spark.session.kind import is_connect
from entity_extract.spark.session.shared import Shared

_Value = TypeVar("_Value")


class Access(Protocol):
    def tasks_hoped_for(self) -> int:
        """How many tasks at least are worth making: as many as run at once, on executors that are
        there or still to come. Dynamic allocation starts no more of them than there are tasks."""
        ...

    def tasks_at_once(self) -> int:
        """How many tasks run at the same time once all executors are there.

        Raises UserError where Spark may add executors without end.
        """
        ...

    def share(self, value: _Value) -> Shared[_Value]:
        """The value, which goes to each executor once, and not with every task."""
        ...

    def is_local_relation(self, rows: DataFrame) -> bool:
        """Whether the rows are part of the plan, so that `collect` costs no job."""
        ...


def access_to(spark: SparkSession) -> Access:
    return ConnectAccess(spark) if is_connect(spark) else ClassicAccess(spark)
