"""LightGBM where the rows are, in one of two ways; either gives LightGBM's own model.

Its workers talk to each other over sockets and wait for one another. What is known to go wrong,
and is ruled out here: more workers than slots (they wait for ever); executors that come and go;
rows made while the others wait.
"""

from collections.abc import Callable, Mapping
from typing import Final, Literal

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract.config import LearningConfig, RankerParams, UnitParams
from entity_extract.errors import UserError
from entity_extract.spark.distributed import barrier, synapseml
from entity_extract.spark.distributed.boosting import BoostingJob, slots

_DYNAMIC = "spark.dynamicAllocation.enabled"
_FEW = 50  # places of a partition, below which fewer partitions do
_BIN_SAMPLE = 200_000  # rows that tell the histograms' bins: LightGBM's own number

Way = Literal["synapseml", "lightgbm"]
WAYS: Final[Mapping[Way, Callable[[DataFrame, BoostingJob], str]]] = {
    "synapseml": synapseml.fit,
    "lightgbm": barrier.fit,
}


def check_allocation(settings: Mapping[str, str]) -> None:
    """Raises UserError where executors may go while they train."""
    if settings.get(_DYNAMIC, "false").lower() == "true":
        raise UserError(
            f"--backend distributed cannot train under {_DYNAMIC} = true: LightGBM's workers wait "
            "for one another, and one that Spark takes away never comes back. "
            f"Set it to false (distributed.toml does) and give spark.executor.instances"
        )


def way_of(spark: SparkSession, config: LearningConfig) -> Way:
    """As learning.distributed_lightgbm says; of "auto", SynapseML where the session has its jar.
    Raises UserError when the session lacks a jar that was asked for, or its executors may go."""
    check_allocation(dict(spark.sparkContext.getConf().getAll()))
    way, there = config.distributed_lightgbm, synapseml.in_session(spark)
    if way == "auto":
        return "synapseml" if there else "lightgbm"
    if way == "synapseml" and not there:
        raise UserError(
            'learning.distributed_lightgbm = "synapseml" needs SynapseML\'s jar, which is for '
            "Spark 3.5 alone: add --conf-file distributed.toml, or pass its "
            'spark.jars.packages to spark-submit. "lightgbm" needs none'
        )
    return way


def fit_booster(
    rows: DataFrame,
    params: UnitParams | RankerParams,
    *,
    config: LearningConfig,
    objective: str,
    largest_bag: float = 1.0,
    names: tuple[str, ...] = (),
    classes: int = 2,
) -> str:
    """LightGBM's model text, of the same rows in whatever order they come.

    rows: features array<float>, label double, held_out boolean (watched to stop early), place
    (candidates of one row are ranked together), `at` within it. `classes` is the most there can be;
    `largest_bag` the share of the rows from which one tree is grown at most, see params.max_rows.
    """
    held_out, total, places = _counts(rows)
    stopping = bool(params.early_stopping_rounds) and 0 < held_out < total
    if not stopping:
        held_out, rows = 0, rows.withColumn("held_out", F.lit(False))
    elif held_out > config.driver_rows:  # they come to the driver, and to each task
        rows = fewer_held_out(rows, held_out, config.driver_rows)
    job = BoostingJob(
        params,
        objective=objective,
        classes=classes,
        names=names,
        bag=min(largest_bag, params.max_rows / max(1, total - held_out)),
        stopping=stopping,
        tasks=max(1, min(slots(rows.sparkSession), places // _FEW)),
        seed=config.seed,
        bin_sample=min(_BIN_SAMPLE, config.driver_rows),
        timeout_s=config.fit_timeout_s,
    )
    return WAYS[way_of(rows.sparkSession, config)](rows, job)


def fewer_held_out(rows: DataFrame, held_out: int, limit: int) -> DataFrame:
    """All rows but those held out, and of these, `held_out` in number, some `limit`: whole places,
    by a hash."""
    kept = F.pmod(F.xxhash64("place"), F.lit(held_out)) < limit
    return rows.where(~F.col("held_out") | kept)


def _counts(rows: DataFrame) -> tuple[int, int, int]:
    """Rows held out, and all; places that are learned from."""
    learned = F.when(~F.col("held_out"), F.col("place"))
    found = rows.agg(F.count_if("held_out"), F.count("*"), F.countDistinct(learned)).collect()[0]
    return found[0], found[1], found[2]
