"""From a backend's rows to a model: one order of steps, wherever the rows are.

The ranker, the calibration and the abstention thresholds see only out-of-fold predictions: no row's
base predictions, prior or score come from a model that saw that row's picture.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from entity_extract.config import Domain, LearningConfig
from entity_extract.errors import TooLittle
from entity_extract.learning.prediction.abstention import AbstentionThresholds, Calibration
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.training.abstention import fit_abstention
from entity_extract.learning.training.backend import (
    Backend,
    Best,
    Candidates,
    Fits,
    TaughtRows,
    taught_rows,
)
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.leakage import check_encoder
from entity_extract.learning.training.learning_curves import history_of, learning_curves
from entity_extract.learning.training.out_of_fold import OutOfFold
from entity_extract.learning.training.split_table import SplitRows, held_out_groups

# Of the categories of which nothing may be learned.
BackgroundOf = Callable[[frozenset[str]], Background]


@dataclass(frozen=True)
class Trained:
    """The model, its `answers` to the rows of the split, in their order (prediction, confidence,
    candidates), how it learned, and what from without pictures."""

    model: Model
    split: SplitRows
    answers: pd.DataFrame
    curves: dict[str, Any]
    background: Background


@dataclass(frozen=True)
class Ranked:
    """Learned from candidates out of fold: what chooses among them, and when to be silent; `folds`
    are the rankers that each did not see one fold, `best` is by them."""

    ranker: Ranker
    folds: Mapping[int, Ranker]
    calibration: Calibration
    thresholds: AbstentionThresholds
    best: Best

    def model(self, learners: BaseLearners, domain: Domain) -> Model:
        """Of learners that saw all rows."""
        return Model(learners, self.ranker, self.calibration, self.thresholds, domain)


@dataclass(frozen=True)
class Fitted:
    """The model, and the candidates that its ranker learned from: all of them, or a sample."""

    model: Model
    ranked: Ranked
    sample: OutOfFold


def train(
    backend: Backend,
    config: LearningConfig,
    domain: Domain,
    *,
    background_of: BackgroundOf,
    min_confidence: float | None = None,
    seen: Collection[int] = (),
) -> Trained:
    """`seen`: the pictures that the image encoder was fine-tuned on, see `check_encoder`.

    Raises UserError for rows that cannot be split, TooLittle for too few to learn from.
    """
    split = backend.split()
    check_encoder(split, seen)
    background = background_of(held_out_groups(split, config))
    rows = _taught(split, config, domain)
    with backend.fits(split, rows, background) as fits:
        fitted = fit(fits, rows, config)
        curves = curves_of(fitted, rows, config)
        answers = fits.answers(fitted.model, min_confidence)
    return Trained(fitted.model, split, answers, curves, background)


def _taught(split: SplitRows, config: LearningConfig, domain: Domain) -> TaughtRows:
    at = split.learn_from
    return taught_rows(
        split.rows["entity_name"].to_numpy(object)[at],
        split.picture[at],
        split.labelled[at],
        split.clusters[at],
        domain=domain,
        config=config,
    )


def fit(fits: Fits, rows: TaughtRows, config: LearningConfig) -> Fitted:
    """Base learners are fitted once per fold, then on all rows. Raises TooLittle to learn from."""
    with fits.candidates() as candidates:
        see_out_of_fold(fits, candidates, config)
        ranked = rank(candidates, rows)
        sample = candidates.sample(ranked.best)
    return Fitted(ranked.model(fits.fit_learners(), rows.domain), ranked, sample)


def see_out_of_fold(fits: Fits, candidates: Candidates, config: LearningConfig) -> None:
    """Each fold's candidates by learners of the others. Raises TooLittle to learn from."""
    for fold in range(config.folds):
        candidates.add(fold, fits.fit_learners(without=fold))
    if candidates.folds_with_right() < 2:
        raise TooLittle("the right answer was read in too few pictures to learn to choose it")


def rank(candidates: Candidates, rows: TaughtRows) -> Ranked:
    """Ranker, calibration and thresholds from out-of-fold predictions."""
    rankers = candidates.fold_rankers()
    best = candidates.best(rankers)
    calibration, thresholds = fit_abstention(
        best.score, best.right, best.able, rows.labelled, rows.entity
    )
    return Ranked(candidates.ranker(), rankers, calibration, thresholds, best)


def curves_of(fitted: Fitted, rows: TaughtRows, config: LearningConfig) -> dict[str, Any]:
    """See `learning_curves`; of a sample's rows alone where the candidates are one."""
    sample, best = fitted.sample, fitted.ranked.best
    in_sample = np.arange(len(rows.labelled)) <= sample.row.max(initial=-1)
    whole = len(sample.row) == best.candidates.sum()
    return learning_curves(
        rows.labelled if whole else rows.labelled & in_sample,
        rows.picture,
        sample,
        history_of(fitted.model.learners),
        config.ranker,
        seed=config.seed,
        grown=fitted.ranked.folds,
    )
