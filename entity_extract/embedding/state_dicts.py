"""State dicts as others save them -> the canonical form; what needs torch to be read."""

import hashlib
import pickle
import socket
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path

import safetensors.torch
import torch
from safetensors import SafetensorError

from entity_extract.embedding.cache import Canonical
from entity_extract.embedding.networks import classifier_of, whole, whole_outline
from entity_extract.embedding.spec import EncoderSpec, WeightsMismatch, WeightsUnavailable

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


def random_state(spec: EncoderSpec, seed: int) -> StateDict:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return dict(whole(spec).state_dict())


def download(spec: EncoderSpec, path: Path, timeout_s: float) -> None:
    """To where torch.hub itself keeps it, checked against the hash in its name."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        named = torch.hub.HASH_REGEX.search(path.name)
        with _socket_timeout(timeout_s):
            torch.hub.download_url_to_file(spec.url, str(path), named and named[1], progress=False)
    except (OSError, HTTPException, RuntimeError) as error:  # RuntimeError: torch.hub's wrong hash
        raise WeightsUnavailable(
            f"embed.weights = 'imagenet': {spec.url} cannot be downloaded ({error}). Fetch it "
            f"where there is a network and put it at {path}, or name a torchvision {spec.name} "
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


def read(path: Path) -> StateDict:
    """Raises WeightsMismatch."""
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


def canonical(spec: EncoderSpec, state: Mapping[str, torch.Tensor], origin: str) -> Canonical:
    """Raises WeightsMismatch where the state is not that of the network."""
    tensors = _needed(spec, state, origin)
    seen = state[SEEN].flatten().tolist() if SEEN in state else []
    return Canonical(safetensors.torch.save(tensors), _hash(tensors), seen)


def _needed(spec: EncoderSpec, state: Mapping[str, torch.Tensor], origin: str) -> StateDict:
    """Tensors, floats as float32, of exactly the names and shapes that the network has, less what
    is not needed."""
    outline = whole_outline(spec)
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
