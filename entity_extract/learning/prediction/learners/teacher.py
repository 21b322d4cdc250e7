"""Learns which of several quantities the label takes from labelled texts, without any picture.

Catalogs often come with texts: an earlier OCR run, descriptions. There are many times more of them
than labelled pictures that were read with boxes. What holds for both (numbers, units, keywords on
the line, category priors) is learned from them; its score is then one feature of the ranker, which
sees for itself how far to trust it under another reader.
"""

from dataclasses import dataclass

import numpy as np

from entity_extract.learning.features.candidates.print import KIND_FEATURES
from entity_extract.learning.features.priors import PRIOR_FEATURES
from entity_extract.learning.prediction.evidence import Evidence
from entity_extract.learning.prediction.learners.booster import NamedBooster, read_booster
from entity_extract.learning.prediction.ranker_features import ranker_features

# What texts and pictures have in common.
TEACHER_FEATURES = (
    "log_si",
    "is_integer",
    "significant_digits",
    "unit_code",
    "places",
    *KIND_FEATURES,
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
    "entity_code",
    *PRIOR_FEATURES,
)


@dataclass(frozen=True)
class Teacher(NamedBooster):
    """A fitted LightGBM model over some of the ranker's features."""

    def score(self, features: np.ndarray) -> np.ndarray:
        """(m, len(names)) -> (m,) log odds that the candidate is the label."""
        return self._scores(features, raw=True)

    def log_odds(self, evidence: Evidence) -> np.ndarray:
        """(m,) `score` of each candidate."""
        return self.score(ranker_features(self.names, evidence))

    @classmethod
    def from_text(cls, text: str) -> "Teacher":
        """Raises ValueError for anything that is not a whole LightGBM model."""
        return cls(read_booster(text))
