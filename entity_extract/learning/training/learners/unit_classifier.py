"""LightGBM learns the unit in which a value is printed."""

import lightgbm as lgb
import numpy as np

from entity_extract.config import LearningConfig, UnitParams
from entity_extract.learning.prediction.learners.unit_classifier import UnitClassifier
from entity_extract.learning.training.learners.boosting import (
    boost,
    held_out_to_stop,
    lightgbm_settings,
)
from entity_extract.learning.training.learners.rows import FitRows


def fit(rows: FitRows, config: LearningConfig) -> UnitClassifier:
    return fit_unit_classifier(
        rows.features,
        rows.target.unit,
        rows.allowed.shape[1],
        config.unit,
        seed=config.seed,
        picture=rows.picture,
    )


def fit_unit_classifier(
    features: np.ndarray,
    labels: np.ndarray,
    num_classes: int,
    params: UnitParams,
    *,
    seed: int,
    picture: np.ndarray,
) -> UnitClassifier:
    """features (n, d), labels (n,) int below num_classes, picture (n,) names: whole ones are held
    out to stop early. Same seed, same model.

    Classes without a row are fine, and so is a single class.
    """
    held_out = held_out_to_stop(picture, params)
    bag = min(1.0, params.max_rows / max(1, int((~held_out).sum())))
    settings = lightgbm_settings(
        params, objective="multiclass", bagging_fraction=bag, seed=seed
    ) | {
        "num_class": max(2, num_classes),  # LightGBM's least; `probability` drops the second
        "num_threads": params.threads,
    }
    table, watched = lgb.Dataset(features, labels, params={"verbose": -1}), None
    if held_out.any():
        watched = table.subset(np.flatnonzero(held_out).tolist())
        table = table.subset(np.flatnonzero(~held_out).tolist())
    return UnitClassifier(
        boost(
            settings,
            table,
            rounds=params.rounds,
            held_out=watched,
            patience=params.early_stopping_rounds,
        )
    )
