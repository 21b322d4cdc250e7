"""What LightGBM is to fit on the executors, and which rows each of its workers gets."""

from dataclasses import dataclass
from typing import Any, cast

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract.config import RankerParams, UnitParams


@dataclass(frozen=True)
class BoostingJob:
    """What is asked of LightGBM, however it is fitted.

    `classes` is the most there can be; `bag` the share of the rows that one tree is grown from;
    `stopping`: some rows are held out, and it stops when these gain nothing more; `tasks` train
    together.
    """

    params: UnitParams | RankerParams
    objective: str
    classes: int
    names: tuple[str, ...]
    bag: float
    stopping: bool
    tasks: int
    seed: int
    bin_sample: int
    timeout_s: float


def slots(spark: SparkSession) -> int:
    """Tasks that can run at the same time now: executors that were lost do not count."""
    context: Any = cast(Any, spark.sparkContext._jsc).sc()
    profile = context.resourceProfileManager().defaultResourceProfile()
    return max(1, int(context.maxNumConcurrentTasks(profile)))


def arranged(rows: DataFrame, features: Column, tasks: int) -> DataFrame:
    """(features, label, held_out, place) of each task, in an order: LightGBM draws them by
    position, and a shuffle brings them as it happens to."""
    parted = rows.select(features.alias("features"), "label", "held_out", "place", "at")
    parted = parted.repartition(tasks, F.col("place"))
    return parted.sortWithinPartitions("place", "at").drop("at")
