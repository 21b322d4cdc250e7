"""Encoders as torch's networks: how one is built, with and without classifier and values.

torchvision takes as long to import as torch: only where the encoder is one of its own.
"""

from functools import lru_cache

import safetensors.torch
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from entity_extract.embedding.resnet import ResNet50
from entity_extract.embedding.spec import RESNET50, EncoderRefused, EncoderSpec

# As torchvision builds these two where it loads ImageNet's weights: they scale pixels themselves.
_SCALING = ("googlenet", "inception_v3")


class Pooled(nn.Module):
    """Stands where the classifier stood: (b, d) as it is, (b, d, h, w) -> (b, d), the mean."""

    def forward(self, features: Tensor) -> Tensor:
        return features.mean(dim=(2, 3)) if features.ndim == 4 else features


@lru_cache
def spec_of(name: str) -> EncoderSpec:
    """Of a network of torchvision. Raises EncoderRefused where there is none of that name."""
    import torchvision
    from torchvision.models import get_model_weights, list_models

    if name not in list_models(module=torchvision.models):
        raise EncoderRefused(
            f"embed.encoder = {name!r}: no classification network of torchvision "
            f"{torchvision.__version__}; resnet50 and efficientnet_b0 are some, "
            "torchvision.models.list_models(torchvision.models) names all"
        )
    pretrained = get_model_weights(name).DEFAULT
    preset = pretrained.transforms()
    (side,) = preset.crop_size
    return EncoderSpec(name, pretrained.url, side, tuple(preset.mean), tuple(preset.std))


def whole(spec: EncoderSpec) -> nn.Module:
    """With its classifier, and the random weights that torch's seed gives."""
    if spec.name == RESNET50.name:
        return ResNet50()
    from torchvision.models import get_model

    settings = {"transform_input": True} if spec.name in _SCALING else {}
    network: nn.Module = get_model(spec.name, weights=None, **settings)
    return network


def whole_outline(spec: EncoderSpec) -> nn.Module:
    """Names and shapes alone, no memory."""
    try:
        with torch.device("meta"):
            return whole(spec)
    except NotImplementedError:  # regnets compute with tensors while they are built
        return whole(spec).to("meta")


def outline(spec: EncoderSpec) -> nn.Module:
    """Without classifier, for embedding; without values, so no time is spent on them."""
    network = whole_outline(spec)
    setattr(network, classifier_of(network), Pooled())
    return network.eval()  # batch norm by the stored statistics: rows do not see each other


def network_of(weights: bytes, spec: EncoderSpec) -> nn.Module:
    """The network without classifier, of what `Weights.content` holds."""
    try:
        state = safetensors.torch.load(weights)
    except SafetensorError as error:
        raise ValueError(f"the encoder's weights are not safetensors: {error}") from error
    network = outline(spec)
    network.load_state_dict(state, strict=True, assign=True)
    return network


def classifier_of(network: nn.Module) -> str:
    """The module that is cut off: in all of these networks the last one."""
    return [name for name, _ in network.named_children()][-1]


@lru_cache
def dimension(spec: EncoderSpec, side: int) -> int:
    """Numbers of an embedding. Raises EncoderRefused where it takes no pictures of `side`."""
    picture = torch.empty((1, 3, side, side), device="meta")
    try:
        with torch.inference_mode():
            return int(outline(spec)(picture).shape[1])
    except (AssertionError, RuntimeError) as error:
        raise EncoderRefused(
            f"embed.encoder = {spec.name!r} takes no pictures of embed.image_px = {side}: {error}"
        ) from error
