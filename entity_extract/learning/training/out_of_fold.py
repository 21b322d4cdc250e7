"""What the ranker learns from: every row's candidates as seen by learners that never saw it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from entity_extract.config import LearningConfig, RankerParams
from entity_extract.errors import TooLittle
from entity_extract.learning.features.examples import Examples, correct_candidates
from entity_extract.learning.prediction.evidence import Evidence
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.prediction.ranker_features import ranker_feature_names, ranker_features
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learners.base import fit_learners
from entity_extract.learning.training.learners.fitters import FITTERS, Fitter
from entity_extract.learning.training.learners.ranker import fit_ranker
from entity_extract.learning.training.split import folds


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
        scores = np.zeros(len(self.row))
        for k, ranker in self.rankers(params, seed=seed).items():
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


def check_enough(labelled: int, config: LearningConfig) -> None:
    """Raises TooLittle where so many labelled rows are too few for the folds."""
    if labelled < 2 * config.folds:
        raise TooLittle(f"{labelled} labelled, readable rows are too few to learn from")


def predict_out_of_fold(
    examples: Examples,
    clusters: np.ndarray,
    *,
    config: LearningConfig,
    background: Background = Background(),  # noqa: B008  # frozen and empty
    fitters: Mapping[str, Fitter] = FITTERS,
) -> OutOfFold:
    """Base learners are fitted once per fold. Raises TooLittle to learn from."""
    labelled = examples.labelled
    check_enough(int(labelled.sum()), config)
    fold = folds(examples.entity, clusters, parts=config.folds, seed=config.seed)
    right = correct_candidates(examples)
    if len(np.unique(fold[examples.owner[right]])) < 2:
        raise TooLittle("the right answer was read in too few pictures to learn to choose it")
    names = ranker_feature_names(examples.names)
    features = np.zeros((len(examples.owner), len(names)), np.float32)
    for k in range(config.folds):
        learners = fit_learners(
            examples,
            np.flatnonzero(labelled & (fold != k)),
            config=config,
            background=background,
            fitters=fitters,
        )
        held_out = examples.take(np.flatnonzero(fold == k))
        # take() keeps candidates in row order, and rows are taken in order
        evidence = Evidence.of(learners, held_out)
        features[fold[examples.owner] == k] = ranker_features(names, evidence)
    owner = examples.owner
    return OutOfFold(features, right, owner, fold[owner], examples.picture[owner], names)
