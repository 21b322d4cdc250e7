"""LightGBM learns which candidate of a row is the label."""

from collections.abc import Sequence

import lightgbm as lgb
import numpy as np

from entity_extract.config import RankerParams
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.training.learners.boosting import (
    boost,
    held_out_to_stop,
    lightgbm_settings,
)

LARGEST_BAG = 0.8  # of the candidates, from which one tree is grown


def fit_ranker(
    features: np.ndarray,
    right: np.ndarray,
    row: np.ndarray,
    params: RankerParams,
    *,
    seed: int,
    picture: np.ndarray,
    names: Sequence[str],
) -> Ranker:
    """features (m, F), `names` of its columns, right (m,) bool, row (m,) ascending: the row that
    each candidate is of; picture (m,) the name of its picture.

    "binary": log loss over candidates; a row without a right one teaches to abstain. "lambdarank":
    the order within a row only, of rows that have a right one.
    """
    held_out = held_out_to_stop(picture, params)
    bag = min(LARGEST_BAG, params.max_rows / max(1, int((~held_out).sum())))
    settings = lightgbm_settings(
        params, objective=params.objective, bagging_fraction=bag, seed=seed
    ) | {"num_threads": params.threads}

    def table(part: np.ndarray, reference: lgb.Dataset | None = None) -> lgb.Dataset:
        data = lgb.Dataset(
            features[part],
            right[part].astype(int),
            feature_name=list(names),
            reference=reference,
            params={"verbosity": -1},
        )
        if params.objective == "lambdarank":
            data.set_group(np.unique(row[part], return_counts=True)[1])
        return data

    data = table(~held_out)
    return Ranker(
        boost(
            settings,
            data,
            rounds=params.rounds,
            held_out=table(held_out, data) if held_out.any() else None,
            patience=params.early_stopping_rounds,
        )
    )
