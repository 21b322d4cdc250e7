"""Where a long run stands, on disk after each epoch: whole or not at all, and of this run only."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from entity_extract.embedding.state_dicts import UNREADABLE
from entity_extract.errors import UserError

_FILE = "checkpoint.pt"
_IDENTITY = "identity"


def save_checkpoint(folder: Path, identity: Mapping[str, str], state: Mapping[str, Any]) -> None:
    """`state` holds tensors, numbers and text: what is read back without running anything."""
    folder.mkdir(parents=True, exist_ok=True)
    with written_whole(folder / _FILE) as path:
        torch.save({**state, _IDENTITY: dict(identity)}, path)


def load_checkpoint(folder: Path, identity: Mapping[str, str]) -> dict[str, Any] | None:
    """What was saved there; None where nothing was. Raises UserError for another run's."""
    path = folder / _FILE
    if not path.exists():
        return None
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
        found = dict(state[_IDENTITY])
    except UNREADABLE as err:
        raise UserError(f"{path}: no checkpoint, or a broken one ({err}); delete it") from None
    if other := [name for name, value in identity.items() if found.get(name) != value]:
        raise UserError(
            f"{path}: a checkpoint of another run: the {' and the '.join(other)} differ; delete it "
            "to start anew, or name another folder by --checkpoint"
        )
    return state


def drop_checkpoint(folder: Path) -> None:
    """For when the run is done; a folder that holds more stays."""
    (folder / _FILE).unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path to write to; what was written takes the place of `path` at the end."""
    beside = path.with_name(f"{path.name}.part")
    yield beside
    os.replace(beside, path)
