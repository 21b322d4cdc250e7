"""Chooses among the candidates of a row: LightGBM over candidates, stacked on the opinions."""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from entity_extract.config import Domain, RankerParams
from entity_extract.learning.booster import boost, read_booster
from entity_extract.learning.examples import Examples
from entity_extract.learning.features import CANDIDATE_FEATURES
from entity_extract.learning.habits import HABIT_FEATURES, habit_features
from entity_extract.learning.opinions import Learners, Opinions
from entity_extract.learning.split import held_out_to_stop
from entity_extract.learning.teacher import teacher_features

LEARNED_FEATURES: tuple[str, ...] = (
    "entity_code",
    *HABIT_FEATURES,
    "prior_unit_rank",
    "prior_distance_rank",
    "popular_in_category_rank",
    "teacher",
    "teacher_rank",
    "forest_distance",
    "forest_spread",
    "forest_rank",
    "classifier_unit",
    "fusion_unit",
    "fusion_distance",
    "fusion_rank",
)
LARGEST_BAG = 0.8  # of the candidates, from which one tree is grown
RANKER_FEATURES: tuple[str, ...] = (*CANDIDATE_FEATURES, *LEARNED_FEATURES)


def ranker_features(examples: Examples, learners: Learners, domain: Domain) -> np.ndarray:
    """(m, len(RANKER_FEATURES)) float32, one row per candidate of `examples`.

    NaN where there is no teacher. The learners must not have seen the rows' pictures.
    """
    habit = habit_features(examples, learners.encoder.priors, domain)
    teacher = np.full(len(examples.owner), np.nan)
    if learners.teacher is not None:
        teacher = learners.teacher.score(teacher_features(examples, habit, domain))
    opinions = learners.opinions(examples, domain)
    learned = learned_features(examples, habit, teacher, opinions, domain)
    return np.concatenate([examples.candidate, learned], axis=1).astype(np.float32)


def learned_features(
    examples: Examples, habit: np.ndarray, teacher: np.ndarray, opinions: Opinions, domain: Domain
) -> np.ndarray:
    """(m, len(LEARNED_FEATURES)): each candidate against what is known and thought of its row.

    habit (m, len(HABIT_FEATURES)), teacher (m,) scores.
    """
    row, unit = examples.owner, examples.unit
    log_si = examples.candidate[:, CANDIDATE_FEATURES.index("log_si")].astype(float)
    entity = np.searchsorted(domain.entity_names, examples.entity[row].astype(str))
    said = dict(zip(HABIT_FEATURES, habit.T, strict=True))
    forest_distance = np.abs(log_si - opinions.value[row])
    fusion_distance = np.abs(log_si - opinions.fusion_value[row])
    learned = {
        "entity_code": entity,
        **said,
        "prior_unit_rank": rank_within_rows(-said["prior_unit"], row),
        "prior_distance_rank": rank_within_rows(said["prior_distance"], row),
        "popular_in_category_rank": rank_within_rows(-said["popular_in_category"], row),
        "teacher": teacher,
        "teacher_rank": rank_within_rows(-teacher, row),
        "forest_distance": forest_distance,
        "forest_spread": opinions.spread[row],
        "forest_rank": rank_within_rows(forest_distance, row),
        "classifier_unit": opinions.unit[row, unit],
        "fusion_unit": opinions.fusion_unit[row, unit],
        "fusion_distance": fusion_distance,
        "fusion_rank": rank_within_rows(fusion_distance, row),
    }
    return np.stack([learned[name] for name in LEARNED_FEATURES], axis=1)


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


def fit_ranker(
    features: np.ndarray,
    right: np.ndarray,
    row: np.ndarray,
    params: RankerParams,
    *,
    seed: int,
    picture: np.ndarray,
) -> Ranker:
    """features (m, F), right (m,) bool, row (m,) ascending: the row that each candidate is of;
    picture (m,) the name of its picture.

    "binary": log loss over candidates; a row without a right one teaches silence. "lambdarank":
    the order within a row only, of rows that have a right one.
    """
    held_out = held_out_to_stop(picture, params)
    settings = {
        "objective": params.objective,
        "learning_rate": params.learning_rate,
        "num_leaves": params.leaves,
        "min_data_in_leaf": params.min_leaf,
        "feature_fraction": params.feature_fraction,
        "bagging_fraction": min(LARGEST_BAG, params.max_rows / max(1, int((~held_out).sum()))),
        "bagging_freq": 1,
        "lambda_l2": params.lambda_l2,
        "num_threads": params.threads,
        "deterministic": True,
        "force_row_wise": True,
        "seed": seed,
        "verbosity": -1,
    }

    def table(part: np.ndarray, reference: lgb.Dataset | None = None) -> lgb.Dataset:
        data = lgb.Dataset(
            features[part],
            right[part].astype(int),
            feature_name=list(RANKER_FEATURES),
            reference=reference,
            params={"verbosity": -1},
        )
        if params.objective == "lambdarank":
            data.set_group(np.unique(row[part], return_counts=True)[1])
        return data

    data = table(~held_out)
    if not held_out.any():
        return Ranker(lgb.train(settings, data, num_boost_round=params.rounds))
    return Ranker(
        boost(
            settings,
            data,
            rounds=params.rounds,
            held_out=table(held_out, data),
            patience=params.early_stopping_rounds,
        )
    )
