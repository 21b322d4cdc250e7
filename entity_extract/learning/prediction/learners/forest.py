"""Random forest regression of the value, in log10 of the SI unit.

Whoever grows the trees (scikit-learn here, Spark MLlib on a cluster), they are kept and asked as
plain arrays: scoring needs neither, reads no pickle, and takes one path for both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

LEAF = -1
ROWS_AT_ONCE = 4096  # x 100 trees x 8 bytes: 3 MB for each array of the walk


class TreeArrays(NamedTuple):
    """One tree of m nodes, the root first. A row goes left where its feature <= threshold.

    `feature` (m,) int, negative in a leaf; `left`, `right` (m,) int, not read in a leaf;
    `threshold`, `value` (m,) float. A Forest keeps them in 32 bits: half of the bundle is forest.
    """

    feature: np.ndarray
    threshold: np.ndarray
    left: np.ndarray
    right: np.ndarray
    value: np.ndarray


@dataclass(frozen=True)
class Forest:
    """All trees in one table: `roots` (t,) are the positions where they begin.

    In `nodes` children are positions in that table, and a leaf is its own child on both sides.
    """

    nodes: TreeArrays
    roots: np.ndarray
    num_features: int
    name: ClassVar[str] = "forest"
    file: ClassVar[str] = "forest.safetensors"

    def __post_init__(self) -> None:
        """Raises ValueError where a walk would not end, or not inside the arrays."""
        _check_columns(self.nodes, self.roots)
        _check_is_forest(self.nodes, self.roots)
        if self.nodes.feature.max(initial=LEAF) >= self.num_features:
            raise ValueError(f"not a forest over {self.num_features} features")

    @classmethod
    def from_trees(cls, trees: Sequence[TreeArrays], *, num_features: int) -> "Forest":
        """Raises ValueError where the nodes are no trees over `num_features` features."""
        sizes = [len(tree.feature) for tree in trees]
        roots = np.cumsum([0, *sizes[:-1]])
        shifted = [_shifted(tree, root) for tree, root in zip(trees, roots, strict=True)]
        columns = zip(*shifted, strict=True)
        return cls(TreeArrays(*(np.concatenate(c) for c in columns)), roots, num_features)

    def predict(self, features: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """(n, d) -> mean over the trees (n,) and their standard deviation (n,), both float64.

        NaN is refused with ValueError: MLlib's trees have no side for it.
        """
        rows = checked(features)
        if rows.shape[1] != self.num_features:
            raise ValueError(f"{rows.shape[1]} features given, the forest has {self.num_features}")
        mean, spread = np.empty(len(rows)), np.empty(len(rows))
        for start in range(0, len(rows), ROWS_AT_ONCE):
            part = slice(start, start + ROWS_AT_ONCE)
            votes = self.nodes.value[self._leaves(rows[part])].astype(float)  # (b, t)
            mean[part], spread[part] = votes.mean(axis=1), votes.std(axis=1)
        return mean, spread

    def columns(self, features: np.ndarray, allowed: np.ndarray) -> dict[str, np.ndarray]:
        """forest_value and forest_spread, see `predict`; any unit may be the value's."""
        value, spread = self.predict(features)
        return {"forest_value": value, "forest_spread": spread}

    def to_bytes(self) -> bytes:
        count = np.array(self.num_features)
        arrays = {**self.nodes._asdict(), "roots": self.roots, "num_features": count}
        return safetensors.numpy.save(arrays)

    @classmethod
    def from_bytes(cls, content: bytes) -> "Forest":
        """Raises ValueError for anything that `to_bytes` did not write."""
        try:
            arrays = safetensors.numpy.load(content)
        except SafetensorError as error:
            raise ValueError(f"not a saved forest: {error}") from error
        if arrays.keys() != {*TreeArrays._fields, "roots", "num_features"}:
            raise ValueError(f"not a saved forest: it holds {', '.join(sorted(arrays))}")
        nodes = TreeArrays(*(arrays[name] for name in TreeArrays._fields))
        return cls(nodes, arrays["roots"], int(arrays["num_features"]))

    def _leaves(self, rows: np.ndarray) -> np.ndarray:
        """(b, d) -> (b, t): the leaf of each row in each tree, all of them one level a step."""
        feature, threshold, left, right, _ = self.nodes
        row = np.repeat(np.arange(len(rows)), len(self.roots))
        node = np.tile(self.roots, len(rows))
        moving = np.flatnonzero(feature[node] != LEAF)
        while len(moving):
            at = node[moving]
            # Features are float32 to scikit-learn, too, and thresholds were rounded to agree.
            goes_left = rows[row[moving], feature[at]] <= threshold[at]
            at = np.where(goes_left, left[at], right[at])
            node[moving] = at
            moving = moving[feature[at] != LEAF]
        return node.reshape(len(rows), -1)


