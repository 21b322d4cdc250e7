"""The candidates of a training on the cluster: on the executors, fold by fold."""

from collections.abc import Mapping
from functools import reduce

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.training.backend import Best
from entity_extract.learning.training.out_of_fold import OutOfFold
from entity_extract.spark.distributed.learners import Training
from entity_extract.spark.distributed.out_of_fold import candidates_of, sampled
from entity_extract.spark.distributed.ranker import best_candidates, fit_ranker


class DistributedCandidates:
    """Of placed rows that are learned from; persisted until `unpersist`."""

    def __init__(self, teaching: DataFrame, training: Training) -> None:
        self._teaching, self._training = teaching, training
        self._parts: list[DataFrame] = []

    @property
    def _all(self) -> DataFrame:
        return reduce(DataFrame.unionAll, self._parts)

    def add(self, fold: int, learners: BaseLearners) -> None:
        held_out = self._teaching.where(F.col("fold") == fold)
        self._parts.append(candidates_of(held_out, learners, self._training).persist())
        self._parts[-1].count()  # while these learners are at hand; the next take their place

    def unpersist(self) -> None:
        for part in self._parts:
            part.unpersist()

    def folds_with_right(self) -> int:
        return self._all.where(F.col("label") > 0).select("fold").distinct().count()

    def fold_rankers(self) -> dict[int, Ranker]:
        return {
            k: fit_ranker(self._all.where(F.col("fold") != k), self._training)
            for k in range(self._training.config.folds)
        }

    def ranker(self) -> Ranker:
        return fit_ranker(self._all, self._training)

    def best(self, rankers: Mapping[int, Ranker]) -> Best:
        scored = [
            best_candidates(self._all.where(F.col("fold") == k), ranker)
            for k, ranker in rankers.items()
        ]
        return _by_row(reduce(DataFrame.unionAll, scored).toPandas(), self._learn_from)

    def sample(self, best: Best) -> OutOfFold:
        last = _last_of_sample(best.candidates, self._training.config.driver_rows)
        return sampled(self._all, int(self._learn_from[last]), self._training)

    @property
    def _learn_from(self) -> np.ndarray:
        return self._training.split.learn_from


def _by_row(best: pd.DataFrame, learn_from: np.ndarray) -> Best:
    """best: place, score, label and candidates of each row that has some."""
    at = np.searchsorted(learn_from, best["place"].to_numpy(int))
    score, right, able = np.zeros(len(learn_from)), *(np.zeros((2, len(learn_from)), bool))
    number = np.zeros(len(learn_from), int)
    score[at], right[at], able[at] = best["score"], best["label"] > 0, True
    number[at] = best["candidates"]
    return Best(score, right, able, number)


def _last_of_sample(number: np.ndarray, candidates: int) -> int:
    """The last row up to which there are at most so many candidates, but one row with some."""
    some = np.flatnonzero(number)
    upto = int(np.searchsorted(number[some].cumsum(), candidates, side="right"))
    return int(some[max(0, upto - 1)])
