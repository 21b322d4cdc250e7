"""All base learners fitted on one part of the rows."""

from collections.abc import Mapping

import numpy as np

from entity_extract.config import LearningConfig
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learners.fitters import FITTERS, Fitter
from entity_extract.learning.training.learners.rows import fit_rows
from entity_extract.learning.training.transformer import fit_transformer, targets


def fit_learners(
    examples: Examples,
    rows: np.ndarray,
    *,
    config: LearningConfig,
    background: Background = Background(),  # noqa: B008  # frozen and empty
    fitters: Mapping[str, Fitter] = FITTERS,
) -> BaseLearners:
    """Fits all learners on `rows` of `examples`, each of which has a label."""
    part = examples.take(rows)
    transformer = fit_transformer(
        part,
        targets(part),
        components=config.image_components,
        seed=config.seed,
        further_priors=background.priors,
    )
    fit_on = fit_rows(part, transformer)
    fitted = {name: fit(fit_on, config) for name, fit in fitters.items()}
    return BaseLearners(transformer.settled(), fitted, background.teacher)
