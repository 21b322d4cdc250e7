"""Random forest regression of the value, grown by scikit-learn and kept as plain arrays."""

import numpy as np
from sklearn.ensemble import RandomForestRegressor
from sklearn.tree import DecisionTreeRegressor

from entity_extract.config import ForestParams, LearningConfig
from entity_extract.learning.prediction.learners.forest import Forest, TreeArrays, checked
from entity_extract.learning.training.learners.rows import FitRows


def fit(rows: FitRows, config: LearningConfig) -> Forest:
    return fit_forest(rows.features, rows.target.log_si, config.forest, seed=config.seed)


def fit_forest(
    features: np.ndarray, target: np.ndarray, params: ForestParams, *, seed: int
) -> Forest:
    """features (n, d), target (n,) log10 SI value. The same seed, the same forest."""
    model = RandomForestRegressor(
        n_estimators=params.num_trees,
        max_depth=params.max_depth,
        min_samples_leaf=params.min_leaf,
        max_features=params.feature_fraction,
        max_samples=min(params.max_rows, len(features)),
        n_jobs=params.threads or -1,
        random_state=seed,
    )
    return forest_of(model.fit(checked(features), target))


def forest_of(model: RandomForestRegressor) -> Forest:
    """A fitted scikit-learn forest as plain arrays."""
    trees = [_from_sklearn(tree) for tree in model.estimators_]
    return Forest.from_trees(trees, num_features=model.n_features_in_)


def _from_sklearn(model: DecisionTreeRegressor) -> TreeArrays:
    tree = model.tree_
    value = tree.value[:, 0, 0]  # (m, outputs = 1, classes = 1)
    return TreeArrays(tree.feature, tree.threshold, tree.children_left, tree.children_right, value)
