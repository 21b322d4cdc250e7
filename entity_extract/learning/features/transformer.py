"""Rows as vectors for the learners: entity ‖ text ‖ category prior ‖ image components."""

import json

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from entity_extract.learning.features.category_priors import CategoryPriors, RowPriors
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.features.quantity_priors import QuantityPriors
from entity_extract.learning.features.text import text_feature_names


class FeatureTransformer:
    """Fitted on training rows only: category priors and the principal components of embeddings."""

    def __init__(
        self,
        priors: CategoryPriors,
        mean: np.ndarray,
        components: np.ndarray,
        text_names: tuple[str, ...],
    ) -> None:
        self.priors = priors
        self.mean = mean  # (E,), E = 0 without embeddings
        self.components = components  # (components, E)
        self.text_names = text_names  # the text features that it takes, in this order

    def prior(self, examples: Examples, *, training: bool) -> RowPriors:
        """Cross-fitted when `training`: a row's own label is never in its own prior."""
        return self.priors.of(
            examples.entity,
            examples.group,
            examples.allowed,
            leave_out=examples.picture if training else None,
        )

    def transform(self, examples: Examples, *, training: bool) -> np.ndarray:
        """(n, d) float32; d is the same for every call."""
        prior = self.prior(examples, training=training)
        one_hot = (
            examples.entity[:, None] == np.array(examples.domain.entity_names, object)[None, :]
        )
        return np.concatenate(
            [
                one_hot,
                self._text(examples),
                np.stack([np.log1p(prior.seen), prior.mean, prior.std], axis=1),
                prior.unit,
                (examples.image - self.mean) @ self.components.T,
            ],
            axis=1,
        ).astype(np.float32)

    def _text(self, examples: Examples) -> np.ndarray:
        known = text_feature_names(examples.domain)
        if known == self.text_names:
            return examples.text
        return np.asarray(examples.text[:, [known.index(name) for name in self.text_names]])

    def settled(self) -> "FeatureTransformer":
        """As a bundle keeps it: once the rows it was fitted on have been transformed."""
        priors = self.priors.without_parts()
        return FeatureTransformer(priors, self.mean, self.components, self.text_names)

    def to_bytes(self) -> bytes:
        priors = self.priors.without_parts()
        # One entry: safetensors writes several in an order that differs from call to call.
        known = {"keys": list(priors.keys), "entities": priors.entities, "text": self.text_names}
        meta = {"priors": json.dumps(known)}
        arrays = {
            "sums": priors.sums,
            "quantity_keys": priors.quantity_priors.keys.view(np.int64),
            "quantity_counts": priors.quantity_priors.counts,
            "mean": self.mean,
            "components": self.components,
        }
        return save({k: np.ascontiguousarray(v) for k, v in arrays.items()}, metadata=meta)

    @classmethod
    def from_bytes(cls, content: bytes) -> "FeatureTransformer":
        try:
            arrays = load(content)
            size = int.from_bytes(content[:8], "little")  # safetensors: header length, then JSON
            meta = json.loads(json.loads(content[8 : 8 + size])["__metadata__"]["priors"])
            keys = {key: i for i, key in enumerate(meta["keys"])}
            quantities = QuantityPriors(
                arrays["quantity_keys"].view(np.uint64), arrays["quantity_counts"]
            )
            priors = CategoryPriors(keys, arrays["sums"], tuple(meta["entities"]), quantities)
            return cls(priors, arrays["mean"], arrays["components"], tuple(meta["text"]))
        except (SafetensorError, KeyError, ValueError) as err:
            raise ValueError(f"not a feature transformer: {err}") from err
