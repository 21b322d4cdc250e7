"""Which network embeds: any classification network of torchvision, by name, without its classifier.

All that depends on the name stands here: how it is built, the pictures it was trained on (side,
colours), the numbers it makes of one.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
import torchvision
from torch import Tensor, nn
from torchvision.models import WeightsEnum, get_model, get_model_weights, list_models

from entity_extract.config import EmbedConfig
from entity_extract.errors import UserError

Colours = tuple[float, float, float]
# As torchvision builds these two where it loads ImageNet's weights: they scale pixels themselves.
_SCALING = ("googlenet", "inception_v3")


class EncoderRefused(UserError):
    """`embed.encoder` is no network that can embed pictures of `embed.image_px`."""


class Pooled(nn.Module):
    """Stands where the classifier stood: (b, d) as it is, (b, d, h, w) -> (b, d), the mean."""

    def forward(self, features: Tensor) -> Tensor:
        return features.mean(dim=(2, 3)) if features.ndim == 4 else features


@dataclass(frozen=True)
class EncoderSpec:
    """`side`, `mean` and `std` (of RGB in 0 ... 1) are those that `pretrained` was trained with."""

    name: str
    pretrained: WeightsEnum
    side: int
    mean: Colours
    std: Colours

    def whole(self) -> nn.Module:
        """With its classifier, and the random weights that torch's seed gives."""
        settings = {"transform_input": True} if self.name in _SCALING else {}
        network: nn.Module = get_model(self.name, weights=None, **settings)
        return network

    def outline(self) -> nn.Module:
        """Without classifier, for embedding; without values, so no time is spent on them."""
        network = self.whole_outline()
        setattr(network, classifier_of(network), Pooled())
        return network.eval()  # batch norm by the stored statistics: rows do not see each other

    def whole_outline(self) -> nn.Module:
        """Names and shapes alone, no memory."""
        try:
            with torch.device("meta"):
                return self.whole()
        except NotImplementedError:  # regnets compute with tensors while they are built
            return self.whole().to("meta")

    def dimension(self, side: int) -> int:
        """Numbers of an embedding. Raises EncoderRefused where it takes no pictures of `side`."""
        return _dimension(self, side)


@lru_cache
def encoder_spec(name: str) -> EncoderSpec:
    """Raises EncoderRefused where torchvision has no such classification network."""
    if name not in list_models(module=torchvision.models):
        raise EncoderRefused(
            f"embed.encoder = {name!r}: no classification network of torchvision "
            f"{torchvision.__version__}; resnet50 and efficientnet_b0 are some, "
            "torchvision.models.list_models(torchvision.models) names all"
        )
    pretrained = get_model_weights(name).DEFAULT  # resnet50: IMAGENET1K_V2, 80.9 % top-1
    preset = pretrained.transforms()
    (side,) = preset.crop_size
    return EncoderSpec(name, pretrained, side, tuple(preset.mean), tuple(preset.std))


def side_of(config: EmbedConfig) -> int:
    """Of the squares that the network is given."""
    return config.image_px or encoder_spec(config.encoder).side


def classifier_of(whole: nn.Module) -> str:
    """The module that is cut off: in all of torchvision's networks the last one."""
    return [name for name, _ in whole.named_children()][-1]


@lru_cache
def _dimension(spec: EncoderSpec, side: int) -> int:
    picture = torch.empty((1, 3, side, side), device="meta")
    try:
        with torch.inference_mode():
            return int(spec.outline()(picture).shape[1])
    except (AssertionError, RuntimeError) as error:
        raise EncoderRefused(
            f"embed.encoder = {spec.name!r} takes no pictures of embed.image_px = {side}: {error}"
        ) from error
