"""Which network embeds: any classification network of torchvision, by name, without its classifier.

Torch and torchvision, seconds to import, are asked for all but the default.
"""

from entity_extract.config import EmbedConfig
from entity_extract.embedding.spec import RESNET50, RESNET50_DIMENSION, EncoderSpec


def encoder_spec(name: str) -> EncoderSpec:
    """Raises EncoderRefused where torchvision has no such classification network."""
    if name == RESNET50.name:
        return RESNET50
    from entity_extract.embedding.networks import spec_of

    return spec_of(name)


def side_of(config: EmbedConfig) -> int:
    """Of the squares that the network is given."""
    return config.image_px or encoder_spec(config.encoder).side


def dimension_of(spec: EncoderSpec, side: int) -> int:
    """Numbers of an embedding. Raises EncoderRefused where it takes no pictures of `side`."""
    if spec == RESNET50:
        return RESNET50_DIMENSION
    from entity_extract.embedding.networks import dimension

    return dimension(spec, side)
