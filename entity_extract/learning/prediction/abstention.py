"""How sure an answer is, and from what point on it is worth giving."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Calibration:
    """A monotone map from the ranker's score to the share of right answers at that score."""

    score: tuple[float, ...]
    confidence: tuple[float, ...]

    def __call__(self, score: np.ndarray) -> np.ndarray:
        return np.asarray(np.interp(score, self.score, self.confidence))


NEVER = 2.0  # an abstention threshold that no confidence reaches, and that JSON can hold


@dataclass(frozen=True)
class AbstentionThresholds:
    """From which confidence on to answer: an entity's own point, or the general one."""

    general: float
    own: Mapping[str, float]

    def of(self, entity: np.ndarray) -> np.ndarray:
        """(n,) names -> (n,) the least confidence to answer with."""
        return np.array([self.own.get(name, self.general) for name in entity], float)
