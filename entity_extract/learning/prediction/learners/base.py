"""What a base learner is, and what all of them predict of a row before its candidates are seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, Self

import numpy as np

from entity_extract.learning.features.examples import Examples
from entity_extract.learning.features.transformer import FeatureTransformer
from entity_extract.learning.prediction.learners.teacher import Teacher

# Per row: column -> (n,), or (n, units) for a probability of each unit.
BasePredictions = Mapping[str, np.ndarray]


class Learner(Protocol):
    """A fitted base learner: a class of its own, in the list of `known`.

    `name` is that of its fitter and, where it has settings, of its section of [learning]; `file`
    is what it is called in a bundle.
    """

    name: ClassVar[str]
    file: ClassVar[str]

    def columns(self, features: np.ndarray, allowed: np.ndarray) -> BasePredictions:
        """(n, d), (n, units) bool -> what it predicts, in columns that no other learner has.

        A row's columns do not depend on the other rows.
        """
        ...

    def to_bytes(self) -> bytes:
        """A safe format: nothing that runs code when it is read."""
        ...

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """Raises ValueError for anything that `to_bytes` did not write."""
        ...


@dataclass(frozen=True)
class BaseLearners:
    """Feature transformer and learners by name, `fitted` on the same rows; and the teacher, where
    there is one, who saw none of them."""

    transformer: FeatureTransformer
    fitted: Mapping[str, Learner]
    teacher: Teacher | None = None

    def predict(self, examples: Examples) -> BasePredictions:
        """Raises ValueError where two learners name a column alike."""
        features = self.transformer.transform(examples, training=False)
        allowed = examples.allowed
        predictions: dict[str, np.ndarray] = {}
        for name, learner in self.fitted.items():
            columns = learner.columns(features, allowed)
            if twice := columns.keys() & predictions.keys():
                raise ValueError(f"learner {name}: another has {', '.join(sorted(twice))}, too")
            predictions |= columns
        return predictions
