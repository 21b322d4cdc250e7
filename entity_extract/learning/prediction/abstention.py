"""How sure an answer is, and from what point on it is worth giving."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Calibration:
    """A monotone map from the ranker's score to the share of right answers at that score; `shift`
    has the log odds by which an entity's share differs from that of all entities together."""

    score: tuple[float, ...]
    confidence: tuple[float, ...]
    shift: Mapping[str, float] = field(default_factory=dict)

    def __call__(self, score: np.ndarray, entity: np.ndarray) -> np.ndarray:
        """score (n,), entity (n,) names -> (n,) 0 to 1."""
        shared = np.interp(score, self.score, self.confidence)
        return shifted(shared, np.array([self.shift.get(name, 0.0) for name in entity], float))


_SUREST = 0.995  # no share that was measured says more; 1 could not be shifted


def shifted(confidence: np.ndarray, by: np.ndarray | float) -> np.ndarray:
    """(n,) confidences, no surer than _SUREST, with `by` added to their log odds."""
    bounded = np.clip(confidence, 1 - _SUREST, _SUREST)
    odds = bounded / (1 - bounded) * np.exp(by)
    return np.asarray(np.where(by == 0.0, bounded, odds / (1 + odds)))


NEVER = 2.0  # an abstention threshold that no confidence reaches, and that JSON can hold


@dataclass(frozen=True)
class AbstentionThresholds:
    """From which confidence on to answer: an entity's own point, or the general one."""

    general: float
    own: Mapping[str, float]

    def of(self, entity: np.ndarray) -> np.ndarray:
        """(n,) names -> (n,) the least confidence to answer with."""
        return np.array([self.own.get(name, self.general) for name in entity], float)
