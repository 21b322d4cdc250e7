"""The lightgbm package in Python workers, which train together as the tasks of one barrier stage.

Each task tells the others where it listens and how many rows it has; then LightGBM links them by
its own sockets, and each ends up with the same model. Needs no jar. A task that fails ends the
stage, and Spark then kills the Python workers of the others, which may wait for it in native code.
"""

import json
import math
import re
import socket
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark import BarrierTaskContext
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.errors import UserError
from entity_extract.learning.training.learners.boosting import boost, lightgbm_settings
from entity_extract.spark.distributed.attempts import FitFailed
from entity_extract.spark.distributed.boosting import BoostingJob, arranged, slots

# A task whose peer is gone hears of it before Spark does. It keeps quiet for so long, or its broken
# connection would be told as the cause.
_HEARD_S = 10.0
_NO_ROOM = "SPARK-24819"  # Spark's own name of this refusal, in all of its versions
_NO_PORT = 9  # of a connection that is never made: only the way to the host is looked up
# Where the workers happened to listen is no part of a model.
_OF_THIS_RUN = re.compile(r"(?m)^\[(?:machines|local_listen_port|time_out): .*\]\n")


@dataclass(frozen=True)
class Rows:
    """features: matrices (n_i, F) float32 of n rows together; label (n,); place (n,) ascending."""

    features: Sequence[np.ndarray]
    label: np.ndarray
    place: np.ndarray

    @classmethod
    def of(cls, batches: Iterable[pa.RecordBatch]) -> "Rows":
        parts = [batch for batch in batches if len(batch)]
        return cls(
            [_matrix(part.column("features")) for part in parts],
            *(
                np.concatenate([np.zeros(0), *(part.column(name).to_numpy() for part in parts)])
                for name in ("label", "place")
            ),
        )

    def dataset(self, job: BoostingJob, reference: lgb.Dataset | None = None) -> lgb.Dataset:
        data = lgb.Dataset(
            list(self.features),
            self.label,
            feature_name=list(job.names) or "auto",
            reference=reference,
            params={"verbosity": -1, "bin_construct_sample_cnt": job.bin_sample},
        )
        if job.objective == "lambdarank":
            data.set_group(np.unique(self.place, return_counts=True)[1])
        return data


def _matrix(cells: pa.ListArray) -> np.ndarray:
    flat = cells.flatten().to_numpy(zero_copy_only=False)
    return np.asarray(flat, np.float32).reshape(len(cells), -1)


def fit(rows: DataFrame, job: BoostingJob) -> str:
    """LightGBM's model text; `rows` as `lightgbm.fit_booster` takes them. As many tasks train as
    job.tasks says. The rows that are held out come to the driver and to each task, so that all
    stop after the same round. Raises FitFailed where Spark has no room for so many tasks at once.
    """
    spark = rows.sparkSession
    learned = arranged(rows.where(~F.col("held_out")), F.col("features"), job.tasks).persist()
    held_out = spark.sparkContext.broadcast(_held_out(rows) if job.stopping else None)
    driver = str(spark.sparkContext.getConf().get("spark.driver.host"))

    def run(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        text = boosted(Rows.of(batches), held_out.value, job, driver)
        if text is not None:
            yield pa.RecordBatch.from_pydict({"model": [text]})

    try:
        learned.count()  # made, before the workers wait for one another
        told = learned.mapInArrow(run, "model string", barrier=True).collect()
    except (Py4JError, PySparkException) as err:
        if _NO_ROOM in str(err):
            raise FitFailed(
                f"{job.tasks} tasks were to train together, and the cluster has room for "
                f"{slots(spark)} at once now: has an executor gone?"
            ) from err
        raise
    finally:
        learned.unpersist()
        held_out.unpersist()
    return str(told[0]["model"])


def _held_out(rows: DataFrame) -> Rows:
    kept = rows.where("held_out").select("features", "label", "place", "at").toPandas()
    kept = kept.sort_values(["place", "at"])
    features = np.array(kept["features"].tolist(), np.float32)
    return Rows([features], kept["label"].to_numpy(float), kept["place"].to_numpy(float))


def boosted(mine: Rows, held_out: Rows | None, job: BoostingJob, driver: str) -> str | None:
    """In each task of the stage: the model's text in the first that has rows, None in the others.

    `driver` is a host that every executor reaches. Raises LightGBMError where the network breaks.
    """
    context = BarrierTaskContext.get()
    with socket.socket() as kept:  # the port is ours until all know of it, and LightGBM binds it
        kept.bind(("", 0))
        port = int(kept.getsockname()[1])
        me = {"at": f"{_address(driver)}:{port}", "rows": len(mine.label)}
        told = [json.loads(message) for message in context.allGather(json.dumps(me))]
    workers = [peer["at"] for peer in told if peer["rows"]]  # LightGBM takes no empty part
    if not me["rows"]:
        return None
    network = _network(workers, port, job.timeout_s)
    try:
        model = _boosted(mine, held_out, job, {**network, "num_threads": context.cpus()})
    except lgb.basic.LightGBMError:
        time.sleep(_HEARD_S)
        raise
    return model if me["at"] == workers[0] else None


def _boosted(
    mine: Rows, held_out: Rows | None, job: BoostingJob, settings: Mapping[str, Any]
) -> str:
    params = job.params
    known = lightgbm_settings(
        params, objective=job.objective, bagging_fraction=job.bag, seed=job.seed
    )
    if job.objective == "multiclass":
        known["num_class"] = max(2, job.classes)
    data = mine.dataset(job)
    model = boost(
        {**known, **settings},
        data,
        rounds=params.rounds,
        held_out=held_out.dataset(job, data) if held_out is not None else None,
        patience=params.early_stopping_rounds,
    )
    return _OF_THIS_RUN.sub("", str(model.model_to_string()))


def _address(driver: str) -> str:
    """This machine's on the way to the driver, which all executors reach: so they reach it, too."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as way:
        way.connect((driver, _NO_PORT))
        return str(way.getsockname()[0])


def _network(workers: Sequence[str], port: int, timeout_s: float) -> dict[str, Any]:
    """LightGBM's settings. Raises UserError where not all of the workers can reach one another."""
    if len(workers) == 1:
        return {}
    local = [at.startswith("127.") for at in workers]
    if any(local) and not all(local):
        raise UserError(
            f"LightGBM's workers listen at {', '.join(workers)}, some of them for their own "
            "machine alone: set spark.driver.host to an address that all executors know"
        )
    return {
        "tree_learner": "data",
        "pre_partition": True,
        "machines": ",".join(workers),
        "num_machines": len(workers),
        "local_listen_port": port,
        "time_out": math.ceil(timeout_s / 60),  # minutes, of each wait for another worker
    }
