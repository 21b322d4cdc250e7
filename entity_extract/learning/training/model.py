"""The whole model fitted: base learners, ranker, calibration and thresholds."""

from collections.abc import Mapping

import numpy as np

from entity_extract.config import LearningConfig
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.prediction.model import Model, best_of_rows
from entity_extract.learning.training.abstention import fit_abstention
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learners.base import fit_learners
from entity_extract.learning.training.learners.fitters import FITTERS, Fitter
from entity_extract.learning.training.out_of_fold import (
    OutOfFold,
    predict_out_of_fold,
)


def fit_model(
    examples: Examples,
    clusters: np.ndarray,
    *,
    config: LearningConfig,
    background: Background = Background(),  # noqa: B008  # frozen and empty
    fitters: Mapping[str, Fitter] = FITTERS,
) -> Model:
    """Fits on all of `examples`; clusters (n,) are the pictures that must not be parted.

    The ranker, the calibration and the abstention thresholds see only out-of-fold predictions: no
    row's base predictions, prior or score come from a model that saw that row's picture.
    Raises TooLittle to learn from.
    """
    return fit_with_folds(
        examples,
        clusters,
        config=config,
        background=background,
        fitters=fitters,
    )[0]


def fit_with_folds(
    examples: Examples,
    clusters: np.ndarray,
    *,
    config: LearningConfig,
    background: Background = Background(),  # noqa: B008  # frozen and empty
    fitters: Mapping[str, Fitter] = FITTERS,
) -> tuple[Model, OutOfFold]:
    """The model, and the predictions that its ranker learned from."""
    out_of_fold = predict_out_of_fold(
        examples,
        clusters,
        config=config,
        background=background,
        fitters=fitters,
    )
    learners = fit_learners(
        examples,
        np.flatnonzero(examples.labelled),
        config=config,
        background=background,
        fitters=fitters,
    )
    model = complete_model(examples, out_of_fold, learners, config=config)
    return model, out_of_fold


def complete_model(
    examples: Examples,
    out_of_fold: OutOfFold,
    learners: BaseLearners,
    *,
    config: LearningConfig,
) -> Model:
    """Ranker, calibration and silence from out-of-fold predictions, for learners of all rows."""
    scores = out_of_fold.scores(config.ranker, seed=config.seed)
    chosen = best_of_rows(examples, scores)
    able = chosen.best >= 0
    right = np.zeros(len(examples), bool)
    right[able] = out_of_fold.right[chosen.best[able]]
    calibration, thresholds = fit_abstention(
        chosen.confidence, right, able, examples.labelled, examples.entity
    )
    everything = np.ones(len(scores), bool)
    return Model(
        learners=learners,
        ranker=out_of_fold.ranker(everything, config.ranker, seed=config.seed),
        calibration=calibration,
        thresholds=thresholds,
        domain=examples.domain,
    )
