"""What the three base learners predict of a row, before anyone looks at its candidates."""

from dataclasses import dataclass

import numpy as np

from entity_extract.learning.features.examples import Examples
from entity_extract.learning.features.transformer import FeatureTransformer
from entity_extract.learning.prediction.learners.forest import Forest
from entity_extract.learning.prediction.learners.fusion import Fusion
from entity_extract.learning.prediction.learners.teacher import Teacher
from entity_extract.learning.prediction.learners.unit_classifier import UnitClassifier


@dataclass(frozen=True)
class BasePredictions:
    """Per row: value (n,) log10 SI and its spread (n,), unit (n, units); then the fusion net's."""

    value: np.ndarray
    spread: np.ndarray
    unit: np.ndarray
    fusion_value: np.ndarray
    fusion_unit: np.ndarray


@dataclass(frozen=True)
class BaseLearners:
    """Feature transformer, forest, unit classifier and fusion net, fitted on the same rows; and the
    teacher, where there is one, who saw none of them."""

    transformer: FeatureTransformer
    forest: Forest
    units: UnitClassifier
    fusion: Fusion
    teacher: Teacher | None = None

    def predict(self, examples: Examples) -> BasePredictions:
        features = self.transformer.transform(examples, training=False)
        allowed = examples.allowed
        value, spread = self.forest.predict(features)
        fusion_unit, fusion_value = self.fusion.predict(features, allowed)
        unit = self.units.probability(features, allowed)
        return BasePredictions(value, spread, unit, fusion_value, fusion_unit)
