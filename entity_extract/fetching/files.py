"""Links to files, for catalogs whose pictures lie on a disk, and whether such a file has changed.

Off unless the configuration names the folder below which files may be read, since a link is written
by a stranger and read with our rights.
"""

import errno
import os
import stat
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from entity_extract.config import FetchConfig
from entity_extract.fetching.bounds import Deadline, within
from entity_extract.fetching.fetched import FILE_VERSION, Refused
from entity_extract.fetching.links import Link, parse
from entity_extract.fetching.stores import read_limited
from entity_extract.status import Status

_NO_LINKS = os.O_NOFOLLOW | os.O_CLOEXEC
_SYMBOLIC = (
    "a symbolic link, which is not followed, as it may lead anywhere: put the file itself there, "
    "or a hard link"
)
# What the system says of a file that a later run will find as it is, unless somebody acts. A
# symbolic link is ELOOP, and ENOTDIR where a folder is looked for.
_REASONS = {
    errno.ENOENT: "no such file",
    errno.ENAMETOOLONG: "no such file: the name is too long for one",
    errno.ELOOP: _SYMBOLIC,
    errno.ENOTDIR: "no such file: what should be its folder is a file",
    errno.EACCES: "no right to read it, or a folder above it",
    errno.EPERM: "no right to read it",
    errno.ENXIO: "a device or a socket, not a file",
    errno.ENODEV: "a device or a socket, not a file",
}


class Seen(NamedTuple):
    """A cell of the catalog, the version of the file that was read under it, and what became of it
    when it was looked at last."""

    cell: str | None
    version: str | None
    status: str | None


def changed_files(seen: Iterable[Seen], root: str) -> list[bool]:
    """(n,) whether each means a file below `root` that is another than was read, or has gone since,
    or come. Costs a look at each file, and opens those that were absent. What cannot be looked at,
    be it all of `root`, has not changed."""
    there = Path(root).is_dir()
    return [there and _may_be_file(one) and _has_changed(one, root) for one in seen]


def _may_be_file(one: Seen) -> bool:
    """As far as can be told without a look at the cell."""
    return _was_absent(one) if one.version is None else one.version.startswith(FILE_VERSION)


def _was_absent(one: Seen) -> bool:
    return one.status == Status.NO_FILE.value


def _has_changed(one: Seen, root: str) -> bool:
    try:
        link = parse(one.cell or "", root)
    except Refused:
        return False
    names = _names_below(root, link) if link.scheme == "file" else None
    if names is None:
        return False
    if _was_absent(one):
        return _can_be_opened(root, names)
    try:
        found = os.stat(os.path.join(root, *names), follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return not stat.S_ISREG(found.st_mode) or _version(found) != one.version


def _can_be_opened(root: str, names: tuple[str, ...]) -> bool:
    """As `read_file` would: a link, or what we have no right to, is as absent as it was."""
    try:
        os.close(_opened(root, names))
    except (Refused, OSError):
        return False
    return True


def _names_below(root: str, link: Link) -> tuple[str, ...] | None:
    """The folders and the file on the way from `root`; None where it does not lie below."""
    try:
        names = PurePosixPath(link.target).relative_to(root).parts
    except ValueError:
        return None
    return None if ".." in names else names or None


def _version(found: os.stat_result) -> str:
    return f"{FILE_VERSION}{found.st_size}-{found.st_mtime_ns}"


def read_file(
    link: Link, config: FetchConfig, deadline: Deadline, *, version: str | None = None
) -> tuple[bytes, str]:
    """The bytes of a regular file below `config.file_root`, and its version. Raises Refused, with
    NOT_MODIFIED where it is still of the `version`; TimeoutError, OSError.

    Folder by folder, none of them a symbolic link: what the path says is what is opened, also where
    somebody changes the tree meanwhile.
    """
    root = config.file_root
    if root is None:
        raise Refused(Status.BLOCKED, "file links need fetch.file_root")
    names = _names_below(root, link)
    if names is None:
        raise Refused(Status.BLOCKED, "the file is not below fetch.file_root")

    def call() -> tuple[bytes, str]:
        with os.fdopen(_opened(root, names), "rb", buffering=0) as opened:
            now = _version(os.fstat(opened.fileno()))  # of what is written now, the next run reads
            if now == version:
                raise Refused(Status.NOT_MODIFIED, "the file is as it was")
            return read_limited(opened, config, deadline), now

    return within(deadline, call)  # a file server that is gone holds up whoever asks it, for ever


def _opened(root: str, names: tuple[str, ...]) -> int:
    """The descriptor of a regular file. Raises Refused; OSError for what may pass, such as EIO."""
    try:
        folder = os.open(root, os.O_DIRECTORY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):  # this machine may lack it for now
        told = f"fetch.file_root is no folder of this machine: {root}"
        raise Refused(Status.UNREACHABLE, told) from None
    try:
        descriptor = _opened_below(folder, names)
    except OSError as err:
        reason = _REASONS.get(err.errno or 0)
        if reason is None:
            raise
        raise Refused(Status.NO_FILE, reason) from None
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise Refused(Status.NO_FILE, "a folder" if stat.S_ISDIR(mode) else "not a regular file")
    return descriptor


def _opened_below(folder: int, names: tuple[str, ...]) -> int:
    """Closes `folder`."""
    for name in names[:-1]:
        try:
            inner = os.open(name, os.O_DIRECTORY | _NO_LINKS, dir_fd=folder)
        except NotADirectoryError:
            if stat.S_ISLNK(os.lstat(name, dir_fd=folder).st_mode):
                raise OSError(errno.ELOOP, os.strerror(errno.ELOOP)) from None
            raise
        finally:
            os.close(folder)
        folder = inner
    try:  # not blocking: opening a named pipe would wait for its writer
        return os.open(names[-1], os.O_RDONLY | os.O_NONBLOCK | _NO_LINKS, dir_fd=folder)
    finally:
        os.close(folder)
