"""What is known and thought of the candidates of rows: the context of learned features.

Without the libraries that learn, so that the driver of a run, which only asks for names, and a
worker that reads do not load them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from entity_extract.learning.features.category_priors import CategoryPriors
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.features.priors import prior_features
from entity_extract.learning.features.registry import FeatureError
from entity_extract.learning.features.transformer import FeatureTransformer


class Scores(Protocol):
    """A ranker learned elsewhere: the teacher."""

    def log_odds(self, evidence: "Evidence") -> np.ndarray:
        """(m,) that each candidate is the label."""
        ...


class Predicts(Protocol):
    """What evidence asks of base learners."""

    @property
    def transformer(self) -> FeatureTransformer: ...

    @property
    def teacher(self) -> Scores | None: ...

    def predict(self, examples: Examples) -> Mapping[str, np.ndarray]:
        """Columns (n,) or (n, units) by name."""
        ...


@dataclass(frozen=True)
class Evidence:
    """What is known and thought of m candidates, each made when a feature first asks for it.

    The learners must not have seen the rows' pictures; without them there are priors alone. With
    `leave_out` a row's own picture is not in its priors.
    """

    examples: Examples
    category_priors: CategoryPriors
    learners: Predicts | None = None
    leave_out: bool = False

    @classmethod
    def of(cls, learners: Predicts, examples: Examples) -> "Evidence":
        return cls(examples, learners.transformer.priors, learners)

    @cached_property
    def priors(self) -> dict[str, np.ndarray]:
        """PRIOR_FEATURES, (m,) each."""
        return prior_features(self.examples, self.category_priors, leave_out=self.leave_out)

    @cached_property
    def teacher(self) -> np.ndarray:
        """(m,) its score; NaN where there is none."""
        if self.learners is None or self.learners.teacher is None:
            return np.full(len(self.examples.owner), np.nan)
        return self.learners.teacher.log_odds(self)

    @cached_property
    def base_predictions(self) -> Mapping[str, np.ndarray]:
        """Raises FeatureError where there are no learners."""
        if self.learners is None:
            raise FeatureError("what base learners predict is asked for where there are none")
        return self.learners.predict(self.examples)

    @cached_property
    def forest_distance(self) -> np.ndarray:
        """(m,)."""
        return self._distance(self.base_predictions["forest_value"])

    @cached_property
    def fusion_distance(self) -> np.ndarray:
        """(m,)."""
        return self._distance(self.base_predictions["fusion_value"])

    def _distance(self, value: np.ndarray) -> np.ndarray:
        """From a value (n,) log10 SI of each row."""
        return np.asarray(np.abs(self.examples.column("log_si") - value[self.examples.owner]))

    def rank(self, key: np.ndarray) -> np.ndarray:
        """(m,) how many candidates of the same row have a strictly smaller key (m,)."""
        return rank_within_rows(key, self.examples.owner)


def rank_within_rows(key: np.ndarray, row: np.ndarray) -> np.ndarray:
    """(m,) how many candidates of the same row have a strictly smaller key."""
    order = np.lexsort((key, row))
    sorted_row, sorted_key = row[order], key[order]
    new_row = np.r_[True, sorted_row[1:] != sorted_row[:-1]] if len(row) else np.zeros(0, bool)
    new_key = new_row | np.r_[True, sorted_key[1:] != sorted_key[:-1]][: len(row)]
    at = np.arange(len(row))
    first_of_row = np.maximum.accumulate(np.where(new_row, at, 0))
    first_of_key = np.maximum.accumulate(np.where(new_key, at, 0))
    ranks = np.empty(len(row))
    ranks[order] = first_of_key - first_of_row
    return ranks
