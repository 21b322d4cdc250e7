"""Chooses among the candidates of a row: LightGBM over candidates, stacked on the opinions."""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from entity_extract.config import RankerParams
from entity_extract.learning.prediction.learners.booster import boost, read_booster
from entity_extract.learning.prediction.ranker_features import RANKER_FEATURES
from entity_extract.learning.training.split import held_out_to_stop

LARGEST_BAG = 0.8  # of the candidates, from which one tree is grown


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
