"""Chooses among the candidates of a row: LightGBM, stacked on base predictions."""

from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np

from entity_extract.learning.prediction.learners.booster import read_booster
from entity_extract.learning.prediction.ranker_features import feature_versions


@dataclass(frozen=True)
class Ranker:
    """Scores candidates: the probability of being the label, or, ranked in pairs, a bare score."""

    model: lgb.Booster

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features it was trained on, in the order in which it takes them."""
        return tuple(self.model.feature_name())

    def score(self, features: np.ndarray) -> np.ndarray:
        """(m, len(names)) -> (m,)."""
        if not len(features):
            return np.zeros(0)
        return np.asarray(self.model.predict(features, num_threads=1))

    def to_text(self) -> str:
        return str(self.model.model_to_string())

    @classmethod
    def from_text(cls, text: str) -> "Ranker":
        """Raises ValueError when `text` is no ranker, or one of features not declared here."""
        ranker = cls(read_booster(text))
        if missing := set(ranker.names) - feature_versions(ranker.names).keys():
            named = ", ".join(sorted(missing))
            raise ValueError(f"a LightGBM model of features that are not declared here: {named}")
        return ranker
