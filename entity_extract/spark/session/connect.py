"""What a job asks of a session of Spark Connect: of the server's settings, and of its plans.

A plan is a tree of messages here, known by the classes of pyspark.sql.connect.plan.
"""

from typing import Any, Final, TypeVar, cast
from weakref import WeakKeyDictionary

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract.spark.session.shared import Shared, SharedFile
from entity_extract.spark.session.slots import most_slots, slots_to_come

_Value = TypeVar("_Value")
# Spark's optimizer works these out over rows that are part of the plan.
_WORKED_OUT: Final = frozenset(
    {"Project", "WithColumns", "WithColumnsRenamed", "Filter", "Drop", "ToDF"}
)
_NUMBERS: Final = 1 << 20  # more than a cluster has cores
_parallelism: "WeakKeyDictionary[SparkSession, int]" = WeakKeyDictionary()


class ConnectAccess:
    """See access.Access."""

    def __init__(self, spark: SparkSession) -> None:
        self._spark = spark

    def tasks_hoped_for(self) -> int:
        return max(self._parallelism(), slots_to_come(self._spark.conf.get) or 0)

    def _parallelism(self) -> int:
        """Of what says nothing of its parts. Asked once a session, by a job of as many tasks: no
        setting tells it of all clusters."""
        if self._spark not in _parallelism:
            parts = self._spark.range(_NUMBERS).select(F.spark_partition_id()).distinct()
            _parallelism[self._spark] = max(1, int(parts.count()))
        return _parallelism[self._spark]

    def tasks_at_once(self) -> int:
        return max(self._parallelism(), most_slots(self._spark.conf.get))

    def share(self, value: _Value) -> Shared[_Value]:
        return SharedFile.of(self._spark, value)

    def is_local_relation(self, rows: DataFrame) -> bool:
        plan: Any = cast(Any, rows)._plan
        while type(plan).__name__ in _WORKED_OUT:
            plan = plan._child
        return type(plan).__name__ in ("LocalRelation", "CachedLocalRelation")
