"""What a backend is: where the rows are, and who fits on them there. `train` tells it what to do.

Rows to learn from are counted by their position among `TaughtRows`, whatever the backend.
"""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np
import pandas as pd

from entity_extract.config import Domain, LearningConfig
from entity_extract.errors import TooLittle
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.out_of_fold import OutOfFold
from entity_extract.learning.training.split import folds
from entity_extract.learning.training.split_table import SplitRows


@dataclass(frozen=True)
class TaughtRows:
    """n rows to learn from: entity, picture (n,) names; labelled (n,) bool, the label is not empty;
    fold (n,), the one that does not learn from the row."""

    entity: np.ndarray
    picture: np.ndarray
    labelled: np.ndarray
    fold: np.ndarray
    domain: Domain

    def labelled_without(self, fold: int | None) -> np.ndarray:
        """Positions of the labelled rows, those of `fold` left out."""
        return np.flatnonzero(
            self.labelled if fold is None else self.labelled & (self.fold != fold)
        )


def taught_rows(
    entity: np.ndarray,
    picture: np.ndarray,
    labelled: np.ndarray,
    clusters: np.ndarray,
    *,
    domain: Domain,
    config: LearningConfig,
) -> TaughtRows:
    """clusters (n,): rows of one are in one fold. Raises TooLittle to learn from."""
    if (known := int(labelled.sum())) < 2 * config.folds:
        raise TooLittle(f"{known} labelled, readable rows are too few to learn from")
    fold = folds(entity, clusters, parts=config.folds, seed=config.seed)
    return TaughtRows(entity, picture, labelled, fold, domain)


class Best(NamedTuple):
    """Of each row its best candidate (all (n,)): its score, whether it is right, whether there is
    one, among how many."""

    score: np.ndarray
    right: np.ndarray
    able: np.ndarray
    candidates: np.ndarray


class Candidates(Protocol):
    """Candidates of all rows, as seen by learners that never saw their picture."""

    def add(self, fold: int, learners: BaseLearners) -> None:
        """Those of the fold's rows, which `learners` did not see."""
        ...

    def folds_with_right(self) -> int:
        """In how many folds a candidate is right."""
        ...

    def fold_rankers(self) -> Mapping[int, Ranker]:
        """By fold, the ranker that did not see it."""
        ...

    def ranker(self) -> Ranker:
        """Fitted on all of them."""
        ...

    def best(self, rankers: Mapping[int, Ranker]) -> Best:
        """Each row scored by the ranker of its fold; ties go to the candidate read first."""
        ...

    def sample(self, best: Best) -> OutOfFold:
        """As many as may come to this machine: whole rows, the first ones. `best` is as above."""
        ...


class Fits(Protocol):
    """Fitting under way: the backend's rows, made once and kept until it is done."""

    def fit_learners(self, *, without: int | None = None) -> BaseLearners:
        """On the labelled rows, those of the fold `without` left out."""
        ...

    def candidates(self) -> AbstractContextManager[Candidates]:
        """None at first; let go of at the end."""
        ...

    def answers(self, model: Model, min_confidence: float | None) -> pd.DataFrame:
        """To all rows of the split, in their order: prediction, confidence, candidates."""
        ...


class Backend(Protocol):
    """A place to train: this machine, a cluster, or one that is none of this package's."""

    def split(self) -> SplitRows:
        """The labelled rows, split. Raises UserError where they cannot be."""
        ...

    def fits(
        self, split: SplitRows, rows: TaughtRows, background: Background
    ) -> AbstractContextManager[Fits]:
        """`split` is this backend's, `rows` are those of its `learn_from`, in that order."""
        ...
