"""What a study is of: nothing is gone on with that was begun on other rows or settings."""

import hashlib
import json
from typing import Any

import numpy as np

from entity_extract.config import LearningConfig
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.features.text import text_feature_names
from entity_extract.learning.features.transformer import FeatureTransformer
from entity_extract.learning.prediction.ranker_features import (
    feature_versions,
    ranker_feature_names,
)
from entity_extract.learning.training.background import Background
from entity_extract.learning.tuning.space import Range


def digest_of(*described: Any) -> str:
    """Of anything that JSON holds, or says as text."""
    text = json.dumps(described, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def made_of(
    examples: Examples,
    clusters: np.ndarray,
    config: LearningConfig,
    background: Background,
    *,
    part: str,
    space: tuple[Range, ...],
) -> dict[str, str]:
    """Digests by the name that a refusal gives them; threads change no model and no digest."""
    domain = examples.domain
    section = getattr(config, part).model_dump(mode="json", exclude={"threads"})
    return {
        "rows": _digest_of_rows(examples, clusters),
        "features": digest_of(
            feature_versions(ranker_feature_names(examples.names)),
            text_feature_names(domain),
            domain.model_dump(mode="json"),
        ),
        "background": _digest_of_background(background),
        "settings": digest_of(section, config.folds, config.seed, config.image_components),
        "search space": digest_of([repr(entry) for entry in space]),
    }


def _digest_of_rows(examples: Examples, clusters: np.ndarray) -> str:
    found = hashlib.sha256()
    texts = [examples.entity.tolist(), examples.group.tolist(), repr(examples.labels)]
    found.update(digest_of(*texts).encode())
    together = np.unique(clusters, return_inverse=True)[1]
    numbers = (examples.text, examples.image, examples.owner, examples.value, examples.unit)
    for column in (together, *numbers, examples.candidate):
        found.update(f"{column.dtype} {column.shape}\n".encode())
        found.update(np.ascontiguousarray(column).tobytes())
    return found.hexdigest()[:16]


def _digest_of_background(background: Background) -> str:
    found = hashlib.sha256()
    if background.priors is not None:
        nothing = np.zeros((0, 0), np.float32)
        found.update(FeatureTransformer(background.priors, nothing.ravel(), nothing, ()).to_bytes())
    if background.teacher is not None:
        found.update(background.teacher.to_text().encode())
    return found.hexdigest()[:16]
