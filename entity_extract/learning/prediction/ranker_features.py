"""What the ranker knows of a candidate: how it was read, and what is thought of its row."""

from collections.abc import Iterable, Sequence

import numpy as np

from entity_extract.learning.features.candidates.declared import (
    CANDIDATE_FEATURES,
    candidate_feature_names,
)
from entity_extract.learning.prediction.evidence import Evidence
from entity_extract.learning.prediction.learned_features import LEARNED_FEATURES

_ALWAYS = ("log_si",)  # the column that Evidence looks at


def ranker_feature_names(candidate: Iterable[str] | None = None) -> tuple[str, ...]:
    """All that a ranker can learn from, given features of candidates; None: all declared ones."""
    own = candidate_feature_names() if candidate is None else candidate
    return (*own, *LEARNED_FEATURES)


def candidate_names_for(names: Iterable[str]) -> tuple[str, ...]:
    """The features of candidates that must be there to make the features `names`."""
    own = [name for name in names if name not in LEARNED_FEATURES]
    return tuple(dict.fromkeys([*own, *_ALWAYS]))


def feature_versions(names: Iterable[str]) -> dict[str, int]:
    """By name, of those of `names` that are declared here."""
    return {
        name: features.version(name)
        for name in names
        for features in (CANDIDATE_FEATURES, LEARNED_FEATURES)
        if name in features
    }


def ranker_features(names: Sequence[str], evidence: Evidence) -> np.ndarray:
    """(m, len(names)) float32, one row per candidate: columns of the examples, and learned ones.

    The teacher's score and rank are NaN where there is none. Raises FeatureError for a name that
    is neither.
    """
    examples = evidence.examples
    at = {name: column for column, name in enumerate(examples.names)}
    of_candidate = np.array([name in at for name in names], bool)
    made = np.empty((len(examples.owner), len(names)), np.float32)
    made[:, of_candidate] = examples.candidate[:, [at[name] for name in names if name in at]]
    learned = [name for name in names if name not in at]
    made[:, ~of_candidate] = LEARNED_FEATURES.columns(learned, evidence, len(examples.owner))
    return made
