"""The tree learners on the cluster: MLlib's forest and SynapseML's LightGBM, brought home as the
same arrays and model text that the local backend makes."""

import secrets
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from py4j.java_gateway import JavaClass
from pyspark.ml.functions import array_to_vector
from pyspark.ml.regression import RandomForestRegressor
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract.config import Domain, ForestParams, LearningConfig, UnitParams
from entity_extract.errors import UserError
from entity_extract.learning.encoder import RowEncoder, targets
from entity_extract.learning.forest import LEAF, Forest, TreeArrays
from entity_extract.learning.opinions import FitTrees
from entity_extract.learning.table import TrainingTable, examples_of_rows
from entity_extract.learning.unit_classifier import UnitClassifier
from entity_extract.quantities.answers import parse_label
from entity_extract.spark.lake import STAGING, Lake

_FEATURES = "features array<double>, unit double, log_si double"


def check_synapseml(spark: SparkSession) -> None:
    """Raises UserError when the session lacks SynapseML's jar."""
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


def distributed_trees(
    examples: DataFrame,
    table: TrainingTable,
    learn_from: np.ndarray,
    lake: Lake,
    *,
    config: LearningConfig,
    domain: Domain,
) -> FitTrees:
    """A FitTrees whose rows are positions within `learn_from`; features are made on executors."""

    def fit(encoder: RowEncoder, rows: np.ndarray) -> tuple[Forest, UnitClassifier]:
        keys = table.rows.iloc[learn_from[rows]][["row_key", "row_copy"]]
        keys = keys.assign(picture=table.examples.picture[learn_from[rows]].astype(str))
        chosen = examples.join(
            F.broadcast(lake.spark.createDataFrame(keys)), ["row_key", "row_copy"]
        )
        features = _features(chosen, encoder, domain).persist()
        try:
            width = features.select("features").take(1)[0]["features"].size
            seed = config.seed
            return (
                fit_forest(features, width, config.forest, seed=seed, lake=lake),
                fit_units(features, config.unit, seed=seed),
            )
        finally:
            features.unpersist()

    return fit


def _features(chosen: DataFrame, encoder: RowEncoder, domain: Domain) -> DataFrame:
    """EXAMPLE_ROW with `picture` -> (features, unit, log_si), cross-fitted as in training."""
    shared = chosen.sparkSession.sparkContext.broadcast(encoder)
    image_width = len(encoder.mean)

    def run(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            labels = [
                parse_label(value, domain, entity)
                for value, entity in zip(batch["entity_value"], batch["entity_name"], strict=True)
            ]
            part = examples_of_rows(
                batch, labels, batch["picture"].tolist(), domain, image_width=image_width
            )
            target = targets(part, domain)
            rows = shared.value.transform(part, training=True, domain=domain).astype(float)
            yield pd.DataFrame(
                {"features": list(rows), "unit": target.unit.astype(float), "log_si": target.log_si}
            )

    made = chosen.mapInPandas(run, _FEATURES)
    # VectorAssembler would bring nominal metadata along, and SynapseML then crashes on units with
    # many levels; a plain vector has none.
    return made.select(array_to_vector(F.col("features")).alias("features"), "unit", "log_si")


def fit_forest(
    features: DataFrame, width: int, params: ForestParams, *, seed: int, lake: Lake
) -> Forest:
    """MLlib's RandomForestRegressor on (features, log_si), as arrays."""
    rows = features.count()
    model = RandomForestRegressor(
        featuresCol="features",
        labelCol="log_si",
        numTrees=params.num_trees,
        maxDepth=params.max_depth,
        minInstancesPerNode=params.min_leaf,
        subsamplingRate=min(1.0, params.max_rows / max(1, rows)),
        featureSubsetStrategy=str(params.feature_fraction),
        seed=seed,
    ).fit(features)
    # MLlib's own saved form is its only public way to the nodes.
    place = f"{STAGING}/forest/{secrets.token_hex(6)}"
    model.write().overwrite().save(lake.storage.url(place))
    nodes = lake.spark.read.parquet(lake.storage.url(f"{place}/data")).toPandas()
    lake.storage.remove(f"{STAGING}/forest")
    trees = [_tree(part["nodeData"].tolist()) for _, part in nodes.groupby("treeID")]
    return Forest.from_trees(trees, num_features=width)


def _tree(nodes: list[dict[str, object]]) -> TreeArrays:
    """MLlib numbers the nodes of a tree from 0, the root; a leaf has no children (-1)."""
    table = pd.DataFrame(nodes).sort_values("id")
    leaf = table["leftChild"].to_numpy() < 0
    split = pd.DataFrame(table["split"].tolist())
    threshold = [found[0] if len(found) else 0.0 for found in split["leftCategoriesOrThreshold"]]
    return TreeArrays(
        feature=np.where(leaf, LEAF, split["featureIndex"].to_numpy()).astype(int),
        threshold=np.array(threshold, float),
        left=table["leftChild"].to_numpy(int),
        right=table["rightChild"].to_numpy(int),
        value=table["prediction"].to_numpy(float),
    )


def fit_units(features: DataFrame, params: UnitParams, *, seed: int) -> UnitClassifier:
    """SynapseML's LightGBMClassifier on (features, unit), as LightGBM's own model."""
    from synapse.ml.lightgbm import LightGBMClassifier  # optional: only this backend needs it

    tasks = features.sparkSession.sparkContext.defaultParallelism
    # An empty partition, or more partitions than cores, makes LightGBM's ring of workers hang.
    spread = features.select("features", "unit").repartition(tasks).persist()
    rows = spread.count()
    try:
        model = LightGBMClassifier(
            featuresCol="features",
            labelCol="unit",
            objective="multiclass",
            numIterations=params.rounds,
            learningRate=params.learning_rate,
            numLeaves=params.leaves,
            minDataInLeaf=params.min_leaf,
            featureFraction=params.feature_fraction,
            lambdaL2=params.lambda_l2,
            baggingFraction=min(1.0, params.max_rows / max(1, rows)),
            baggingFreq=1,
            seed=seed,
            deterministic=True,
            useBarrierExecutionMode=True,
            numTasks=tasks,
        ).fit(spread)
    finally:
        spread.unpersist()
    return UnitClassifier.from_text(model.getNativeModel())
