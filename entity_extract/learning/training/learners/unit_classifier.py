"""LightGBM learns the unit in which a value is printed."""

import lightgbm as lgb
import numpy as np

from entity_extract.config import LearningConfig, UnitParams
from entity_extract.learning.prediction.learners.unit_classifier import UnitClassifier
from entity_extract.learning.training.learners.boosting import boost, held_out_to_stop
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
    settings = {
        "objective": "multiclass",
        "num_class": max(2, num_classes),  # LightGBM's least; `probability` drops the second
        "learning_rate": params.learning_rate,
        "num_leaves": params.leaves,
        "min_data_in_leaf": params.min_leaf,
        "feature_fraction": params.feature_fraction,
        "lambda_l2": params.lambda_l2,
        "bagging_fraction": min(1.0, params.max_rows / max(1, int((~held_out).sum()))),
        "bagging_freq": 1,
        "num_threads": params.threads,
        "seed": seed,
        # These two make the model the same on any number of threads.
        "deterministic": True,
        "force_row_wise": True,
        "verbose": -1,
    }
    table = lgb.Dataset(features, labels, params={"verbose": -1})
    if not held_out.any():
        return UnitClassifier(lgb.train(settings, table, num_boost_round=params.rounds))
    return UnitClassifier(
        boost(
            settings,
            table.subset(np.flatnonzero(~held_out).tolist()),
            rounds=params.rounds,
            held_out=table.subset(np.flatnonzero(held_out).tolist()),
            patience=params.early_stopping_rounds,
        )
    )
