"""What comes before a fit on the cluster: which rows are drawn from, and that they are the same."""

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract.config import ForestParams, LearningConfig
from entity_extract.learning.features.frames import SPLIT_ROW
from entity_extract.learning.training.split_table import SplitRows
from entity_extract.spark.distributed.forest import fit_forest
from entity_extract.spark.distributed.lightgbm import fewer_held_out
from entity_extract.spark.distributed.placed import placed_rows
from entity_extract.spark.tables.lake import Lake

ROWS = 1000


@pytest.fixture(scope="module")
def split() -> SplitRows:
    """Each row with a picture of its own."""
    rows = pd.DataFrame({name: "" for name in SPLIT_ROW}, index=range(ROWS))
    return SplitRows(
        rows=rows.assign(row_key=[f"row {i}" for i in range(ROWS)], row_copy=1),
        labels=((),) * ROWS,
        picture=np.arange(ROWS).astype(str).astype(object),
        clusters=np.arange(ROWS),
        validation=np.zeros(ROWS, bool),
        teaches=np.ones(ROWS, bool),
        dropped={},
    )


def in_order(spark: SparkSession, split: SplitRows, *, seed: int) -> DataFrame:
    """Placed rows of examples that come as they happen to: by chance, in 2 + `seed` partitions.

    They are wide, as with words and embeddings, and kept whole as training keeps them: what is
    known of them is brought to them, in their order.
    """
    shuffled = split.rows[["row_key", "row_copy"]].sample(frac=1, random_state=seed)
    examples = spark.createDataFrame(shuffled, "row_key string, row_copy int")
    wide = examples.withColumn("words", F.expr("repeat('w', 2000)")).repartition(2 + seed)
    return placed_rows(wide, split, np.zeros(ROWS, int), LearningConfig()).localCheckpoint()


def test_of_rows_held_out_no_more_than_a_few_stay_and_all_others_do(spark: SparkSession) -> None:
    rows = spark.range(5000).select((F.col("id") / 5).cast("long").alias("place"))
    rows = rows.withColumn("held_out", F.col("place") % 2 == 0)
    kept = fewer_held_out(rows, 2500, 250).toPandas()
    assert (~kept["held_out"]).sum() == 2500
    few = kept[kept["held_out"]].groupby("place").size()
    assert (few == 5).all()  # a place's rows are ranked together
    assert 125 < few.sum() < 375


def test_placed_rows_stand_where_they_stood_however_they_come(
    spark: SparkSession, split: SplitRows
) -> None:
    def places(rows: DataFrame) -> list[list[int]]:
        return rows.select("place").rdd.map(lambda row: int(row[0])).glom().collect()

    first, again = (places(in_order(spark, split, seed=seed)) for seed in (1, 2))
    assert len(first) == 2  # spark.sql.shuffle.partitions
    assert sorted(place for part in first for place in part) == list(range(ROWS))
    assert again == first


def test_the_same_seed_grows_the_same_forest_however_the_rows_come(
    spark: SparkSession, split: SplitRows, lake: Lake
) -> None:
    params = ForestParams(num_trees=3, max_depth=4, max_rows=200)

    def grown(order: int, *, seed: int = 0) -> bytes:
        number = F.col("place").cast("double")
        features = in_order(spark, split, seed=order).select(
            F.array(F.sin(number), F.cos(number)).cast("array<float>").alias("features"),
            F.sin(number).alias("log_si"),
        )
        made = fit_forest(features, params, rows=ROWS, width=2, seed=seed, lake=lake)
        return made.to_bytes()

    first = grown(1)
    assert grown(2) == first
    assert grown(1, seed=1) != first
