"""LightGBM fitted with pictures held out to stop early, which every backend holds out alike."""

import zlib
from collections.abc import Mapping
from typing import Any

import lightgbm as lgb
import numpy as np

from entity_extract.config import RankerParams, UnitParams
from entity_extract.learning.prediction.learners.booster import read_booster


def lightgbm_settings(
    params: UnitParams | RankerParams, *, objective: str, bagging_fraction: float, seed: int
) -> dict[str, Any]:
    """LightGBM's own names for what is configured, alike on one machine and on many."""
    return {
        "objective": objective,
        "learning_rate": params.learning_rate,
        "num_leaves": params.leaves,
        "min_data_in_leaf": params.min_leaf,
        "feature_fraction": params.feature_fraction,
        "lambda_l2": params.lambda_l2,
        "bagging_fraction": bagging_fraction,
        "bagging_freq": 1,
        "seed": seed,
        # These two make the model the same on any number of threads.
        "deterministic": True,
        "force_row_wise": True,
        "verbosity": -1,
    }


def boost(
    settings: Mapping[str, Any],
    data: lgb.Dataset,
    *,
    rounds: int,
    held_out: lgb.Dataset | None,
    patience: int,
) -> lgb.Booster:
    """At most so many rounds: where there is `held_out` (rows not in `data`) it stops when the loss
    on it has not fallen for `patience` of them, and only the best ones are kept."""
    if held_out is None:
        return lgb.train(dict(settings), data, num_boost_round=rounds)
    stop = lgb.early_stopping(patience, verbose=False)
    grown = lgb.train(
        dict(settings), data, num_boost_round=rounds, valid_sets=[held_out], callbacks=[stop]
    )
    return read_booster(grown.model_to_string(num_iteration=grown.best_iteration))


def held_out_to_stop(picture: np.ndarray, params: UnitParams | RankerParams) -> np.ndarray:
    """(n,) bool: rows that boosting is not fitted on but watched with, by a hash of the picture's
    name, so that every backend holds out the same; none where it does not stop early."""
    if not params.early_stopping_rounds:
        return np.zeros(len(picture), bool)
    share = [zlib.crc32(f"held out {name}".encode()) / 2**32 for name in picture]
    held_out = np.array(share, float) < params.held_out_fraction
    return held_out if held_out.any() and not held_out.all() else np.zeros(len(picture), bool)
