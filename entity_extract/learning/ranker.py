"""Chooses among the candidates of a row: LightGBM over candidates, stacked on the opinions."""

from collections.abc import Sequence
from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from entity_extract.config import Domain, RankerParams
from entity_extract.learning.booster import read_booster
from entity_extract.learning.examples import Examples
from entity_extract.learning.features import CANDIDATE_FEATURES
from entity_extract.learning.opinions import Opinions
from entity_extract.learning.priors import Prior
from entity_extract.quantities.answers import Answer

RANKER_FEATURES: tuple[str, ...] = (
    *CANDIDATE_FEATURES,
    "entity_code",
    "prior_unit",
    "prior_z",
    "prior_distance",
    "prior_seen",
    "prior_unit_rank",
    "prior_distance_rank",
    "forest_distance",
    "forest_spread",
    "forest_rank",
    "classifier_unit",
    "fusion_unit",
    "fusion_distance",
    "fusion_rank",
)
# Values are read from print, so "equal" is equality of the printed numbers, give or take the
# rounding of a float; 12.5 and 12.50 are equal, 12.5 and 12.51 are not.
_SAME = 1e-9


def ranker_features(
    examples: Examples, prior: Prior, opinions: Opinions, domain: Domain
) -> np.ndarray:
    """(m, len(RANKER_FEATURES)) float32, one row per candidate of `examples`."""
    row, unit = examples.owner, examples.unit
    log_si = examples.candidate[:, CANDIDATE_FEATURES.index("log_si")].astype(float)
    entity = np.searchsorted(domain.entity_names, examples.entity[row].astype(str))
    z = (log_si - prior.mean[row]) / prior.std[row]
    unit_prior = np.log(prior.unit[row, unit] + 1e-6)
    forest_distance = np.abs(log_si - opinions.value[row])
    fusion_distance = np.abs(log_si - opinions.fusion_value[row])
    learned = [
        entity,
        unit_prior,
        z,
        np.abs(z),
        np.log1p(prior.seen[row]),
        rank_within_rows(-unit_prior, row),
        rank_within_rows(np.abs(z), row),
        forest_distance,
        opinions.spread[row],
        rank_within_rows(forest_distance, row),
        opinions.unit[row, unit],
        opinions.fusion_unit[row, unit],
        fusion_distance,
        rank_within_rows(fusion_distance, row),
    ]
    return np.concatenate([examples.candidate, np.stack(learned, axis=1)], axis=1).astype(
        np.float32
    )


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


def is_right(examples: Examples, domain: Domain) -> np.ndarray:
    """(m,) bool: the candidate is what the label says (either end of a range)."""
    names = domain.unit_names
    return np.array(
        [
            matches(Answer(float(value), names[unit]), examples.labels[row])
            for row, value, unit in zip(examples.owner, examples.value, examples.unit, strict=True)
        ],
        bool,
    )


def matches(answer: Answer, labels: Sequence[Answer]) -> bool:
    """Exactly as the challenge compares: number as a number, unit as a unit."""
    return any(
        answer.unit == label.unit
        and abs(answer.value - label.value) <= _SAME * max(1.0, abs(label.value))
        for label in labels
    )


@dataclass(frozen=True)
class Ranker:
    """Scores candidates; the score is the probability that the candidate is the label."""

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


def fit_ranker(
    features: np.ndarray, right: np.ndarray, params: RankerParams, *, seed: int
) -> Ranker:
    """Binary log loss over candidates: a row without a right one teaches silence."""
    settings = {
        "objective": "binary",
        "learning_rate": params.learning_rate,
        "num_leaves": params.leaves,
        "min_data_in_leaf": params.min_leaf,
        "feature_fraction": params.feature_fraction,
        "bagging_fraction": 0.8,
        "bagging_freq": 1,
        "lambda_l2": 1.0,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }
    data = lgb.Dataset(
        features, right.astype(int), feature_name=list(RANKER_FEATURES), free_raw_data=True
    )
    return Ranker(lgb.train(settings, data, num_boost_round=params.rounds))
