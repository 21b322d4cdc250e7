"""What a base learner is fitted on."""

from dataclasses import dataclass

import numpy as np

from entity_extract.learning.features.examples import Examples
from entity_extract.learning.features.transformer import FeatureTransformer
from entity_extract.learning.training.transformer import Targets, targets


@dataclass(frozen=True)
class FitRows:
    """n labelled rows: features (n, d), allowed (n, units) bool, picture (n,) names."""

    features: np.ndarray
    target: Targets
    allowed: np.ndarray
    picture: np.ndarray


def fit_rows(
    examples: Examples, transformer: FeatureTransformer, *, training: bool = True
) -> FitRows:
    """Labelled examples; `training`: the transformer was fitted on them, see `transform`."""
    return FitRows(
        transformer.transform(examples, training=training),
        targets(examples),
        examples.allowed,
        examples.picture,
    )
