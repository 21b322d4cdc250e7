"""Trains on the driver and on two executor processes, and kills one: writes FOLDER/found.json.

python -m tests.jobs.clusters.cluster_training (training | faults) FOLDER ROUNDS WAY...
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, get_args

import lightgbm as lgb
import numpy as np
import pandas as pd
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.config import Config, LearningConfig, RankerParams, load_config
from entity_extract.evaluation.split_metrics import metrics_of
from entity_extract.learning.features.frames import EXAMPLE_ROW
from entity_extract.learning.prediction.learners.booster import read_booster
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.training.backend import Backend
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.local_backend import LocalBackend
from entity_extract.learning.training.orchestrator import train
from entity_extract.learning.training.split_table import training_table
from entity_extract.spark.distributed.attempts import Attempts, FitFailed
from entity_extract.spark.distributed.backend import DistributedBackend
from entity_extract.spark.distributed.boosting import slots
from entity_extract.spark.distributed.lightgbm import Way, fit_booster
from entity_extract.spark.session.session import spark_session
from entity_extract.spark.tables.lake import Lake
from tests.unit.learning_cases import DOMAIN, rows_of_products

ROOT = Path(__file__).parents[3]
EMBEDDING = 2048  # numbers, as ResNet50 gives them
Objective = Literal["binary", "lambdarank"]
# Few rows may come to the driver, so that all of the sampling is at work.
SETTINGS = [
    "learning.folds=2",
    "learning.same_figures_share=1.0",  # the drawn products have few figures, and share them
    "learning.image_components=2",
    "learning.driver_rows=300",
    "learning.driver_pictures=50",
    "learning.forest.num_trees=8",
    "learning.forest.max_depth=5",
    "learning.unit.rounds=8",
    "learning.fusion.max_epochs=4",
    "learning.ranker.rounds=40",
    "evaluate.bootstrap=20",
]
SPARK = {
    "spark.master": "local-cluster[2,1,1024]",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.maxResultSize": "3m",  # the embeddings alone of 600 rows are 5 MB
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",  # they live for minutes
    "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.executor.memory": "1g",
    "spark.executorEnv.OMP_NUM_THREADS": "1",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.sql.shuffle.partitions": "2",
}


def here(rows: pd.DataFrame, config: Config) -> dict[str, Any]:
    table = training_table(rows, config.learning, DOMAIN)
    return trained_by(LocalBackend(table, config.learning), config)


def on_executors(rows: pd.DataFrame, config: Config, lake: Lake, way: Way) -> dict[str, Any]:
    examples = lake.spark.createDataFrame(rows, schema.ddl(EXAMPLE_ROW))
    learning = config.learning.model_copy(update={"distributed_lightgbm": way})
    return trained_by(DistributedBackend(examples, lake, learning, DOMAIN), config)


def trained_by(backend: Backend, config: Config) -> dict[str, Any]:
    found = train(backend, config.learning, DOMAIN, background_of=lambda _: Background())
    return described(found.model, found.curves, metrics_of(found.split, found.answers, config))


def described(model: Model, curves: dict[str, Any], metrics: dict[str, Any]) -> dict[str, Any]:
    files = model.files()
    return {
        "files": sorted(files),
        "same_when_loaded": Model.from_files(files).files() == files,
        "curves": curves,
        "metrics": metrics,
    }


def candidates(spark: SparkSession, *, chance: bool) -> DataFrame:
    """1,000 rows of five candidates; the one with the largest first feature is right, or any."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(5000, 8))
    right = features[:, 0].reshape(-1, 5).argmax(axis=1)
    label = np.zeros((1000, 5))
    label[np.arange(1000), rng.integers(0, 5, 1000) if chance else right] = 1
    frame = pd.DataFrame(
        {
            "place": np.repeat(np.arange(1000), 5),
            "at": np.tile(np.arange(5), 1000),
            "held_out": np.repeat(rng.random(1000) < 0.2, 5),
            "features": features.tolist(),
            "label": label.ravel(),
        }
    )
    kinds = "place long, at int, held_out boolean, features array<float>, label double"
    return spark.createDataFrame(frame, kinds)


def boosted(rows: DataFrame, way: Way, objective: Objective, **params: Any) -> lgb.Booster:
    known = RankerParams(objective=objective, **params)
    config = LearningConfig(distributed_lightgbm=way)
    return read_booster(fit_booster(rows, known, config=config, objective=objective))


def ranked(spark: SparkSession, way: Way) -> dict[str, Any]:
    rows = candidates(spark, chance=False)
    grown = boosted(rows, way, "lambdarank", rounds=20, early_stopping_rounds=5)
    known = rows.toPandas()
    known["score"] = grown.predict(np.array(known["features"].tolist()))
    first = known.loc[known.groupby("place")["score"].idxmax()]
    chance = candidates(spark, chance=True)
    stopped = boosted(chance, way, "binary", rounds=60, early_stopping_rounds=3)
    unstopped = boosted(chance, way, "binary", rounds=60)
    orders = (chance, chance.orderBy(F.rand(seed=1)).repartition(5))
    drawn = [boosted(rows, way, "binary", rounds=20, max_rows=1000) for rows in orders]
    return {
        "right_first": first["label"].mean(),
        "trees_of_chance": [stopped.num_trees(), unstopped.num_trees()],
        "trees_by_order": [booster.model_to_string() for booster in drawn],
    }


