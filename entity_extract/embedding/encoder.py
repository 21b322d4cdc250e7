"""Thumbnails to embeddings, by the network that `embed.encoder` names."""

import hashlib
import io
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from entity_extract.config import EmbedConfig
from entity_extract.embedding.named import dimension_of, encoder_spec, side_of
from entity_extract.embedding.spec import RESNET50
from entity_extract.embedding.weights import Weights

log = logging.getLogger(__name__)

# To be counted up when `square` or the scaling of pixels changes.
PREPROCESSING = "pad-white/bilinear/norm/1"
# What each `embed.precision` promises of all embeddings of one version, whoever made them.
PROMISES = {
    "auto": "cosine of at least 0.999 to float32",
    "float32": "float32, within 1e-4",
    "bfloat16": "bfloat16",
}
# What Linux shows where torch might find a GPU: NVIDIA's, on boards, under Windows; AMD's.
_GPUS = ("nvidia*", "nvhost*", "nvgpu", "dxg", "kfd")

Network = Callable[[np.ndarray], np.ndarray]  # (b, side, side, 3) uint8 RGB -> (b, d) float32


class ImageEncoder:
    """A network up to its classifier, ready to embed; ResNet50 has 100 MB, so one per process."""

    def __init__(self, weights: bytes, config: EmbedConfig) -> None:
        self._batch_size, self._side = config.batch_size, side_of(config)
        self._dimension = dimension_of(encoder_spec(config.encoder), self._side)
        self._network = fastest_network(weights, config)

    def embed(self, thumbnails: Sequence[bytes]) -> np.ndarray:
        """(n,) encoded pictures -> (n, dimension) float32, whatever batch_size is.

        No more than one batch is held decoded. Raises ValueError for a thumbnail that is not a
        picture: READ makes them, so that is a fault of the program and not of a catalog row.
        """
        embeddings = np.empty((len(thumbnails), self._dimension), np.float32)
        for rows in _batches(len(thumbnails), self._batch_size):
            numbered = enumerate(thumbnails[rows], start=rows.start)
            squares = [np.asarray(square(t, self._side, row)) for row, t in numbered]
            embeddings[rows] = self._network(np.stack(squares))
        return embeddings


def fastest_network(weights: bytes, config: EmbedConfig) -> Network:
    """OpenVINO's on a CPU, for the default encoder; torch's for all others, and on a GPU."""
    if config.encoder == RESNET50.name and not gpu_is_used(config):
        try:
            from entity_extract.embedding.openvino_runtime import OpenVinoNetwork, has_bfloat16

            if config.precision != "bfloat16" or has_bfloat16():  # else torch works it out slowly
                return OpenVinoNetwork(weights, config.precision)
        except (ImportError, RuntimeError) as error:
            log.warning("OpenVINO does not run here, torch embeds at a third more time: %s", error)
    from entity_extract.embedding.torch_runtime import TorchNetwork

    return TorchNetwork(weights, config)


def gpu_is_used(config: EmbedConfig) -> bool:
    """Torch, seconds to load, is asked only where the system shows a device that might be one."""
    if config.device != "auto":
        return config.device == "cuda"
    devices = Path("/dev")
    if sys.platform == "linux" and not any(any(devices.glob(name)) for name in _GPUS):
        return False
    from entity_extract.embedding.torch_runtime import device_of

    return device_of(config).type == "cuda"


def encoder_version(weights: Weights, config: EmbedConfig) -> str:
    """Names what an embedding depends on: same version, same numbers as far as PROMISES says."""
    spec, side = encoder_spec(config.encoder), side_of(config)
    scale, promise = f"{spec.mean} {spec.std}", PROMISES[config.precision]
    parts = (spec.name, weights.sha256, PREPROCESSING, scale, str(side), promise)
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


def _batches(rows: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))


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
