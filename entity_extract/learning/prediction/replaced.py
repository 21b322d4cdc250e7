"""A folder put in the place of another in one step, so that nobody ever finds none."""

import ctypes
import os
import shutil
from pathlib import Path
from typing import Final

_HERE: Final = -100  # AT_FDCWD: paths are taken from where the process is
_EXCHANGE: Final = 2  # RENAME_EXCHANGE


def replace_folder(staged: Path, folder: Path) -> None:
    """`staged` becomes `folder`; what stood there is removed. Both are on one file system.

    Where the system cannot exchange two names (Linux can, on its own file systems) there is a
    moment between two renames.
    """
    if not folder.exists():
        os.replace(staged, folder)
    elif _exchanged(staged, folder):
        shutil.rmtree(staged)  # where the old one is now
    else:
        old = staged.with_name(f"{staged.name}-old")
        os.replace(folder, old)
        os.replace(staged, folder)
        shutil.rmtree(old)


def _exchanged(one: Path, other: Path) -> bool:
    """By renameat2, which Python does not know; False where the C library or the disk does not."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    failed = rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE)
    return not failed
