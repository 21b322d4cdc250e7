"""Where options want something written: that it can be, told before anything is read."""

import os
from collections.abc import Sequence
from pathlib import Path

from entity_extract.errors import UserError


def check_file(option: str, path: Path, endings: Sequence[str] = ()) -> None:
    """Raises UserError where no file could be written there, or its name has none of `endings`, as
    `.csv`, in any letters. Folders that lack are made by who writes."""
    if path.is_dir():
        inside = path / f"{option.strip('-')}{endings[0] if endings else ''}"
        raise UserError(f"{option} {path}: is a folder; name a file in it, such as {inside}")
    if endings and path.suffix.lower() not in endings:
        ways = f"{', '.join(endings[:-1])} or {endings[-1]}" if endings[1:] else endings[0]
        given = f"{path.suffix} is not written" if path.suffix else "its name has no ending"
        raise UserError(f"{option} {path}: {given}; name a file that ends in {ways}")
    _check_folder(option, path, path.absolute().parent)


def check_folder(option: str, path: Path) -> None:
    """Raises UserError where no folder could be made there, or written into."""
    _check_folder(option, path, path.absolute())


def _check_folder(option: str, path: Path, folder: Path) -> None:
    try:
        there = next(above for above in (folder, *folder.parents) if above.exists())
    except OSError as err:  # a name too long, a folder that may not be looked into
        raise UserError(f"{option} {path}: {err.strerror}") from None
    if not there.is_dir():
        raise UserError(f"{option} {path}: {there} is a file, not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"{option} {path}: no right to write to {there}")
