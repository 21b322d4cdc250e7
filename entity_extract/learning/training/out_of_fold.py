"""What the ranker learns from: every row's candidates as seen by learners that never saw it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from entity_extract.config import RankerParams
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.training.learners.ranker import fit_ranker


@dataclass(frozen=True)
class OutOfFold:
    """What the ranker learns from: candidates as learners see them that never saw their picture.

    features (m, F), `names` of its columns; right (m,) bool; row, fold, picture (m,) of each
    candidate.
    """

    features: np.ndarray
    right: np.ndarray
    row: np.ndarray
    fold: np.ndarray
    picture: np.ndarray
    names: tuple[str, ...]
    _rankers: dict[tuple[RankerParams, int], dict[int, Ranker]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def scores(self, params: RankerParams, *, seed: int) -> np.ndarray:
        """(m,) by rankers that did not see the candidate's fold."""
        return self.scored_by(self.rankers(params, seed=seed))

    def scored_by(self, rankers: Mapping[int, Ranker]) -> np.ndarray:
        """(m,) each candidate by the ranker of its fold."""
        scores = np.zeros(len(self.row))
        for k, ranker in rankers.items():
            scores[self.fold == k] = ranker.score(self.features[self.fold == k])
        return scores

    def rankers(self, params: RankerParams, *, seed: int) -> Mapping[int, Ranker]:
        """By fold, the ranker that did not see it; fitted once."""
        if (params, seed) not in self._rankers:
            self._rankers[params, seed] = {
                k: self.ranker(self.fold != k, params, seed=seed)
                for k in np.unique(self.fold).tolist()
            }
        return self._rankers[params, seed]

    def ranker(self, learn_from: np.ndarray, params: RankerParams, *, seed: int) -> Ranker:
        """Fitted on the candidates of `learn_from` (m,) bool."""
        return fit_ranker(
            self.features[learn_from],
            self.right[learn_from],
            self.row[learn_from],
            params,
            seed=seed,
            picture=self.picture[learn_from],
            names=self.names,
        )
