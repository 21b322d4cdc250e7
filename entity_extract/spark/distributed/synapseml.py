"""SynapseML's LightGBM, set up so that it neither hangs nor crashes; it gives LightGBM's own model.

Its workers are the tasks of one barrier stage that talk to each other over sockets. What is known
to go wrong, and is ruled out here: an empty partition, or more partitions than slots (they wait for
ever); executors that come and go; rows made while the others wait; categorical slots, which crash
the native code above some 56 levels.
"""

from collections.abc import Mapping
from typing import Any, cast

from py4j.java_gateway import JavaClass
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract.config import LearningConfig, RankerParams, UnitParams
from entity_extract.errors import UserError

_DYNAMIC = "spark.dynamicAllocation.enabled"
_FEW = 50  # places of a partition, below which fewer partitions do
_BIN_SAMPLE = 200_000  # rows that tell the histograms' bins: LightGBM's own number


def check_allocation(settings: Mapping[str, str]) -> None:
    """Raises UserError where executors may go while they train."""
    if settings.get(_DYNAMIC, "false").lower() == "true":
        raise UserError(
            f"--backend distributed cannot train under {_DYNAMIC} = true: LightGBM's workers wait "
            "for one another, and one that Spark takes away never comes back. "
            f"Set it to false (conf/distributed.toml does) and give spark.executor.instances"
        )


def check_synapseml(spark: SparkSession) -> None:
    """Raises UserError when the session lacks SynapseML's jar, or its executors may go."""
    check_allocation(dict(spark.sparkContext.getConf().getAll()))
    jvm: Any = spark.sparkContext._jvm
    found = jvm.com.microsoft.azure.synapse.ml.lightgbm.LightGBMClassifier
    if not isinstance(found, JavaClass):
        raise UserError(
            "--backend distributed needs SynapseML's jar: add --conf-file conf/distributed.toml, "
            "or pass its spark.jars.packages to spark-submit"
        )


def release_threads(spark: SparkSession) -> None:
    """Ends the thread pools that SynapseML leaves behind in the driver's JVM.

    They are shut down by their finalizers only, and their threads are no daemons: under
    spark-submit a JVM that has no reason to collect garbage would wait for them for ever.
    """
    jvm: Any = spark.sparkContext._jvm
    jvm.java.lang.System.gc()
    jvm.java.lang.System.runFinalization()


def slots(spark: SparkSession) -> int:
    """Tasks that can run at the same time now: executors that were lost do not count."""
    context: Any = cast(Any, spark.sparkContext._jsc).sc()
    profile = context.resourceProfileManager().defaultResourceProfile()
    return max(1, int(context.maxNumConcurrentTasks(profile)))


def _executors(spark: SparkSession) -> int:
    """In local mode the driver is the one executor."""
    found: Any = cast(Any, spark.sparkContext._jsc).sc().statusTracker().getExecutorInfos()
    return max(1, len(found) - 1)


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
    from synapse.ml.lightgbm import LightGBMClassifier, LightGBMRanker  # optional dependency

    spark = rows.sparkSession
    held_out, total, places = _counts(rows)
    stopping = bool(params.early_stopping_rounds) and 0 < held_out < total
    if not stopping:
        held_out, rows = 0, rows.withColumn("held_out", F.lit(False))
    elif held_out > config.driver_rows:  # SynapseML brings them to the driver, and to each task
        rows = fewer_held_out(rows, held_out, config.driver_rows)
    tasks = max(1, min(slots(spark), places // _FEW))
    settings: dict[str, Any] = {
        "featuresCol": "features",
        "labelCol": "label",
        "numIterations": params.rounds,
        "learningRate": params.learning_rate,
        "numLeaves": params.leaves,
        "minDataInLeaf": params.min_leaf,
        "featureFraction": params.feature_fraction,
        "lambdaL2": params.lambda_l2,
        "baggingFraction": min(largest_bag, params.max_rows / max(1, total - held_out)),
        "baggingFreq": 1,
        "seed": config.seed,
        "deterministic": True,
        "passThroughArgs": "force_row_wise=true",
        "slotNames": list(names),
        "useBarrierExecutionMode": True,
        "numTasks": tasks,
        # One task of an executor trains, with the threads of all.
        "numThreads": max(1, tasks // _executors(spark)),
        "timeout": config.fit_timeout_s,
        "binSampleCount": min(_BIN_SAMPLE, config.driver_rows),
        "verbosity": -1,
    }
    if stopping:
        settings |= {
            "validationIndicatorCol": "held_out",
            "earlyStoppingRound": params.early_stopping_rounds,
        }
    if objective == "lambdarank":
        # 30 is what the lightgbm package takes.
        ranked = {"groupCol": "place", "repartitionByGroupingColumn": False, "maxPosition": 30}
        if stopping:  # rows to watch, in groups, cannot be streamed ("dataset with no queries")
            ranked["dataTransferMode"] = "bulk"
        model = LightGBMRanker(**settings, **ranked)
    else:
        model = LightGBMClassifier(**settings, objective=objective, maxNumClasses=classes)
    made = _arranged(rows, tasks).persist()
    made.count()  # made, before the workers wait for one another
    try:
        return str(model.fit(made).getNativeModel())
    finally:
        made.unpersist()


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


def _arranged(rows: DataFrame, tasks: int) -> DataFrame:
    """The rows of each task, in an order: LightGBM draws them by position, and a shuffle brings
    them as it happens to.

    VectorAssembler would bring nominal metadata along, which SynapseML takes for categorical slots;
    a vector from an array has none.
    """
    vector = array_to_vector(F.col("features").cast("array<double>")).alias("features")
    parted = rows.select(vector, "label", "held_out", "place", "at").repartition(tasks, "place")
    return parted.sortWithinPartitions("place", "at").drop("at")
