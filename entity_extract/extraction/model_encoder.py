"""The image encoder that a model learned from, where it looks at pictures."""

from collections.abc import Sequence

import numpy as np

from entity_extract.config import Config
from entity_extract.embedding.chosen import ChosenEncoder, chosen_encoder
from entity_extract.embedding.encoder import ImageEncoder, encoder_for
from entity_extract.errors import UserError
from entity_extract.learning.prediction.bundle import Bundle


def encoder_of_model(bundle: Bundle, config: Config) -> ChosenEncoder | None:
    """The encoder whose embeddings the bundle learned from; None when it learned from none.

    Raises UserError when the configured weights make other embeddings than the bundle knows.
    """
    if bundle.encoder_version is None:
        return None
    encoder = chosen_encoder(config.embed)
    found = encoder.version if encoder else None
    if bundle.encoder_version != found:
        raise UserError(
            f"the model was trained on embeddings of encoder {bundle.encoder_version} (weights "
            f"{bundle.about['weights_origin']!r}), but embed.weights = {config.embed.weights!r} "
            f"gives {found}; set embed.* as in its training"
        )
    return encoder


def embeddings_of(
    thumbnails: Sequence[bytes], encoder: ChosenEncoder, config: Config
) -> np.ndarray:
    """(n,) encoded pictures -> (n, dimension) float32, by this process's copy of the network."""

    def load() -> ImageEncoder:
        return ImageEncoder(encoder.weights.content, config.embed)

    return encoder_for(encoder.version, load).embed(thumbnails)
