"""Where the encoder's weights come from, brought to one canonical form."""

import hashlib
import logging
import pickle
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError

from entity_extract.config import EmbedConfig
from entity_extract.embedding.spec import EncoderSpec, classifier_of, encoder_spec
from entity_extract.errors import UserError

log = logging.getLogger(__name__)

StateDict = dict[str, torch.Tensor]

SEEN = "seen_pictures"  # (k,) int64, beside a fine-tuned network's tensors; see leakage.picture_key

# How torch.load and safetensors tell of a file that is truncated, corrupt or of another kind. Found
# by feeding them such files: a pickle that makes no sense raises whatever it runs into.
UNREADABLE = (
    AttributeError,
    EOFError,
    LookupError,
    OSError,
    RuntimeError,
    SafetensorError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    struct.error,
)


class WeightsUnavailable(UserError):
    """The weights asked for cannot be had: no network and no cached copy, or no such file."""


class WeightsMismatch(UserError):
    """The file is there, but the network's state dict cannot be read from it."""


@dataclass(frozen=True)
class Weights:
    """A network's, without its classifier, small enough (ResNet50's 94 MB) to broadcast.

    `content` is safetensors, floats as float32. `sha256` is of the tensors and not of a file, so
    the same weights have the same hash whether they were saved by torch or as safetensors.
    """

    content: bytes
    sha256: str
    origin: str  # "imagenet", "random" or the path
    is_random: bool
    seen: frozenset[int] = frozenset()  # keys of the labelled pictures it was fine-tuned on


def load_weights(config: EmbedConfig) -> Weights:
    """The weights that `embed.weights` names. To be called once, before any Spark session starts.

    Raises EncoderRefused, WeightsUnavailable and WeightsMismatch. Random weights are never chosen
    in silence.
    """
    spec = encoder_spec(config.encoder)
    if config.weights == "random":
        return _random(spec, config.seed)
    if config.weights != "imagenet":
        return _weights(spec, _read(Path(config.weights)), origin=config.weights)
    try:
        return _weights(spec, _download(spec, config.download_timeout_s), origin="imagenet")
    except WeightsUnavailable as error:
        if not config.fallback_random:
            raise
        log.warning("%s; going on with random weights (embed.fallback_random)", error)
        return _random(spec, config.seed)


def _random(spec: EncoderSpec, seed: int) -> Weights:
    log.warning("embed.weights: RANDOM weights (seed %d). The embeddings know no pictures.", seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        state = spec.whole().state_dict()
    return _weights(spec, state, origin="random")


def _weights(spec: EncoderSpec, state: Mapping[str, torch.Tensor], *, origin: str) -> Weights:
    tensors = _canonical(spec, state, origin)
    content = safetensors.torch.save(tensors)
    seen = frozenset(state[SEEN].flatten().tolist() if SEEN in state else ())
    return Weights(content, _hash(tensors), origin, is_random=origin == "random", seen=seen)


def _download(spec: EncoderSpec, timeout_s: float) -> StateDict:
    """Torchvision's own download into its own cache ($TORCH_HOME), checked against its hash."""
    wanted = spec.pretrained
    cached = Path(torch.hub.get_dir(), "checkpoints", Path(wanted.url).name)
    try:
        if cached.exists():
            return _read(cached)
        with _socket_timeout(timeout_s):
            return dict(wanted.get_state_dict(progress=False, check_hash=True))
    except (OSError, HTTPException, RuntimeError) as error:  # RuntimeError: torch.hub's wrong hash
        raise WeightsUnavailable(
            f"embed.weights = 'imagenet': {wanted.url} cannot be downloaded ({error}). Fetch it "
            f"where there is a network and put it at {cached}, or name a torchvision {spec.name} "
            "state dict (.pth, .safetensors) by embed.weights = '<path>'"
        ) from error


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """torch.hub passes no timeout, so a silent network would hang it; the default is all it heeds.

    The default holds for the whole process, which is why nothing is changed for a cached file.
    """
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _read(path: Path) -> StateDict:
    if not path.is_file():
        raise WeightsUnavailable(f"embed.weights: there is no file {path}")
    try:
        if path.suffix == ".safetensors":
            state = safetensors.torch.load_file(path)
        else:  # weights_only: a checkpoint from elsewhere may not run code here
            state = torch.load(path, map_location="cpu", weights_only=True)
    except UNREADABLE as error:
        raise WeightsMismatch(f"embed.weights: {path} cannot be read: {error}") from error
    return _unwrapped(state, path)


def _unwrapped(state: object, path: Path) -> StateDict:
    """Takes off what training scripts put around: {"state_dict": ...} and DataParallel's prefix."""
    for key in ("state_dict", "model"):
        if isinstance(state, Mapping) and isinstance(state.get(key), Mapping):
            state = state[key]
    if not isinstance(state, Mapping):
        raise WeightsMismatch(f"embed.weights: {path} holds a {type(state).__name__}, no tensors")
    tensors = {str(k): v for k, v in state.items() if isinstance(v, torch.Tensor)}
    return {name.removeprefix("module."): tensor for name, tensor in tensors.items()}


def _canonical(spec: EncoderSpec, state: Mapping[str, torch.Tensor], origin: str) -> StateDict:
    """Tensors, floats as float32, of exactly the names and shapes that the network has, less what
    is not needed."""
    outline = spec.whole_outline()
    cut_off = f"{classifier_of(outline)}."
    given = {name: tensor for name, tensor in state.items() if _is_needed(name, cut_off)}
    wanted = outline.state_dict().items()
    shapes = {name: tensor.shape for name, tensor in wanted if _is_needed(name, cut_off)}
    common = shapes.keys() & given.keys()
    problems = {
        "missing": shapes.keys() - common,
        "unexpected": given.keys() - common,
        "of another shape": {name for name in common if given[name].shape != shapes[name]},
    }
    if any(problems.values()):
        found = "; ".join(f"{_some(names)} {kind}" for kind, names in problems.items() if names)
        raise WeightsMismatch(f"embed.weights: {origin} is no torchvision {spec.name}: {found}")
    return {name: _as_float32(given[name]).contiguous() for name in sorted(given)}


def _as_float32(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor  # Swin's hold positions, too


def _is_needed(name: str, cut_off: str) -> bool:
    # The classifier is cut off; num_batches_tracked matters in training only, and not all keep it.
    return not (name.startswith(cut_off) or name.endswith(".num_batches_tracked") or name == SEEN)


def _some(names: set[str], shown: int = 4) -> str:
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return ", ".join(sorted(names)[:shown]) + more


def _hash(tensors: StateDict) -> str:
    digest = hashlib.sha256()
    for name, tensor in tensors.items():
        digest.update(f"{name} {list(tensor.shape)}\n".encode())
        digest.update(tensor.numpy().tobytes())
    return digest.hexdigest()
