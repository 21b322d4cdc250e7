"""The base learners that a bundle may hold; how each is fitted stands in training's list."""

from entity_extract.learning.prediction.learners.base import Learner
from entity_extract.learning.prediction.learners.forest import Forest
from entity_extract.learning.prediction.learners.fusion import Fusion
from entity_extract.learning.prediction.learners.unit_classifier import UnitClassifier

LEARNERS: tuple[type[Learner], ...] = (Forest, UnitClassifier, Fusion)
