"""Which image encoder a run uses, or none: decided before Spark starts."""

from dataclasses import dataclass

from entity_extract.config import EmbedConfig
from entity_extract.embedding.encoder import encoder_version
from entity_extract.embedding.named import dimension_of, encoder_spec, side_of
from entity_extract.embedding.weights import Weights, load_weights

NO_IMAGES = "none"


@dataclass(frozen=True)
class ChosenEncoder:
    """The weights to broadcast and the version of what they make of a picture."""

    weights: Weights
    version: str

    def about(self) -> dict[str, object]:
        return {
            "encoder_version": self.version,
            "weights_origin": self.weights.origin,
            "weights_sha256": self.weights.sha256,
            "weights_are_random": self.weights.is_random,
            "weights_saw_pictures": len(self.weights.seen),  # fine-tuned on so many
        }


def chosen_encoder(config: EmbedConfig) -> ChosenEncoder | None:
    """None when embed.weights = "none".

    Raises EncoderRefused, WeightsUnavailable, WeightsMismatch.
    """
    if config.weights == NO_IMAGES:
        return None
    dimension_of(encoder_spec(config.encoder), side_of(config))  # refused now, by no executor
    weights = load_weights(config)
    return ChosenEncoder(weights, encoder_version(weights, config))
