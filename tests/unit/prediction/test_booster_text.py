"""A foreign LightGBM text, or forest, is refused where walking it would hang or kill a worker."""

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pytest

from entity_extract.learning.prediction.bundle_files import (
    CARD,
    MANIFEST,
    BundleError,
    default_bundle,
    load_bundle,
    save_bundle,
)
from entity_extract.learning.prediction.learners.booster import NamedBooster, read_booster
from entity_extract.learning.prediction.learners.forest import Forest, TreeArrays

# What to make of a value of the second tree's nodes: ring, strangers, wrong sizes.
BROKEN: dict[str, tuple[str, Callable[[list[str]], list[str]]]] = {
    "a child is its own parent": ("left_child", lambda v: ["0", *v[1:]]),
    "a ring apart": ("left_child", lambda v: [v[0], "1", *v[2:]]),
    "a node beyond the end": ("left_child", lambda v: ["999999", *v[1:]]),
    "a leaf beyond the end": ("right_child", lambda v: [*v[:-1], "-999999"]),
    "a leaf with two parents": ("right_child", lambda v: [*v[:-1], v[-2]]),
    "a feature beyond the row": ("split_feature", lambda v: ["999999", *v[1:]]),
    "a negative feature": ("split_feature", lambda v: ["-1", *v[1:]]),
    "a threshold that is no number": ("threshold", lambda v: ["nan", *v[1:]]),
    "an infinite leaf": ("leaf_value", lambda v: ["inf", *v[1:]]),
    "thresholds too few": ("threshold", lambda v: v[1:]),
    "leaves too few": ("leaf_value", lambda v: v[1:]),
    "more leaves than nodes": ("num_leaves", lambda v: ["30000"]),
    "no leaves": ("num_leaves", lambda v: ["0"]),
    "categorical splits": ("num_cat", lambda v: ["2"]),
    "a categorical decision": ("decision_type", lambda v: ["1", *v[1:]]),
    "linear leaves": ("is_linear", lambda v: ["1"]),
}


def booster(classes: int = 1) -> lgb.Booster:
    """Some trees of eight leaves over three features."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 3))
    label = (features.sum(axis=1) > 0) + (classes > 1) * (features[:, 0] > 0)
    kind = {"objective": "multiclass", "num_class": 3} if classes > 1 else {"objective": "binary"}
    settings = {**kind, "num_leaves": 8, "num_threads": 1, "verbosity": -1}
    return lgb.train(settings, lgb.Dataset(features, label), num_boost_round=3)


def edited(text: str, field: str, change: Callable[[list[str]], list[str]]) -> str:
    """`text` with a field of its second tree changed, and the sizes as they are then."""
    start, end = text.index("Tree=0\n"), text.index("end of trees")
    trees = re.split(r"(?=Tree=\d+\n)", text[start:end])[1:]
    line = re.search(rf"(?m)^{field}=(.*)$", trees[1])
    assert line
    trees[1] = trees[1].replace(line[0], f"{field}={' '.join(change(line[1].split()))}", 1)
    sizes = " ".join(str(len(tree)) for tree in trees)
    head = re.sub(r"(?m)^tree_sizes=.*$", f"tree_sizes={sizes}", text[:start])
    return head + "".join(trees) + text[end:]


@pytest.mark.parametrize("classes", [1, 3])
def test_what_lightgbm_writes_is_read_back(classes: int) -> None:
    made = booster(classes)
    rows = np.random.default_rng(1).normal(size=(20, 3))
    text = edited(made.model_to_string(), "threshold", list)
    np.testing.assert_array_equal(read_booster(text).predict(rows), made.predict(rows))


@pytest.mark.parametrize(("field", "change"), BROKEN.values(), ids=BROKEN)
def test_a_tree_that_cannot_be_walked_is_refused(
    field: str, change: Callable[[list[str]], list[str]]
) -> None:
    with pytest.raises(ValueError, match="tree 1: "):
        read_booster(edited(booster().model_to_string(), field, change))


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ("max_feature_idx=2", "max_feature_idx=1"),
        ("max_feature_idx=2", "max_feature_idx=2000000"),
        ("num_class=1", "num_class=2000000000"),
        ("num_tree_per_iteration=1", "num_tree_per_iteration=2"),
        ("Tree=1\n", "Tree=7\n"),
    ],
)
def test_a_head_that_does_not_fit_its_trees_is_refused(line: str, instead: str) -> None:
    text = booster().model_to_string()
    assert line in text
    with pytest.raises(ValueError, match="not a LightGBM model text"):
        read_booster(text.replace(line, instead, 1))


def test_a_model_of_several_outputs_ranks_nothing() -> None:
    with pytest.raises(ValueError, match="3 outputs"):
        NamedBooster(booster(classes=3))


@pytest.mark.parametrize("name", ["ranker.txt", "unit_classifier.txt", "forest.safetensors"])
def test_a_bundle_with_a_broken_tree_is_refused_before_any_worker_has_it(
    tmp_path: Path, name: str
) -> None:
    save_bundle(default_bundle(), tmp_path / "model", "card")
    place = tmp_path / "model" / name
    if name == Forest.file:
        forest = Forest.from_bytes(place.read_bytes())
        forest.nodes.left[forest.roots[0]] = forest.roots[0]
        place.write_bytes(forest.to_bytes())
    else:
        trees = edited(place.read_text(), "split_feature", lambda v: ["999999"] * len(v))
        place.write_text(trees)
    about = json.loads((tmp_path / "model" / MANIFEST).read_text())
    about["files"][name] = hashlib.sha256(place.read_bytes()).hexdigest()
    (tmp_path / "model" / MANIFEST).write_text(json.dumps(about))
    with pytest.raises(BundleError, match=name):
        load_bundle(tmp_path / "model")
    assert (tmp_path / "model" / CARD).is_file()


def leaf(**columns: object) -> TreeArrays:
    """A tree that is a leaf, but for these columns."""
    one = TreeArrays(*(np.array([value]) for value in (-1, 0.0, 0, 0, 1.0)))
    return one._replace(**{name: np.array(values) for name, values in columns.items()})


@pytest.mark.parametrize(
    "columns",
    [
        {"value": [np.nan]},
        {"threshold": [np.inf]},
        {"value": [1.0, 2.0]},
        {"value": [[1.0]]},
        {"feature": [-5]},
        {"left": [0.5]},
    ],
    ids=str,
)
def test_a_forest_of_other_columns_is_refused(columns: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="not a forest"):
        Forest(leaf(**columns), np.array([0]), 1)
