"""All base learners fitted on one part of the rows."""

import numpy as np

from entity_extract.config import Domain, LearningConfig
from entity_extract.learning.features.examples import Examples, allowed_units
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
    domain: Domain,
    background: Background = Background(),  # noqa: B008  # frozen and empty
) -> BaseLearners:
    """Fits all learners on `rows` of `examples`, each of which has a label."""
    part = examples.take(rows)
    target = targets(part, domain)
    encoder = fit_transformer(
        part,
        target,
        components=config.image_components,
        seed=config.seed,
        domain=domain,
        further_priors=background.priors,
    )
    features = encoder.transform(part, training=True, domain=domain)
    net = fit_fusion(
        features,
        target.unit,
        target.log_si,
        allowed_units(part.entity, domain),
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
            len(domain.unit_names),
            config.unit,
            seed=config.seed,
            picture=part.picture,
        ),
        net,
        background.teacher,
    )
