"""SynapseML's LightGBM, set up so that it neither hangs nor crashes: a library of the JVM, of which
there is a jar for Spark 3.5 alone.

What is ruled out here beside what `lightgbm.py` does: an empty partition; categorical slots, which
crash the native code above some 56 levels.
"""

from typing import Any, cast

from py4j.java_gateway import JavaClass
from pyspark.ml.functions import array_to_vector
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract.spark.distributed.boosting import BoostingJob, arranged


def in_session(spark: SparkSession) -> bool:
    """Whether its jar is there."""
    jvm: Any = spark.sparkContext._jvm
    found = jvm.com.microsoft.azure.synapse.ml.lightgbm.LightGBMClassifier
    return isinstance(found, JavaClass)


def release_threads(spark: SparkSession) -> None:
    """Ends the thread pools that SynapseML leaves behind in the driver's JVM.

    They are shut down by their finalizers only, and their threads are no daemons: under
    spark-submit a JVM that has no reason to collect garbage would wait for them for ever.
    """
    jvm: Any = spark.sparkContext._jvm
    jvm.java.lang.System.gc()
    jvm.java.lang.System.runFinalization()


def _executors(spark: SparkSession) -> int:
    """In local mode the driver is the one executor."""
    found: Any = cast(Any, spark.sparkContext._jsc).sc().statusTracker().getExecutorInfos()
    return max(1, len(found) - 1)


def fit(rows: DataFrame, job: BoostingJob) -> str:
    """LightGBM's model text; `rows` as `lightgbm.fit_booster` takes them."""
    from synapse.ml.lightgbm import LightGBMClassifier, LightGBMRanker  # optional dependency

    params = job.params
    settings: dict[str, Any] = {
        "featuresCol": "features",
        "labelCol": "label",
        "numIterations": params.rounds,
        "learningRate": params.learning_rate,
        "numLeaves": params.leaves,
        "minDataInLeaf": params.min_leaf,
        "featureFraction": params.feature_fraction,
        "lambdaL2": params.lambda_l2,
        "baggingFraction": job.bag,
        "baggingFreq": 1,
        "seed": job.seed,
        "deterministic": True,
        "passThroughArgs": "force_row_wise=true",
        "slotNames": list(job.names),
        "useBarrierExecutionMode": True,
        "numTasks": job.tasks,
        # One task of an executor trains, with the threads of all.
        "numThreads": max(1, job.tasks // _executors(rows.sparkSession)),
        "timeout": job.timeout_s,
        "binSampleCount": job.bin_sample,
        "verbosity": -1,
    }
    if job.stopping:
        settings |= {
            "validationIndicatorCol": "held_out",
            "earlyStoppingRound": params.early_stopping_rounds,
        }
    if job.objective == "lambdarank":
        # 30 is what the lightgbm package takes.
        ranked = {"groupCol": "place", "repartitionByGroupingColumn": False, "maxPosition": 30}
        if job.stopping:  # rows to watch, in groups, cannot be streamed ("dataset with no queries")
            ranked["dataTransferMode"] = "bulk"
        model = LightGBMRanker(**settings, **ranked)
    else:
        model = LightGBMClassifier(**settings, objective=job.objective, maxNumClasses=job.classes)
    # VectorAssembler would bring nominal metadata along, which SynapseML takes for categorical
    # slots; a vector from an array has none.
    vector = array_to_vector(F.col("features").cast("array<double>"))
    made = arranged(rows, vector, job.tasks).persist()
    made.count()  # made, before the workers wait for one another
    try:
        return str(model.fit(made).getNativeModel())
    finally:
        made.unpersist()
