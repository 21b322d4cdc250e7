"""What is known of a network without building it; of the default, that is all that is needed."""

from dataclasses import dataclass

from entity_extract.errors import UserError

Colours = tuple[float, float, float]


class EncoderRefused(UserError):
    """`embed.encoder` is no network that can embed pictures of `embed.image_px`."""


class WeightsUnavailable(UserError):
    """The weights asked for cannot be had: no network and no cached copy, or no such file."""


class WeightsMismatch(UserError):
    """The file is there, but the network's state dict cannot be read from it."""


@dataclass(frozen=True)
class EncoderSpec:
    """`side`, `mean` and `std` (of RGB in 0 ... 1) are those that `url`'s weights learned with."""

    name: str
    url: str  # of ImageNet's weights
    side: int
    mean: Colours
    std: Colours


# The default's stands here, so that neither a driver nor a worker loads torch to find it out.
RESNET50 = EncoderSpec(
    "resnet50",
    "https://download.pytorch.org/models/resnet50-11ad3fa6.pth",  # IMAGENET1K_V2, 80.9 % top-1
    side=224,
    mean=(0.485, 0.456, 0.406),
    std=(0.229, 0.224, 0.225),
)
RESNET50_DIMENSION = 2048