def checked(features: np.ndarray) -> np.ndarray:
    """(n, d) as float32 rows. Raises ValueError where a value is NaN or infinite."""
    rows = np.ascontiguousarray(features, dtype=np.float32)
    if not np.isfinite(rows).all():
        raise ValueError("features hold NaN or infinite values")
    return rows


def _shifted(tree: TreeArrays, root: int) -> TreeArrays:
    """The tree with children as positions in the whole forest."""
    feature = np.asarray(tree.feature, np.int32)
    is_leaf = feature < 0
    itself = np.arange(root, root + len(feature))
    return TreeArrays(
        feature=np.where(is_leaf, LEAF, feature).astype(np.int32),
        threshold=_rounded_down(np.asarray(tree.threshold, np.float64)),
        left=np.where(is_leaf, itself, np.asarray(tree.left, np.int64) + root).astype(np.int32),
        right=np.where(is_leaf, itself, np.asarray(tree.right, np.int64) + root).astype(np.int32),
        value=np.asarray(tree.value, np.float32),
    )


def _rounded_down(threshold: np.ndarray) -> np.ndarray:
    """The largest float32 not above each: a float32 feature goes the same way at either."""
    near = threshold.astype(np.float32)
    return np.where(near > threshold, np.nextafter(near, np.float32(-np.inf)), near)


def _check_columns(nodes: TreeArrays, roots: np.ndarray) -> None:
    places = (nodes.feature, nodes.left, nodes.right, roots)
    shapes = {array.shape for array in nodes}
    if len(shapes) != 1 or any(array.ndim != 1 for array in (*nodes, roots)):
        raise ValueError("not a forest: its columns are not of one length")
    if any(not np.issubdtype(array.dtype, np.integer) for array in places):
        raise ValueError("not a forest: features and places are whole numbers")
    if not (np.isfinite(nodes.threshold).all() and np.isfinite(nodes.value).all()):
        raise ValueError("not a forest: some thresholds or values are no finite numbers")
    if nodes.feature.min(initial=LEAF) < LEAF:
        raise ValueError("not a forest: a feature is negative")


def _check_is_forest(nodes: TreeArrays, roots: np.ndarray) -> None:
    """Each node is reached from the roots exactly once: so a walk ends, and inside the arrays."""
    reached = np.concatenate([np.empty(0, np.int64), *_levels(nodes, roots)])
    if not np.array_equal(np.sort(reached), np.arange(len(nodes.feature))):
        raise ValueError("not a forest: some nodes are reached never or more than once")


def _levels(nodes: TreeArrays, roots: np.ndarray) -> Iterator[np.ndarray]:
    """Positions of the nodes by depth; ends early where there are more than can be."""
    level, seen = roots, 0
    while len(level) and seen <= len(nodes.feature):
        if level.min() < 0 or level.max() >= len(nodes.feature):
            raise ValueError("not a forest: a child lies outside of it")
        yield level
        seen += len(level)
        inner = level[nodes.feature[level] != LEAF]
        level = np.concatenate([nodes.left[inner], nodes.right[inner]])