def executors(spark: SparkSession) -> list[int]:
    """Processes that run this application's executors."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (folder / "cmdline").read_text()
            if "CoarseGrainedExecutorBackend" in command and ours(spark, command):
                found.append(int(folder.name))
    return found


def ours(spark: SparkSession, command: str) -> bool:
    return str(spark.sparkContext.applicationId) in command


def python_workers(spark: SparkSession) -> list[int]:
    """Processes that run this application's Python tasks: children of the daemons that fork them,
    which are children of executors."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
            parents[int(folder.name)] = int(parent)
    daemons = {process for process, parent in parents.items() if parent in executors(spark)}
    return [process for process, parent in parents.items() if parent in daemons]


# What a stage in which LightGBM trains is called, and for how long to wait until it does: Python
# workers first link up.
STAGES: Mapping[Way, tuple[str, float]] = {
    "synapseml": ("LightGBM", 0.5),
    "lightgbm": ("barrier.py", 4),
}
Victim = Callable[[SparkSession], list[int]]


def kill_while_boosting(spark: SparkSession, way: Way, victim: Victim) -> None:
    """Once both of LightGBM's workers have been at it for a while, one process is killed."""
    tracker, since = spark.sparkContext.statusTracker(), {}
    name, wait_s = STAGES[way]
    while True:
        time.sleep(0.1)
        for info in map(tracker.getStageInfo, tracker.getActiveStageIds()):
            if info is None or name not in info.name or info.numActiveTasks < 2:
                continue
            if time.monotonic() - since.setdefault(info.stageId, time.monotonic()) > wait_s:
                os.kill(victim(spark)[0], signal.SIGKILL)
                return


def outcome(
    spark: SparkSession,
    way: Way,
    rounds: int,
    *,
    attempts: int,
    timeout_s: float,
    victim: Victim | None = None,
) -> dict[str, Any]:
    """What becomes of a long fit: the trees that it was asked for, or what is said instead."""
    rows = candidates(spark, chance=True)
    while slots(spark) < 2:  # one that was killed before is on its way back
        time.sleep(0.2)
    if victim is not None:
        killer = threading.Thread(
            target=kill_while_boosting, args=[spark, way, victim], daemon=True
        )
        killer.start()
    start = time.monotonic()
    tries = Attempts(spark.sparkContext, attempts, timeout_s)
    try:
        grown = tries.run("ranker", lambda: boosted(rows, way, "binary", rounds=rounds, leaves=8))
        said: dict[str, Any] = {"trees": grown.num_trees()}
    except FitFailed as err:
        said = {"error": str(err)}
    return {**said, "s": time.monotonic() - start}


def training(
    spark: SparkSession, folder: Path, config: Config, ways: Sequence[Way]
) -> dict[str, Any]:
    rows = rows_of_products(600, EMBEDDING)
    lake = Lake(spark, str(folder / "lake"), config.lake)
    found = {"local": here(rows, config)}
    for way in ways:
        found[way] = on_executors(rows, config, lake, way) | {"ranked": ranked(spark, way)}
    return found


def faults(spark: SparkSession, rounds: int, way: Way) -> dict[str, Any]:
    def suffered(attempts: int, victim: Victim) -> dict[str, Any]:
        return outcome(spark, way, rounds, attempts=attempts, timeout_s=240, victim=victim)

    return {
        "overdue": outcome(spark, way, rounds, attempts=1, timeout_s=4),
        "killed_once": suffered(2, executors),
        "not_tried_again": suffered(1, executors),
        "worker_killed_once": suffered(2, python_workers) if way == "lightgbm" else None,
        "worker_not_tried_again": suffered(1, python_workers) if way == "lightgbm" else None,
    }


def main(what: str, folder: Path, rounds: int, ways: Sequence[Way]) -> None:
    config = load_config(["distributed.toml"], SETTINGS)
    settings = {**config.spark, **SPARK}
    if "synapseml" not in ways:
        settings.pop("spark.jars.packages", None)
    if what == "faults":  # their models are large
        settings["spark.driver.maxResultSize"] = "64m"
    with spark_session("test", settings) as spark:
        if what == "faults":
            found = {way: faults(spark, rounds, way) for way in ways}
        else:
            found = training(spark, folder, config, ways)
    (folder / "found.json").write_text(json.dumps(found))


if __name__ == "__main__":
    what, folder, rounds, *ways = sys.argv[1:]
    main(what, Path(folder), int(rounds), [way for way in get_args(Way) if way in ways])
