"""Rows as vectors for the learners: entity ‖ text ‖ category prior ‖ image components."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save
from sklearn.decomposition import PCA

from entity_extract.config import Domain
from entity_extract.learning.features.category_priors import Labels, Prior, Priors, part_of
from entity_extract.learning.features.examples import Examples, allowed_units
from entity_extract.learning.features.quantity_priors import Popularity
from entity_extract.quantities.amounts import Answer


@dataclass(frozen=True)
class Targets:
    """What the learners learn: unit (n,) index into domain.unit_names, value (n,) in that unit,
    log_si (n,) log10 of the value in SI."""

    unit: np.ndarray
    value: np.ndarray
    log_si: np.ndarray


def targets(examples: Examples, domain: Domain) -> Targets:
    """What `examples` say, see `targets_of`."""
    return targets_of(examples.labels, domain)


def targets_of(labels: Sequence[tuple[Answer, ...]], domain: Domain) -> Targets:
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


class RowEncoder:
    """Fitted on training rows only: category priors and the principal components of embeddings."""

    def __init__(self, priors: Priors, mean: np.ndarray, components: np.ndarray) -> None:
        self.priors = priors
        self.mean = mean  # (E,), E = 0 without embeddings
        self.components = components  # (components, E)

    @classmethod
    def fit(
        cls,
        examples: Examples,
        target: Targets,
        *,
        components: int,
        seed: int,
        domain: Domain,
        habits: Priors | None = None,
    ) -> "RowEncoder":
        """`habits` are priors of further labels, of other pictures than those of `examples`."""
        labels = Labels(
            entity=examples.entity,
            group=examples.group,
            unit=target.unit,
            value=target.value,
            part=part_of(examples.picture),
            rows=np.ones(len(examples)),
        )
        images = examples.image[first_of_pictures(examples.picture)]
        return cls.of(
            labels, images, components=components, seed=seed, domain=domain, habits=habits
        )

    @classmethod
    def of(
        cls,
        labels: Labels,
        images: np.ndarray,
        *,
        components: int,
        seed: int,
        domain: Domain,
        habits: Priors | None = None,
    ) -> "RowEncoder":
        """From the labels, and the embeddings (pictures, E) of some or all of the pictures."""
        priors = Priors.fit(labels, domain, habits=habits)
        components = min(components, *images.shape)
        if components < 1:
            empty = np.zeros((0, images.shape[1]), np.float32)
            return cls(priors, np.zeros(images.shape[1], np.float32), empty)
        pca = PCA(components, svd_solver="randomized", whiten=True, random_state=seed).fit(images)
        scaled = pca.components_ / np.sqrt(pca.explained_variance_ + 1e-9)[:, None]
        return cls(priors, pca.mean_.astype(np.float32), scaled.astype(np.float32))

    def prior(self, examples: Examples, *, training: bool, domain: Domain) -> Prior:
        """Cross-fitted when `training`: a row's own label is never in its own prior."""
        return self.priors.of(
            examples.entity,
            examples.group,
            allowed_units(examples.entity, domain),
            leave_out=examples.picture if training else None,
        )

    def transform(self, examples: Examples, *, training: bool, domain: Domain) -> np.ndarray:
        """(n, d) float32; d is the same for every call."""
        prior = self.prior(examples, training=training, domain=domain)
        one_hot = examples.entity[:, None] == np.array(domain.entity_names, object)[None, :]
        return np.concatenate(
            [
                one_hot,
                examples.text,
                np.stack([np.log1p(prior.seen), prior.mean, prior.std], axis=1),
                prior.unit,
                (examples.image - self.mean) @ self.components.T,
            ],
            axis=1,
        ).astype(np.float32)

    def settled(self) -> "RowEncoder":
        """As a bundle keeps it: once the rows it was fitted on have been transformed."""
        return RowEncoder(self.priors.without_parts(), self.mean, self.components)

    def to_bytes(self) -> bytes:
        priors = self.priors.without_parts()
        # One entry: safetensors writes several in an order that differs from call to call.
        meta = {"priors": json.dumps({"keys": list(priors.keys), "entities": priors.entities})}
        arrays = {
            "sums": priors.sums,
            "popular": priors.popularity.keys.view(np.int64),
            "popular_counts": priors.popularity.counts,
            "mean": self.mean,
            "components": self.components,
        }
        return save({k: np.ascontiguousarray(v) for k, v in arrays.items()}, metadata=meta)

    @classmethod
    def from_bytes(cls, content: bytes) -> "RowEncoder":
        try:
            arrays = load(content)
            size = int.from_bytes(content[:8], "little")  # safetensors: header length, then JSON
            meta = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["priors"])
            keys = {key: i for i, key in enumerate(meta["keys"])}
            popular = Popularity(arrays["popular"].view(np.uint64), arrays["popular_counts"])
            priors = Priors(keys, arrays["sums"], tuple(meta["entities"]), popular)
            return cls(priors, arrays["mean"], arrays["components"])
        except (SafetensorError, KeyError, ValueError) as err:
            raise ValueError(f"not a row encoder: {err}") from err
