"""The whole model fitted on examples at hand, without a table of a catalog's rows."""

from collections.abc import Mapping

import numpy as np

from entity_extract.config import LearningConfig
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.training.backend import TaughtRows, taught_rows
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learners.fitters import FITTERS, Fitter
from entity_extract.learning.training.local_backend import LocalFits
from entity_extract.learning.training.orchestrator import Fitted, fit, see_out_of_fold
from entity_extract.learning.training.out_of_fold import OutOfFold

NOTHING = Background()


def fit_model(
    examples: Examples,
    clusters: np.ndarray,
    *,
    config: LearningConfig,
    background: Background = NOTHING,
    fitters: Mapping[str, Fitter] = FITTERS,
) -> Model:
    """Fits on all of `examples`; clusters (n,) are the pictures that must not be parted.

    Raises TooLittle to learn from.
    """
    return fit_with_folds(
        examples, clusters, config=config, background=background, fitters=fitters
    ).model


def fit_with_folds(
    examples: Examples,
    clusters: np.ndarray,
    *,
    config: LearningConfig,
    background: Background = NOTHING,
    fitters: Mapping[str, Fitter] = FITTERS,
) -> Fitted:
    """The model, and the predictions that its ranker learned from."""
    rows = rows_of(examples, clusters, config)
    return fit(LocalFits(examples, examples, rows, config, background, fitters), rows, config)


def predict_out_of_fold(
    examples: Examples,
    clusters: np.ndarray,
    *,
    config: LearningConfig,
    background: Background = NOTHING,
) -> OutOfFold:
    """What the ranker would learn from. Raises TooLittle to learn from."""
    rows = rows_of(examples, clusters, config)
    fits = LocalFits(examples, examples, rows, config, background, FITTERS)
    with fits.candidates() as candidates:
        see_out_of_fold(fits, candidates, config)
        return candidates.out_of_fold


def rows_of(examples: Examples, clusters: np.ndarray, config: LearningConfig) -> TaughtRows:
    """All of them are learned from."""
    return taught_rows(
        examples.entity,
        examples.picture,
        examples.labelled,
        clusters,
        domain=examples.domain,
        config=config,
    )
