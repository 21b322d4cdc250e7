"""What was made of an encoder's weights, kept on this machine's disk until they change.

A file is a line of JSON and the weights behind it. Nothing depends on it: one that is missing,
torn or of another make is made anew, and a disk that takes none costs the next run its time.
"""

import hashlib
import json
import logging
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

log = logging.getLogger(__name__)

_FILES = 3  # the last used; ResNet50's has 94 MB
_TORN_S = 3600.0


@dataclass(frozen=True)
class Canonical:
    """`content` and `sha256` as in Weights."""

    content: bytes
    sha256: str
    seen: list[int]


@dataclass(frozen=True)
class _Header:
    sha256: str
    seen: list[int]
    content_sha256: str


def kept(name: str, make: Callable[[], Canonical]) -> Canonical:
    """What is kept under `name`, a digest of all that it depends on; made where nothing is."""
    try:
        path = folder() / f"{name}.weights"
        return _read(path)
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        log.debug("no weights are kept as %s: %s", name, error)
    made = make()
    try:
        _write(folder() / f"{name}.weights", made)
    except (OSError, RuntimeError) as error:
        log.info("the encoder's weights are converted again in the next run: %s", error)
    return made


def folder() -> Path:
    """$XDG_CACHE_HOME/entity-extract, ~/.cache without it. RuntimeError: nobody's home is known."""
    caches = os.environ.get("XDG_CACHE_HOME")
    return (Path(caches) if caches else Path.home() / ".cache") / "entity-extract"


def _read(path: Path) -> Canonical:
    """Raises OSError where there is none, ValueError and TypeError for what `_write` never made."""
    with path.open("rb") as file:
        header = _Header(**json.loads(file.readline(1_000_000)))
        content = file.read()
    if hashlib.sha256(content).hexdigest() != header.content_sha256:
        raise ValueError(f"{path} is damaged")
    with suppress(FileNotFoundError):  # taken away meanwhile; touch() would leave an empty one
        os.utime(path)  # used just now: the last to go
    return Canonical(content, header.sha256, header.seen)


def _write(path: Path, made: Canonical) -> None:
    """Whoever looks meanwhile, another process too, finds the whole file or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    header = _Header(made.sha256, made.seen, hashlib.sha256(made.content).hexdigest())
    handle, partial = tempfile.mkstemp(dir=path.parent, suffix=".partial")
    try:
        with open(handle, "wb") as file:
            file.write(json.dumps(asdict(header)).encode() + b"\n")
            file.write(made.content)
        os.replace(partial, path)
    except OSError:
        Path(partial).unlink(missing_ok=True)
        raise
    _drop_old(path.parent)


def _drop_old(kept_in: Path) -> None:
    """All but the last used, and what a killed process left half written."""
    torn = [file for age, file in _by_age(kept_in, "*.partial") if age < time.time() - _TORN_S]
    for file in [*torn, *(file for _, file in _by_age(kept_in, "*.weights")[:-_FILES])]:
        file.unlink(missing_ok=True)


def _by_age(kept_in: Path, pattern: str) -> list[tuple[float, Path]]:
    """(time of last use, file), the oldest first; another process may take some away meanwhile."""
    found = []
    for file in kept_in.glob(pattern):
        with suppress(FileNotFoundError):
            found.append((file.stat().st_mtime, file))
    return sorted(found)
