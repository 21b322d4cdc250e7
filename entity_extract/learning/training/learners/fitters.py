"""How each base learner of prediction's list is fitted, by its name."""

from collections.abc import Callable, Mapping

from entity_extract.config import LearningConfig
from entity_extract.learning.prediction.learners.base import Learner
from entity_extract.learning.training.learners import forest, fusion_net, unit_classifier
from entity_extract.learning.training.learners.rows import FitRows

# Reads what it needs of the configuration. The same rows and seed give the same learner.
Fitter = Callable[[FitRows, LearningConfig], Learner]

FITTERS: Mapping[str, Fitter] = {
    "forest": forest.fit,
    "unit": unit_classifier.fit,
    "fusion": fusion_net.fit,
}
