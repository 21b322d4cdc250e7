"""LightGBM fitted with pictures held out to stop early, which every backend holds out alike."""

import zlib
from collections.abc import Mapping
from typing import Any

import lightgbm as lgb
import numpy as np

from entity_extract.config import RankerParams, UnitParams
from entity_extract.learning.prediction.learners.booster import read_booster


def boost(
    settings: Mapping[str, Any],
    data: lgb.Dataset,
    *,
    rounds: int,
    held_out: lgb.Dataset,
    patience: int,
) -> lgb.Booster:
    """At most so many rounds: it stops when the loss on `held_out` (of rows not in `data`) has not
    fallen for `patience` of them, and only the best ones are kept."""
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
