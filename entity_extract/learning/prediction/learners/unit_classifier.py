"""The unit in which a value is printed: LightGBM over the unit names of all entities."""

from dataclasses import dataclass
from typing import ClassVar

import lightgbm as lgb
import numpy as np

from entity_extract.learning.prediction.learners.booster import read_booster

# A unit that training never showed keeps this much, so that an entity which has none but such
# units still gets probabilities; far below what one row in a million could earn.
FLOOR = 1e-6


@dataclass(frozen=True)
class UnitClassifier:
    """A fitted LightGBM model; SynapseML's native model text makes one, too."""

    booster: lgb.Booster
    name: ClassVar[str] = "unit"
    file: ClassVar[str] = "unit_classifier.txt"

    def columns(self, features: np.ndarray, allowed: np.ndarray) -> dict[str, np.ndarray]:
        """unit, see `probability`."""
        return {"unit": self.probability(features, allowed)}

    def probability(self, features: np.ndarray, allowed: np.ndarray) -> np.ndarray:
        """features (n, d), allowed (n, u) bool -> (n, u): each row sums to 1 over allowed units.

        A row that may have no unit at all (an unknown entity) gets zeros. One thread, since
        Spark's executors already have a task on each core.
        """
        seen = self._seen_probability(features)
        if seen.shape[1] > max(2, allowed.shape[1]):
            raise ValueError(f"{allowed.shape[1]} units given, the model has {seen.shape[1]}")
        probability = np.zeros(allowed.shape)
        known = min(seen.shape[1], allowed.shape[1])
        probability[:, :known] = seen[:, :known]
        return restricted(np.maximum(probability, FLOOR), allowed)

    def to_text(self) -> str:
        """LightGBM's own model text."""
        return str(self.booster.model_to_string())

    @classmethod
    def from_text(cls, text: str) -> "UnitClassifier":
        """Raises ValueError for anything that is not a whole LightGBM model."""
        return cls(read_booster(text))

    def to_bytes(self) -> bytes:
        return self.to_text().encode()

    @classmethod
    def from_bytes(cls, content: bytes) -> "UnitClassifier":
        """Raises ValueError as `from_text` does."""
        return cls.from_text(content.decode())

    def _seen_probability(self, features: np.ndarray) -> np.ndarray:
        """(n, classes the model knows)."""
        if features.shape[1] != self.booster.num_feature():
            raise ValueError(
                f"{features.shape[1]} features given, the model has {self.booster.num_feature()}"
            )
        predicted = np.asarray(self.booster.predict(features, num_threads=1))
        if predicted.ndim == 1:  # SynapseML fits two classes as one probability
            return np.stack([1 - predicted, predicted], axis=1)
        return predicted


def restricted(probability: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """(n, u) non-negative, (n, u) bool -> (n, u) summing to 1, or to 0 where nothing is allowed."""
    kept = np.where(allowed, probability, 0.0)
    total = kept.sum(axis=1, keepdims=True)
    return kept / np.where(total > 0, total, 1.0)
