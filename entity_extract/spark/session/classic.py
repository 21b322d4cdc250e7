"""What a job asks of a session that has its JVM beside it."""

from typing import Any, TypeVar, cast

from pyspark.sql import DataFrame, SparkSession

from entity_extract.spark.session.shared import Shared
from entity_extract.spark.session.slots import most_slots, slots_to_come

_Value = TypeVar("_Value")


class ClassicAccess:
    """See access.Access."""

    def __init__(self, spark: SparkSession) -> None:
        self._context = spark.sparkContext

    def tasks_hoped_for(self) -> int:
        to_come = slots_to_come(self._context.getConf().get) or 0
        return max(self._context.defaultParallelism, to_come)

    def tasks_at_once(self) -> int:
        conf = self._context.getConf()
        return max(1, self._tasks_now(), most_slots(conf.get))

    def _tasks_now(self) -> int:
        """On the executors that have come. spark.default.parallelism may say anything else."""
        context = cast(Any, self._context._jsc).sc()
        profile = context.resourceProfileManager().defaultResourceProfile()
        return int(context.maxNumConcurrentTasks(profile))

    def share(self, value: _Value) -> Shared[_Value]:
        return self._context.broadcast(value)

    def is_local_relation(self, rows: DataFrame) -> bool:
        """As Spark's optimizer leaves them: made from one by projections and filters alone, too."""
        plan: Any = cast(Any, rows)._jdf.queryExecution().optimizedPlan()
        return str(plan.getClass().getSimpleName()) == "LocalRelation"
