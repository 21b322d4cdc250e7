"""Training on the cluster: learners, out-of-fold base predictions and ranker where the rows are.

What comes to the driver, and no more: the columns of the split (keys, link, hashes, label; some 200
bytes a row); score, rightness and number of candidates of a row's best candidate, for calibration
and abstention thresholds (16 bytes a row: fewer than the split's, and exact, which bins would not
be); the answers to be scored (some 50); samples of features and embeddings (learning.driver_rows,
learning.driver_pictures); and models. Words and feature rows stay on the executors.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.config import Domain, LearningConfig
from entity_extract.errors import TooLittle
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.ranker_features import ranker_feature_names
from entity_extract.learning.training.abstention import fit_abstention
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learning_curves import history_of, learning_curves
from entity_extract.learning.training.out_of_fold import check_enough
from entity_extract.learning.training.split import folds
from entity_extract.learning.training.table import SplitRows
from entity_extract.spark.distributed.held_out import predictions_on_executors
from entity_extract.spark.distributed.learners import Training, fit_learners
from entity_extract.spark.distributed.out_of_fold import candidates_of, sampled
from entity_extract.spark.distributed.placed import (
    NO_FOLD,
    candidate_names,
    image_width,
    placed_rows,
    sampled_embeddings,
)
from entity_extract.spark.distributed.ranker import best_candidates, fit_ranker
from entity_extract.spark.tables.lake import Lake


def fit_distributed(
    examples: DataFrame,
    split: SplitRows,
    lake: Lake,
    *,
    config: LearningConfig,
    domain: Domain,
    background: Background,
    min_confidence: float | None,
) -> tuple[Model, pd.DataFrame, dict[str, Any]]:
    """The model, its answers to the rows of the split, in their order, and how it learned.

    `examples` are rows of EXAMPLE_ROW, let go of where they were persisted. Raises TooLittle to
    learn from, FitFailed when the cluster could not.
    """
    learn_from, labelled = split.learn_from, split.labelled
    check_enough(int(labelled[learn_from].sum()), config)
    fold = np.full(len(labelled), NO_FOLD)
    entity = split.rows["entity_name"].to_numpy(object)[learn_from]
    fold[learn_from] = folds(
        entity, split.clusters[learn_from], parts=config.folds, seed=config.seed
    )
    with _kept(placed_rows(examples, split, fold, config)) as rows:
        examples.unpersist()  # `rows` hold all of them
        places = learn_from[labelled[learn_from]]
        width = image_width(rows)
        images = sampled_embeddings(
            rows, places, split.picture, width=width, limit=config.driver_pictures
        )
        names = ranker_feature_names(candidate_names(rows))
        training = Training(lake, split, images, width, config, domain, background, names)
        model, curves = _fit_model(rows, fold, training)
        answers = predictions_on_executors(rows, model, min_confidence, image_width=width)
    return model, answers, curves


def _fit_model(
    rows: DataFrame, fold: np.ndarray, training: Training
) -> tuple[Model, dict[str, Any]]:
    config, split = training.config, training.split
    teaching = rows.where(F.col("fold") != NO_FOLD)
    labelled = teaching.where("labelled")
    is_labelled = split.labelled & (fold != NO_FOLD)
    parts: list[DataFrame] = []
    try:
        for k in range(config.folds):
            places = np.flatnonzero(is_labelled & (fold != k))
            learners = fit_learners(labelled.where(F.col("fold") != k), places, training)
            held_out = teaching.where(F.col("fold") == k)
            parts.append(candidates_of(held_out, learners, training).persist())
            parts[-1].count()  # while these learners are at hand; the next ones take their place
        candidates = reduce(DataFrame.unionAll, parts)
        _check_choosable(candidates)
        rankers = _fold_rankers(candidates, training)
        ranker = fit_ranker(candidates, training)
        best = _best_out_of_fold(candidates, rankers)
        sample = sampled(candidates, _last_of_sample(best, config.driver_rows), training)
    finally:
        for part in parts:
            part.unpersist()
    learners = fit_learners(labelled, np.flatnonzero(is_labelled), training)
    score, right, able = _by_row(best, split.learn_from)
    taught = split.labelled[split.learn_from]
    entity = split.rows["entity_name"].to_numpy(object)[split.learn_from]
    calibration, thresholds = fit_abstention(score, right, able, taught, entity)
    in_sample = np.arange(len(taught)) <= sample.row.max(initial=-1)
    whole = bool(len(sample.row) == best["candidates"].sum())
    curves = learning_curves(
        taught if whole else taught & in_sample,
        split.picture[split.learn_from],
        sample,
        history_of(learners),
        config.ranker,
        seed=config.seed,
        grown=rankers,
    )
    return Model(learners, ranker, calibration, thresholds, training.domain), curves


@contextmanager
def _kept(rows: DataFrame) -> Iterator[DataFrame]:
    """Made once, and kept on the executors while the block lasts."""
    kept = rows.persist()
    try:
        kept.count()
        yield kept
    finally:
        kept.unpersist()


def _check_choosable(candidates: DataFrame) -> None:
    with_right = candidates.where(F.col("label") > 0).select("fold").distinct().count()
    if with_right < 2:
        raise TooLittle("the right answer was read in too few pictures to learn to choose it")


def _fold_rankers(candidates: DataFrame, training: Training) -> dict[int, Ranker]:
    """Of each fold, the ranker that did not see it."""
    return {
        k: fit_ranker(candidates.where(F.col("fold") != k), training)
        for k in range(training.config.folds)
    }


def _best_out_of_fold(candidates: DataFrame, rankers: dict[int, Ranker]) -> pd.DataFrame:
    """place, score, label and candidates of each row that has some, by place."""
    scored = [
        best_candidates(candidates.where(F.col("fold") == k), ranker)
        for k, ranker in rankers.items()
    ]
    found = reduce(DataFrame.unionAll, scored).toPandas()
    return found.sort_values("place", ignore_index=True)


def _last_of_sample(best: pd.DataFrame, candidates: int) -> int:
    """The last place up to which there are at most so many candidates, but one row at least."""
    upto = int(np.searchsorted(best["candidates"].cumsum(), candidates, side="right"))
    return int(best["place"].iloc[max(0, upto - 1)])


def _by_row(
    best: pd.DataFrame, learn_from: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score, right and able (n,) of the rows that are learned from."""
    at = np.searchsorted(learn_from, best["place"].to_numpy(int))
    score, right, able = np.zeros(len(learn_from)), *(np.zeros((2, len(learn_from)), bool))
    score[at], right[at], able[at] = best["score"], best["label"] > 0, True
    return score, right, able
