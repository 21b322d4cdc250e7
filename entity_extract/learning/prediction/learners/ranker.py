"""Chooses among the candidates of a row: LightGBM, stacked on base predictions."""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from entity_extract.learning.prediction.learners.booster import read_booster
from entity_extract.learning.prediction.ranker_features import RANKER_FEATURES


@dataclass(frozen=True)
class Ranker:
    """Scores candidates: the probability of being the label, or, ranked in pairs, a bare score."""

    model: lgb.Booster

    def score(self, features: np.ndarray) -> np.ndarray:
        """(m, len(RANKER_FEATURES)) -> (m,)."""
        if not len(features):
            return np.zeros(0)
        return np.asarray(self.model.predict(features, num_threads=1))

    def to_text(self) -> str:
        return str(self.model.model_to_string())

    @classmethod
    def from_text(cls, text: str) -> "Ranker":
        """Raises ValueError when `text` is not a ranker of these features."""
        model = read_booster(text)
        if tuple(model.feature_name()) != RANKER_FEATURES:
            raise ValueError("a LightGBM model, but not a ranker of this version's features")
        return cls(model)
