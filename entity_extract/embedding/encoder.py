"""Thumbnails to embeddings, by the network that `embed.encoder` names."""

import hashlib
import io
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import safetensors.torch
import torch
from PIL import Image
from safetensors import SafetensorError
from torch import nn

from entity_extract.config import EmbedConfig
from entity_extract.embedding.spec import EncoderSpec, encoder_spec, side_of
from entity_extract.embedding.weights import Weights

# To be counted up when `square` or `normalised` changes.
PREPROCESSING = "pad-white/bilinear/norm/1"


class ImageEncoder:
    """A network up to its classifier, ready to embed; ResNet50 has 100 MB, so one per process.

    Torch takes as many threads as it finds cores: a worker that shares the machine sets
    OMP_NUM_THREADS=1 or torch.set_num_threads(1) itself.
    """

    def __init__(self, weights: bytes, config: EmbedConfig) -> None:
        self._config = config
        self._spec, self._side = encoder_spec(config.encoder), side_of(config)
        self._device = device_of(config)
        # channels_last is how the CPU's and the GPU's convolutions run fastest.
        network = network_of(weights, self._spec)
        self._network = network.to(self._device).to(memory_format=torch.channels_last)

    def embed(self, thumbnails: Sequence[bytes]) -> np.ndarray:
        """(n,) encoded pictures -> (n, dimension) float32, whatever batch_size is.

        No more than one batch is held decoded. Raises ValueError for a thumbnail that is not a
        picture: READ makes them, so that is a fault of the program and not of a catalog row.
        """
        dimension = self._spec.dimension(self._side)
        embeddings = np.empty((len(thumbnails), dimension), np.float32)
        with torch.inference_mode(), self._full_float32(), self._precision():
            for rows in _batches(len(thumbnails), self._config.batch_size):
                pixels = self._pixels(thumbnails[rows], first=rows.start)
                embeddings[rows] = self._network(pixels).float().cpu().numpy()
        return embeddings

    def _pixels(self, thumbnails: Sequence[bytes], *, first: int) -> torch.Tensor:
        """(b,) encoded -> (b, 3, side, side) float32, normalised."""
        squares = [square(t, self._side, row) for row, t in enumerate(thumbnails, start=first)]
        pixels = torch.from_numpy(np.stack([np.asarray(picture) for picture in squares]))
        return normalised(pixels.to(self._device), self._spec)

    def _full_float32(self) -> AbstractContextManager[object]:
        """Keeps cuDNN off TF32, whose 10-bit mantissa would part a GPU's numbers from a CPU's."""
        if self._device.type != "cuda":
            return nullcontext()
        return torch.backends.cudnn.flags(enabled=True, benchmark=False, allow_tf32=False)

    def _precision(self) -> AbstractContextManager[object]:
        if precision(self._config) == "float32":
            return nullcontext()
        return torch.autocast(self._device.type, torch.bfloat16)


def precision(config: EmbedConfig) -> str:
    """What "auto" stands for: float32, on every device.

    bfloat16 halves the time on a CPU that has it (AVX512_BF16: 0.055 s an image against 0.109) and
    keeps the direction (cosine to float32 over 0.999), yet moves single numbers by up to 2 % of
    their range. Embeddings of one version come from many machines, so it is a choice, not a guess.
    """
    return "float32" if config.precision == "auto" else config.precision


def encoder_version(weights: Weights, config: EmbedConfig) -> str:
    """Names what an embedding depends on: same version, same numbers (within 1e-4)."""
    spec, side = encoder_spec(config.encoder), side_of(config)
    scale = f"{spec.mean} {spec.std}"
    parts = (spec.name, weights.sha256, PREPROCESSING, scale, str(side), precision(config))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]


_held: dict[str, ImageEncoder] = {}  # at most one


def encoder_for(version: str, loader: Callable[[], ImageEncoder]) -> ImageEncoder:
    """This process's encoder of that `encoder_version`, loaded at the first call.

    One is held; another version lets the old one go first, so that two never take memory at once.
    """
    if version not in _held:
        _held.clear()
        _held[version] = loader()
    return _held[version]


def device_of(config: EmbedConfig) -> torch.device:
    if config.device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    return torch.device(config.device)


def network_of(weights: bytes, spec: EncoderSpec) -> nn.Module:
    """The network without classifier, of what `Weights.content` holds."""
    try:
        state = safetensors.torch.load(weights)
    except SafetensorError as error:
        raise ValueError(f"the encoder's weights are not safetensors: {error}") from error
    network = spec.outline()
    network.load_state_dict(state, strict=True, assign=True)
    return network


def _batches(rows: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


def normalised(pixels: torch.Tensor, spec: EncoderSpec) -> torch.Tensor:
    """(b, side, side, 3) uint8 RGB -> (b, 3, side, side) float32, scaled as in its training."""
    mean, std = (torch.tensor(numbers, device=pixels.device) for numbers in (spec.mean, spec.std))
    # Channels move to where torch wants them by stride alone: this is channels_last already.
    return ((pixels.float() / 255 - mean) / std).permute(0, 3, 1, 2)


def square(thumbnail: bytes, side: int, row: int) -> Image.Image:
    """Encoded -> RGB, side by side pixels. Raises ValueError, naming the row.

    White fills up to the square. Product pictures mostly stand on white, so it adds background;
    a centre crop, ImageNet's way, would cut the ends off a rod, and squeezing would change the
    proportions that tell a width from a height.
    """
    try:
        with Image.open(io.BytesIO(thumbnail)) as image:
            picture = image.convert("RGB")
    except (OSError, SyntaxError, ValueError) as error:  # SyntaxError is Pillow's for a broken PNG
        raise ValueError(f"thumbnail {row} is not a picture: {error}") from error
    longest = max(picture.size)
    padded = Image.new("RGB", (longest, longest), "white")
    padded.paste(picture, ((longest - picture.width) // 2, (longest - picture.height) // 2))
    return padded.resize((side, side), Image.Resampling.BILINEAR)
