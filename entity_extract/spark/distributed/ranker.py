"""The ranker, fitted and asked where the candidates are."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.training.learners.ranker import LARGEST_BAG
from entity_extract.spark.distributed.learners import Training
from entity_extract.spark.distributed.lightgbm import fit_booster

_SCORED = "place long, at int, label double, score double"


def fit_ranker(candidates: DataFrame, training: Training) -> Ranker:
    """Of candidates as `out_of_fold.candidates_of` gives them."""
    params = training.config.ranker

    def fit() -> Ranker:
        text = fit_booster(
            candidates,
            params,
            config=training.config,
            objective=params.objective,
            largest_bag=LARGEST_BAG,
            names=training.feature_names,
        )
        return Ranker.from_text(text)

    return training.attempts.run("ranker", fit)


def best_candidates(candidates: DataFrame, ranker: Ranker) -> DataFrame:
    """(place, score, label, candidates): of each row that has some the best, ties to the one read
    first, and how many there are."""
    shared = candidates.sparkSession.sparkContext.broadcast(ranker)

    def run(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            features = np.array(batch["features"].tolist(), np.float32)
            features = features.reshape(-1, len(shared.value.names))
            scored = batch[["place", "at", "label"]]
            yield scored.assign(score=shared.value.score(features))

    scored = candidates.select("place", "at", "label", "features").mapInPandas(run, _SCORED)
    best = F.max(F.struct("score", (-F.col("at")).alias("earlier"), "label")).alias("best")
    found = scored.groupBy("place").agg(best, F.count("*").alias("candidates"))
    return found.select("place", "best.score", "best.label", "candidates")
