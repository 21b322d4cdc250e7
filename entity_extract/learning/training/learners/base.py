"""All base learners fitted on one part of the rows."""

import numpy as np

from entity_extract.config import LearningConfig
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learners.forest import fit_forest
from entity_extract.learning.training.learners.fusion_net import fit_fusion
from entity_extract.learning.training.learners.unit_classifier import fit_unit_classifier
from entity_extract.learning.training.transformer import fit_transformer, targets


def fit_learners(
    examples: Examples,
    rows: np.ndarray,
    *,
    config: LearningConfig,
    background: Background = Background(),  # noqa: B008  # frozen and empty
) -> BaseLearners:
    """Fits all learners on `rows` of `examples`, each of which has a label."""
    part = examples.take(rows)
    target = targets(part)
    encoder = fit_transformer(
        part,
        target,
        components=config.image_components,
        seed=config.seed,
        further_priors=background.priors,
    )
    features = encoder.transform(part, training=True)
    net = fit_fusion(
        features,
        target.unit,
        target.log_si,
        part.allowed,
        config.fusion,
        seed=config.seed,
        groups=part.picture,
    )
    return BaseLearners(
        encoder.settled(),
        fit_forest(features, target.log_si, config.forest, seed=config.seed),
        fit_unit_classifier(
            features,
            target.unit,
            len(part.domain.unit_names),
            config.unit,
            seed=config.seed,
            picture=part.picture,
        ),
        net,
        background.teacher,
    )
