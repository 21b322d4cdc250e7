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

    def contributions(self, features: np.ndarray) -> np.ndarray:
        """(m, len(names)) -> (m, len(names) + 1): what each feature adds to a candidate's raw
        score, which is what they add up to; the last column is the average score.

        TreeSHAP (Lundberg and others, 2020), as LightGBM has it.
        """
        if not len(features):
            return np.zeros((0, len(self.names) + 1))
        return np.asarray(self.model.predict(features, num_threads=1, pred_contrib=True))

    @classmethod
    def from_text(cls, text: str) -> "Ranker":
        """Raises ValueError when `text` is no ranker, or one of features not declared here."""
        ranker = cls(read_booster(text))
        if missing := set(ranker.names) - feature_versions(ranker.names).keys():
            named = ", ".join(sorted(missing))
            raise ValueError(f"a LightGBM model of features that are not declared here: {named}")
        return ranker
