"""Which parts of a ResNet learn, and in which precision."""

from pathlib import Path

import torch
from torch import Tensor, nn

from entity_extract.config import FinetuneConfig
from entity_extract.errors import UserError

STAGES = ("layer4", "layer3", "layer2", "layer1", "conv1")  # from the answer to the pixels


def check_trainable(network: nn.Module, encoder: str) -> None:
    """Raises UserError where the network has no stages that are known here."""
    if not set(STAGES) <= {name for name, _ in network.named_children()}:
        raise UserError(
            f"embed.encoder = {encoder!r}: fine-tuning knows the stages of ResNets alone; "
            "this one can embed, but not learn"
        )


def trained_stages(network: nn.Module, stages: int) -> list[list[Tensor]]:
    """The convolutions of the last so many stages, a list for each; all else is frozen.

    Batch norm is frozen throughout: with a few pictures in a batch its statistics would be noise,
    and some weights come with statistics folded into the convolutions.
    """
    network.eval().requires_grad_(False)
    groups = []
    for name in STAGES[:stages]:
        modules = network.get_submodule(name).modules()
        convolutions = [module for module in modules if isinstance(module, nn.Conv2d)]
        groups.append([convolution.weight for convolution in convolutions])
        for weight in groups[-1]:
            weight.requires_grad_(True)
    return groups


def training_precision(config: FinetuneConfig, device: torch.device) -> str:
    """What "auto" stands for: bfloat16 where the device multiplies it in hardware, else float32."""
    if config.precision != "auto":
        return config.precision
    fast = torch.cuda.is_bf16_supported() if device.type == "cuda" else _cpu_has_bfloat16()
    return "bfloat16" if fast else "float32"


def _cpu_has_bfloat16() -> bool:
    """By what Linux says of the CPU; torch has no public way to ask. Elsewhere: no."""
    try:
        about = Path("/proc/cpuinfo").read_text("utf-8", "replace")
    except OSError:
        return False
    return not {"amx_bf16", "avx512_bf16"}.isdisjoint(about.split())
