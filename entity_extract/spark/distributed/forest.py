"""Spark MLlib's random forest, brought home as the arrays that the local backend makes."""

import secrets

import numpy as np
import pandas as pd
from pyspark.ml.functions import array_to_vector
from pyspark.ml.regression import RandomForestRegressor
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.config import ForestParams
from entity_extract.lake.files import STAGING
from entity_extract.learning.prediction.learners.forest import LEAF, Forest, TreeArrays
from entity_extract.spark.tables.lake import Lake


def fit_forest(
    features: DataFrame, params: ForestParams, *, rows: int, width: int, seed: int, lake: Lake
) -> Forest:
    """MLlib's RandomForestRegressor on `rows` of (features array<float> of `width`, log_si)."""
    vector = array_to_vector(F.col("features").cast("array<double>")).alias("features")
    model = RandomForestRegressor(
        featuresCol="features",
        labelCol="log_si",
        numTrees=params.num_trees,
        maxDepth=params.max_depth,
        minInstancesPerNode=params.min_leaf,
        subsamplingRate=min(1.0, params.max_rows / max(1, rows)),
        featureSubsetStrategy=str(params.feature_fraction),
        seed=seed,
    ).fit(features.select(vector, "log_si"))
    # MLlib's own saved form is its only public way to the nodes.
    place = f"{STAGING}/forest/{secrets.token_hex(6)}"
    try:
        model.write().overwrite().save(lake.storage.url(place))
        nodes = lake.spark.read.parquet(lake.storage.pattern(f"{place}/data")).toPandas()
    finally:
        lake.storage.remove(place)
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
