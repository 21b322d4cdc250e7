"""LightGBM in Python workers that train together: any rows in any part, and the same model."""

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract.config import LearningConfig, RankerParams, UnitParams
from entity_extract.errors import UserError
from entity_extract.learning.prediction.learners.booster import read_booster
from entity_extract.learning.training.learners.boosting import lightgbm_settings
from entity_extract.spark.distributed import barrier
from entity_extract.spark.distributed.attempts import FitFailed
from entity_extract.spark.distributed.boosting import BoostingJob
from entity_extract.spark.distributed.lightgbm import fit_booster, way_of

ROWS = 2000
KIND = "place long, at int, held_out boolean, features array<float>, label double"


def part_of(spark: SparkSession, places: int) -> np.ndarray:
    """(places,): the one of two parts in which each place comes to lie."""
    parted = spark.range(places).withColumnRenamed("id", "place").repartition(2, "place")
    found = parted.withColumn("part", F.spark_partition_id()).toPandas()
    return found.sort_values("place")["part"].to_numpy(int)


def rows_of(
    spark: SparkSession, place: np.ndarray, features: np.ndarray, label: np.ndarray
) -> DataFrame:
    frame = pd.DataFrame(
        {
            "place": place,
            "at": 0,
            "held_out": np.arange(len(place)) % 5 == 0,
            "features": list(features),
            "label": label.astype(float),
        }
    )
    return spark.createDataFrame(frame, KIND)


def job(**changed: object) -> BoostingJob:
    asked = {
        "params": RankerParams(rounds=20),
        "objective": "binary",
        "classes": 2,
        "names": (),
        "bag": 1.0,
        "stopping": False,
        "tasks": 2,
        "seed": 0,
        "bin_sample": 10_000,
        "timeout_s": 60.0,
    }
    return BoostingJob(**{**asked, **changed})  # type: ignore[arg-type]


def trees(text: str) -> str:
    return text.partition("end of trees")[0].partition("Tree=0")[2]


@pytest.fixture(scope="module")
def features() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(ROWS, 6)).astype(np.float32)


def test_two_workers_learn_what_one_machine_learns(
    spark: SparkSession, features: np.ndarray
) -> None:
    label = features[:, 0] + features[:, 1] > 0.5
    rows = rows_of(spark, np.arange(ROWS), features, label)
    params = RankerParams(rounds=30, early_stopping_rounds=10)
    config = LearningConfig(distributed_lightgbm="lightgbm")
    text = fit_booster(rows, params, config=config, objective="binary", names=tuple("abcdef"))
    together = read_booster(text)
    assert "[num_machines: 2]" in text
    assert together.feature_name() == list("abcdef")
    settings = lightgbm_settings(params, objective="binary", bagging_fraction=1.0, seed=0)
    alone = lgb.train(settings, lgb.Dataset(features, label.astype(int)), num_boost_round=30)
    there, here = (model.predict(features) for model in (together, alone))
    assert np.corrcoef(there, here)[0, 1] > 0.97
    assert ((there > 0.5) == label).mean() > 0.9


def test_a_worker_without_rows_leaves_the_others_to_it(
    spark: SparkSession, features: np.ndarray
) -> None:
    full = np.flatnonzero(part_of(spark, ROWS) == 1)  # the first part stays empty
    rows = rows_of(spark, full, features[full], features[full, 0] > 0)
    alone, beside_none = (barrier.fit(rows, job(tasks=tasks)) for tasks in (1, 2))
    assert trees(beside_none) == trees(alone) != ""


@pytest.mark.parametrize("objective", ["binary", "multiclass"])
def test_a_worker_may_lack_a_class_that_others_have(
    spark: SparkSession, features: np.ndarray, objective: str
) -> None:
    last = 1 if objective == "binary" else 2
    label = np.where(features[:, 0] > 0, last, 0)
    label[part_of(spark, ROWS) == 0] = 0  # the first worker knows one class alone
    rows = rows_of(spark, np.arange(ROWS), features, label)
    params = UnitParams(rounds=40, feature_fraction=1.0)
    model = read_booster(barrier.fit(rows, job(params=params, objective=objective, classes=4)))
    predicted = np.asarray(model.predict(features))
    said = predicted if objective == "binary" else predicted[:, last]
    assert said.shape == (ROWS,)
    assert said[features[:, 0] < 0].mean() < 0.05
    assert said[features[:, 0] > 0].mean() == pytest.approx(0.5, abs=0.1)


def test_more_workers_than_there_is_room_for_are_refused(
    spark: SparkSession, features: np.ndarray
) -> None:
    rows = rows_of(spark, np.arange(ROWS), features, features[:, 0] > 0)
    with pytest.raises(FitFailed, match=r"3 tasks were to train together, .* room for 2 at once"):
        barrier.fit(rows, job(tasks=3))


def test_without_synapseml_the_lightgbm_package_is_taken(spark: SparkSession) -> None:
    assert way_of(spark, LearningConfig()) == "lightgbm"
    with pytest.raises(UserError, match="needs SynapseML's jar"):
        way_of(spark, LearningConfig(distributed_lightgbm="synapseml"))
