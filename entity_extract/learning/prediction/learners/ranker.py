"""Chooses among the candidates of a row: LightGBM, stacked on base predictions."""

from dataclasses import dataclass

import numpy as np

from entity_extract.learning.prediction.learners.booster import NamedBooster, read_booster
from entity_extract.learning.prediction.ranker_features import feature_versions


@dataclass(frozen=True)
class Ranker(NamedBooster):
    """Scores candidates: the probability of being the label, or, ranked in pairs, a bare score."""

    def score(self, features: np.ndarray) -> np.ndarray:
        """(m, len(names)) -> (m,)."""
        return self._scores(features)

    @classmethod
    def from_text(cls, text: str) -> "Ranker":
        """Raises ValueError when `text` is no ranker, or one of features not declared here."""
        ranker = cls(read_booster(text))
        if missing := set(ranker.names) - feature_versions(ranker.names).keys():
            named = ", ".join(sorted(missing))
            raise ValueError(f"a LightGBM model of features that are not declared here: {named}")
        return ranker
