"""A file that is made once or not at all, on a disk, and what is said where that cannot be had."""

import errno
import logging
import os
from pathlib import Path
from typing import Final

BY_LEASE_ALONE: Final = "that two runs do not change a table at once is up to their lease alone"
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})

log = logging.getLogger(__name__)


def linked(source: Path, target: Path, root: str) -> bool:
    """Puts `source`, which is whole, at `target` in one step; False where another stands there.

    `root` is the lake's, for a warning where its file system has no hard links. Raises OSError.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        return False
    except OSError as err:
        if err.errno not in _NO_LINKS:
            raise
        log.warning("%s has no hard links (%s): %s", root, err, BY_LEASE_ALONE)
        if target.exists():
            return False
        source.rename(target)
    return True
