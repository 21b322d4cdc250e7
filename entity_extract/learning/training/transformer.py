"""The feature transformer fitted: category priors and principal components."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.decomposition import PCA

from entity_extract.config import Domain
from entity_extract.learning.features.category_priors import CategoryPriors, Labels, part_of
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.features.text import text_feature_names
from entity_extract.learning.features.transformer import FeatureTransformer
from entity_extract.quantities.amounts import Amount


@dataclass(frozen=True)
class Targets:
    """What the learners learn: unit (n,) index into domain.unit_names, value (n,) in that unit,
    log_si (n,) log10 of the value in SI."""

    unit: np.ndarray
    value: np.ndarray
    log_si: np.ndarray


def targets(examples: Examples) -> Targets:
    """What `examples` say, see `targets_of`."""
    return targets_of(examples.labels, examples.domain)


def targets_of(labels: Sequence[tuple[Amount, ...]], domain: Domain) -> Targets:
    """The larger end where the label is a range. Every row must have a label."""
    largest = [ends[-1] for ends in labels]
    code = {unit: i for i, unit in enumerate(domain.unit_names)}
    si = [max(domain.to_si(answer.value, answer.unit), 1e-12) for answer in largest]
    return Targets(
        unit=np.array([code[answer.unit] for answer in largest], int),
        value=np.array([answer.value for answer in largest], float),
        log_si=np.log10(np.array(si, float)) if si else np.zeros(0),
    )


def first_of_pictures(picture: np.ndarray) -> np.ndarray:
    """(pictures,) position of each one's first row: a picture counts once, however many questions
    it has."""
    return np.unique(picture.astype(str), return_index=True)[1]


def fit_transformer(
    examples: Examples,
    target: Targets,
    *,
    components: int,
    seed: int,
    further_priors: CategoryPriors | None = None,
) -> FeatureTransformer:
    """`further_priors` are priors of further labels, of other pictures than those of `examples`."""
    labels = Labels(
        entity=examples.entity,
        group=examples.group,
        unit=target.unit,
        value=target.value,
        part=part_of(examples.picture),
        rows=np.ones(len(examples)),
    )
    images = examples.image[first_of_pictures(examples.picture)]
    return transformer_of_labels(
        labels,
        images,
        components=components,
        seed=seed,
        domain=examples.domain,
        further_priors=further_priors,
    )


def transformer_of_labels(
    labels: Labels,
    images: np.ndarray,
    *,
    components: int,
    seed: int,
    domain: Domain,
    further_priors: CategoryPriors | None = None,
) -> FeatureTransformer:
    """From the labels, and the embeddings (pictures, E) of some or all of the pictures."""
    priors = CategoryPriors.fit(labels, domain, further_priors=further_priors)
    text = text_feature_names(domain)
    components = min(components, *images.shape)
    if components < 1:
        empty = np.zeros((0, images.shape[1]), np.float32)
        return FeatureTransformer(priors, np.zeros(images.shape[1], np.float32), empty, text)
    pca = PCA(components, svd_solver="randomized", whiten=True, random_state=seed).fit(images)
    scaled = pca.components_ / np.sqrt(pca.explained_variance_ + 1e-9)[:, None]
    return FeatureTransformer(priors, pca.mean_.astype(np.float32), scaled.astype(np.float32), text)
