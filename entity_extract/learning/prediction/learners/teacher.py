"""Learns which of several quantities the label takes from labelled texts, without any picture.

Catalogs often come with texts: an earlier OCR run, descriptions. There are many times more of them
than labelled pictures that were read with boxes. What holds for both (numbers, units, keywords on
the line, category priors) is learned from them; its score is then one feature of the ranker, which
sees for itself how far to trust it under another reader.
"""

from dataclasses import dataclass

import lightgbm as lgb
import numpy as np

from entity_extract.learning.features.candidate import CANDIDATE_FEATURES, KINDS
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.learners.booster import read_booster

_COLUMNS = (
    "log_si",
    "is_integer",
    "significant_digits",
    "unit_code",
    "places",
    *(f"kind_{kind}" for kind in KINDS),
    "position",
    "factors",
    "axis_own",
    "axis_rival",
    "keyword_chars",
    "rival_chars",
    "keyword_chars_after",
    "candidates",
    "rank_from_largest",
    "rank_from_smallest",
    "same_unit_share",
    "twin",
)
_AT = [CANDIDATE_FEATURES.index(name) for name in _COLUMNS]


def teacher_features(examples: Examples, priors: np.ndarray) -> np.ndarray:
    """(m, T) float32: what texts and pictures have in common; priors (m, len(PRIOR_FEATURES))."""
    names = examples.domain.entity_names
    entity = np.searchsorted(names, examples.entity[examples.owner].astype(str))
    return np.concatenate([examples.candidate[:, _AT], entity[:, None], priors], axis=1).astype(
        np.float32
    )


@dataclass(frozen=True)
class Teacher:
    """A fitted LightGBM model over `teacher_features`."""

    model: lgb.Booster

    def score(self, features: np.ndarray) -> np.ndarray:
        """(m, T) -> (m,) log odds that the candidate is the label."""
        if not len(features):
            return np.zeros(0)
        return np.asarray(self.model.predict(features, num_threads=1, raw_score=True))

    def log_odds(self, examples: Examples, priors: np.ndarray) -> np.ndarray:
        """(m,) `score` of each candidate of `examples`; priors (m, len(PRIOR_FEATURES))."""
        return self.score(teacher_features(examples, priors))

    def to_text(self) -> str:
        return str(self.model.model_to_string())

    @classmethod
    def from_text(cls, text: str) -> "Teacher":
        """Raises ValueError for anything that is not a whole LightGBM model."""
        return cls(read_booster(text))
