"""Training on one machine: all rows in memory, scikit-learn, LightGBM and torch fit on them."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from entity_extract.config import LearningConfig
from entity_extract.learning.features.examples import Examples, correct_candidates
from entity_extract.learning.prediction.evidence import Evidence
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.prediction.model import Model, best_of_rows
from entity_extract.learning.prediction.predict import predictions_of
from entity_extract.learning.prediction.ranker_features import ranker_feature_names, ranker_features
from entity_extract.learning.training.backend import Best, Fits, TaughtRows
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learners.base import fit_learners
from entity_extract.learning.training.learners.fitters import FITTERS, Fitter
from entity_extract.learning.training.out_of_fold import OutOfFold
from entity_extract.learning.training.split_table import SplitRows, TrainingTable


@dataclass(frozen=True)
class LocalCandidates:
    """Of `examples`, the rows that are learned from; `out_of_fold` is filled fold by fold."""

    examples: Examples
    rows: TaughtRows
    config: LearningConfig
    out_of_fold: OutOfFold

    def add(self, fold: int, learners: BaseLearners) -> None:
        held_out = self.examples.take(np.flatnonzero(self.rows.fold == fold))
        # take() keeps candidates in row order, and rows are taken in order
        mine = self.out_of_fold.fold == fold
        evidence = Evidence.of(learners, held_out)
        self.out_of_fold.features[mine] = ranker_features(self.out_of_fold.names, evidence)

    def folds_with_right(self) -> int:
        return len(np.unique(self.out_of_fold.fold[self.out_of_fold.right]))

    def fold_rankers(self) -> Mapping[int, Ranker]:
        return self.out_of_fold.rankers(self.config.ranker, seed=self.config.seed)

    def ranker(self) -> Ranker:
        everything = np.ones(len(self.out_of_fold.row), bool)
        return self.out_of_fold.ranker(everything, self.config.ranker, seed=self.config.seed)

    def best(self, rankers: Mapping[int, Ranker]) -> Best:
        chosen = best_of_rows(self.examples, self.out_of_fold.scored_by(rankers))
        able = chosen.best >= 0
        right = np.zeros(len(self.examples), bool)
        right[able] = self.out_of_fold.right[chosen.best[able]]
        number = np.array([len(order) for order in chosen.order], int)
        return Best(chosen.confidence, right, able, number)

    def sample(self, best: Best) -> OutOfFold:
        return self.out_of_fold


def unseen(examples: Examples, rows: TaughtRows) -> OutOfFold:
    """All candidates, their features still 0."""
    owner, names = examples.owner, ranker_feature_names(examples.names)
    return OutOfFold(
        features=np.zeros((len(owner), len(names)), np.float32),
        right=correct_candidates(examples),
        row=owner,
        fold=rows.fold[owner],
        picture=examples.picture[owner],
        names=names,
    )


@dataclass(frozen=True)
class LocalFits:
    """`learned` are the rows that are learned from, `everything` those that are answered."""

    learned: Examples
    everything: Examples
    rows: TaughtRows
    config: LearningConfig
    background: Background
    fitters: Mapping[str, Fitter]

    def fit_learners(self, *, without: int | None = None) -> BaseLearners:
        return fit_learners(
            self.learned,
            self.rows.labelled_without(without),
            config=self.config,
            background=self.background,
            fitters=self.fitters,
        )

    @contextmanager
    def candidates(self) -> Iterator[LocalCandidates]:
        yield LocalCandidates(self.learned, self.rows, self.config, unseen(self.learned, self.rows))

    def answers(self, model: Model, min_confidence: float | None) -> pd.DataFrame:
        return predictions_of(model, self.everything, min_confidence)


@dataclass(frozen=True)
class LocalBackend:
    table: TrainingTable
    config: LearningConfig
    fitters: Mapping[str, Fitter] = field(default_factory=lambda: FITTERS)

    def split(self) -> TrainingTable:
        return self.table

    def fits(
        self, split: SplitRows, rows: TaughtRows, background: Background
    ) -> AbstractContextManager[Fits]:
        everything = self.table.examples
        learned = everything.take(split.learn_from)
        fits = LocalFits(learned, everything, rows, self.config, background, self.fitters)
        return nullcontext(fits)
