"""An encoder's weights in one canonical form, however they were saved."""

import hashlib
import importlib.metadata
import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from entity_extract.config import EmbedConfig
from entity_extract.embedding import cache
from entity_extract.embedding.named import encoder_spec
from entity_extract.embedding.spec import EncoderSpec, WeightsUnavailable

log = logging.getLogger(__name__)

# To be counted up when the canonical form of the same weights changes.
_FORM = "safetensors/float32/1"


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

    What was made of a file, or of a seed, is kept on disk: until that changes no torch is loaded.
    Raises EncoderRefused, WeightsUnavailable and WeightsMismatch. Random weights are never chosen
    in silence.
    """
    spec = encoder_spec(config.encoder)
    if config.weights == "random":
        return _random(spec, config.seed)
    if config.weights != "imagenet":
        return _of_file(spec, Path(config.weights), origin=config.weights)
    try:
        return _imagenet(spec, config.download_timeout_s)
    except WeightsUnavailable as error:
        if not config.fallback_random:
            raise
        log.warning("%s; going on with random weights (embed.fallback_random)", error)
        return _random(spec, config.seed)


def _random(spec: EncoderSpec, seed: int) -> Weights:
    log.warning("embed.weights: RANDOM weights (seed %d). The embeddings know no pictures.", seed)

    def make() -> cache.Canonical:
        from entity_extract.embedding.state_dicts import canonical, random_state

        return canonical(spec, random_state(spec, seed), "random")

    # The values are those of these versions.
    versions = [importlib.metadata.version(library) for library in ("torch", "torchvision")]
    return _weights(spec, ["random", str(seed), *versions], make, origin="random")


def _imagenet(spec: EncoderSpec, timeout_s: float) -> Weights:
    path = torch_checkpoints() / Path(spec.url).name
    if not path.exists():
        from entity_extract.embedding.state_dicts import download

        download(spec, path, timeout_s)
    return _of_file(spec, path, origin="imagenet")


def _of_file(spec: EncoderSpec, path: Path, *, origin: str) -> Weights:
    if not path.is_file():
        raise WeightsUnavailable(f"embed.weights: there is no file {path}")
    about = path.stat()  # before it is read: what changes meanwhile is kept under no later name

    def make() -> cache.Canonical:
        from entity_extract.embedding.state_dicts import canonical, read

        return canonical(spec, read(path), origin)

    identity = [str(path.resolve()), str(about.st_size), str(about.st_mtime_ns)]
    return _weights(spec, identity, make, origin=origin)


def _weights(
    spec: EncoderSpec, identity: list[str], make: Callable[[], cache.Canonical], *, origin: str
) -> Weights:
    named = "\n".join([_FORM, spec.name, *identity])
    made = cache.kept(hashlib.sha256(named.encode("utf-8", "surrogateescape")).hexdigest(), make)
    return Weights(made.content, made.sha256, origin, origin == "random", frozenset(made.seen))


def torch_checkpoints() -> Path:
    """Where torch.hub keeps what it downloads; worked out as it does, without loading torch."""
    caches = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("TORCH_HOME", os.path.join(caches, "torch"))
    return Path(os.path.expanduser(home), "hub", "checkpoints")
