"""LightGBM models over named features, and their text, read after it was checked."""

from dataclasses import dataclass
from functools import cached_property

import lightgbm as lgb
import numpy as np

from entity_extract.learning.prediction.learners.booster_text import check_booster_text


@dataclass(frozen=True)
class NamedBooster:
    """A fitted model of one output that says which features it takes."""

    model: lgb.Booster

    def __post_init__(self) -> None:
        """Raises ValueError where it has several outputs."""
        if (outputs := self.model.num_model_per_iteration()) != 1:
            raise ValueError(f"a LightGBM model of {outputs} outputs, not of one")

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
    """Raises ValueError for anything that is not a whole LightGBM model, see check_booster_text."""
    check_booster_text(text)
    try:
        return lgb.Booster(model_str=text)
    except lgb.basic.LightGBMError as error:
        raise ValueError(f"not a LightGBM model text: {error}") from error
