"""An encoder run by torch: any network, on a GPU or the CPU."""

from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch

from entity_extract.config import EmbedConfig
from entity_extract.embedding.named import encoder_spec
from entity_extract.embedding.networks import network_of
from entity_extract.embedding.spec import EncoderSpec


class TorchNetwork:
    """(b, side, side, 3) uint8 RGB -> (b, dimension) float32.

    On a CPU torch takes as many threads as it finds cores: a worker that shares the machine sets
    OMP_NUM_THREADS=1 or torch.set_num_threads(1) itself.
    """

    def __init__(self, weights: bytes, config: EmbedConfig) -> None:
        self._spec, self._precision = encoder_spec(config.encoder), config.precision
        self._device = device_of(config)
        # channels_last is how the CPU's and the GPU's convolutions run fastest.
        network = network_of(weights, self._spec)
        self._network = network.to(self._device).to(memory_format=torch.channels_last)

    def __call__(self, pixels: np.ndarray) -> np.ndarray:
        with torch.inference_mode(), self._full_float32(), self._autocast():
            given = normalised(torch.from_numpy(pixels).to(self._device), self._spec)
            embeddings: np.ndarray = self._network(given).float().cpu().numpy()
        return embeddings

    def _full_float32(self) -> AbstractContextManager[object]:
        """Keeps cuDNN off TF32, whose 10-bit mantissa would part a GPU's numbers from a CPU's."""
        if self._device.type != "cuda":
            return nullcontext()
        return torch.backends.cudnn.flags(enabled=True, benchmark=False, allow_tf32=False)

    def _autocast(self) -> AbstractContextManager[object]:
        if self._precision != "bfloat16":
            return nullcontext()
        return torch.autocast(self._device.type, torch.bfloat16)


def device_of(config: EmbedConfig) -> torch.device:
    if config.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(config.device)


def normalised(pixels: torch.Tensor, spec: EncoderSpec) -> torch.Tensor:
    """(b, side, side, 3) uint8 RGB -> (b, 3, side, side) float32, scaled as in its training."""
    mean, std = (torch.tensor(numbers, device=pixels.device) for numbers in (spec.mean, spec.std))
    # Channels move to where torch wants them by stride alone: this is channels_last already.
    return ((pixels.float() / 255 - mean) / std).permute(0, 3, 1, 2)
