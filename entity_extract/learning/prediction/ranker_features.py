"""What the ranker knows of a candidate: how it was read, and what is known and thought of its row.

Without the libraries that learn, so that the driver of a run, which only asks for names, and a
worker that reads do not load them.
"""

from typing import TYPE_CHECKING

import numpy as np

from entity_extract.learning.features.candidate import CANDIDATE_FEATURES
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.features.priors import PRIOR_FEATURES, prior_features

if TYPE_CHECKING:
    from entity_extract.learning.prediction.learners.base import BaseLearners, BasePredictions

LEARNED_FEATURES: tuple[str, ...] = (
    "entity_code",
    *PRIOR_FEATURES,
    "prior_unit_rank",
    "prior_distance_rank",
    "quantity_prior_in_category_rank",
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
RANKER_FEATURES: tuple[str, ...] = (*CANDIDATE_FEATURES, *LEARNED_FEATURES)


def ranker_features(examples: Examples, learners: "BaseLearners") -> np.ndarray:
    """(m, len(RANKER_FEATURES)) float32, one row per candidate of `examples`.

    The teacher's score and rank are NaN where there is none. The learners must not have seen the
    rows' pictures.
    """
    priors = prior_features(examples, learners.transformer.priors)
    teacher = np.full(len(examples.owner), np.nan)
    if learners.teacher is not None:
        teacher = learners.teacher.log_odds(examples, priors)
    base = learners.predict(examples)
    learned = learned_features(examples, priors, teacher, base)
    return np.concatenate([examples.candidate, learned], axis=1).astype(np.float32)


def learned_features(
    examples: Examples,
    priors: np.ndarray,
    teacher: np.ndarray,
    base: "BasePredictions",
) -> np.ndarray:
    """(m, len(LEARNED_FEATURES)): each candidate against what is known and thought of its row.

    priors (m, len(PRIOR_FEATURES)), teacher (m,) scores, or NaN.
    """
    row, unit = examples.owner, examples.unit
    log_si = examples.candidate[:, CANDIDATE_FEATURES.index("log_si")].astype(float)
    entity = np.searchsorted(examples.domain.entity_names, examples.entity[row].astype(str))
    said = dict(zip(PRIOR_FEATURES, priors.T, strict=True))
    forest_distance = np.abs(log_si - base["forest_value"][row])
    fusion_distance = np.abs(log_si - base["fusion_value"][row])
    learned = {
        "entity_code": entity,
        **said,
        "prior_unit_rank": rank_within_rows(-said["prior_unit"], row),
        "prior_distance_rank": rank_within_rows(said["prior_distance"], row),
        "quantity_prior_in_category_rank": rank_within_rows(
            -said["quantity_prior_in_category"], row
        ),
        "teacher": teacher,
        "teacher_rank": np.where(np.isnan(teacher), np.nan, rank_within_rows(-teacher, row)),
        "forest_distance": forest_distance,
        "forest_spread": base["forest_spread"][row],
        "forest_rank": rank_within_rows(forest_distance, row),
        "classifier_unit": base["unit"][row, unit],
        "fusion_unit": base["fusion_unit"][row, unit],
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
