"""LightGBM models over named features, and their text, read without letting a broken one end the
process."""

import re
from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np

_TREE_SIZES = re.compile(rb"^tree_sizes=([\d ]*)\r?$", re.MULTILINE)


@dataclass(frozen=True)
class NamedBooster:
    """A fitted model that says which features it takes."""

    model: lgb.Booster

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The features it was trained on, in the order in which it takes them."""
        return tuple(self.model.feature_name())

    def to_text(self) -> str:
        return str(self.model.model_to_string())

    def _scores(self, features: np.ndarray, *, raw: bool = False) -> np.ndarray:
        """(m, len(names)) -> (m,); one thread, as Spark has a task on each core."""
        if not len(features):
            return np.zeros(0)
        return np.asarray(self.model.predict(features, num_threads=1, raw_score=raw))


def read_booster(text: str) -> lgb.Booster:
    """Raises ValueError for anything that is not a whole LightGBM model.

    The text is measured first: LightGBM ends the process on a text that breaks off in a tree.
    """
    if not _is_whole(text.encode()):
        raise ValueError("not a LightGBM model text, or a part of one")
    try:
        return lgb.Booster(model_str=text)
    except lgb.basic.LightGBMError as error:
        raise ValueError(f"not a LightGBM model text: {error}") from error


def _is_whole(text: bytes) -> bool:
    """Whether the trees take just the bytes that the header says."""
    sizes = _TREE_SIZES.search(text)
    if not text.startswith(b"tree\n") or sizes is None:
        return False
    first, end = text.find(b"Tree=0\n"), text.find(b"end of trees")
    return 0 < first < end and end - first == sum(map(int, sizes[1].split()))
