"""All features of a candidate: how it was read, where it stands, what stands near it."""

from collections.abc import Iterable, Sequence

import numpy as np

from entity_extract.learning.features.candidates.drawing import drawing
from entity_extract.learning.features.candidates.keywords import keywords
from entity_extract.learning.features.candidates.picture import picture
from entity_extract.learning.features.candidates.print import printed
from entity_extract.learning.features.candidates.ranks import ranks
from entity_extract.learning.features.candidates.reading import reading
from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.registry import Features

# To add one from outside, decorate a function of RowCandidates with a decorator of this.
CANDIDATE_FEATURES = Features(reading, printed, keywords, ranks, picture, drawing)


def candidate_feature_names(engines: Iterable[str] = ()) -> tuple[str, ...]:
    """All that are declared, and what is known of each of `engines`, whichever they are."""
    declared = tuple(CANDIDATE_FEATURES)
    of_engines = (f"conf_{engine}" for engine in sorted(set(engines)))
    return (*declared, *(name for name in of_engines if name not in declared))


def candidate_features(row: RowCandidates, names: Sequence[str]) -> np.ndarray:
    """(k, len(names)) float32, one row per candidate. Raises FeatureError for an unknown name."""
    if not len(row):
        return np.zeros((0, len(names)), np.float32)
    return CANDIDATE_FEATURES.columns(names, row, len(row))
