"""Links to files and S3 objects, for catalogs whose pictures lie in a store of one's own, and those
that hold their picture themselves.

The first two are off unless the configuration names what may be read, since a link is written by a
stranger and read with our rights: files below one folder, objects of named buckets.
"""

import binascii
import errno
import os
import stat
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote, unquote_to_bytes

from entity_extract.config import FetchConfig
from entity_extract.fetching.bounds import Deadline, within
from entity_extract.fetching.fetched import Refused
from entity_extract.fetching.links import Link
from entity_extract.status import Status

_CHUNK = 1024 * 1024
_URL_SAFE = str.maketrans("-_", "+/")
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


def read_inline(link: Link, config: FetchConfig) -> bytes:
    """The bytes in a data link (RFC 2397). Raises Refused."""
    kind, comma, data = link.target.partition(",")
    if not comma:
        raise Refused(Status.BAD_LINK, "a data link without data")
    if len(data) > 3 * config.max_bytes + 3:  # each letter percent-encoded
        raise Refused(Status.TOO_LARGE, f"more bytes than fetch.max_bytes, {config.max_bytes}")
    if kind.strip().lower().endswith("base64"):
        content = _unpacked(unquote(data))
    else:
        content = unquote_to_bytes(data)
    if len(content) > config.max_bytes:
        raise Refused(Status.TOO_LARGE, f"more bytes than fetch.max_bytes, {config.max_bytes}")
    return content


def _unpacked(data: str) -> bytes:
    plain = "".join(data.split()).rstrip("=").translate(_URL_SAFE)
    try:
        return binascii.a2b_base64(plain + "=" * (-len(plain) % 4), strict_mode=True)
    except (binascii.Error, ValueError) as err:  # letters that are none of base64's
        raise Refused(Status.BAD_LINK, f"a data link that is no base64: {err}") from None


def read_file(link: Link, config: FetchConfig, deadline: Deadline) -> bytes:
    """The bytes of a regular file below `config.file_root`. Raises Refused, TimeoutError, OSError.

    Folder by folder, none of them a symbolic link: what the path says is what is opened, also where
    somebody changes the tree meanwhile.
    """
    root = config.file_root
    if root is None:
        raise Refused(Status.BLOCKED, "file links need fetch.file_root")
    try:
        names = PurePosixPath(link.target).relative_to(root).parts
    except ValueError:
        raise Refused(Status.BLOCKED, "the file is not below fetch.file_root") from None
    if not names or ".." in names:
        raise Refused(Status.BLOCKED, "the file is not below fetch.file_root")

    def call() -> bytes:
        with os.fdopen(_opened(root, names), "rb", buffering=0) as opened:
            return _read(opened, config, deadline)

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


def read_object(link: Link, config: FetchConfig, deadline: Deadline) -> bytes:
    """The bytes of an object in one of `config.s3_buckets`. Raises Refused, TimeoutError, OSError.

    Credentials are those of the environment (or of the machine's role), never of the link.
    """
    if link.host not in config.s3_buckets:
        raise Refused(Status.BLOCKED, f"bucket {link.host!r} is not among fetch.s3_buckets")

    def call() -> bytes:
        store = _s3(config.s3_endpoint, config.deadline_s)
        path = f"{link.host}/{link.target}"
        with store.open_input_stream(path, compression=None, buffer_size=None) as opened:
            return _read(opened, config, deadline)

    try:
        return within(deadline, call)  # on Linux Arrow's own time limits do not bound a slow body
    except FileNotFoundError:
        raise Refused(Status.NO_FILE, "no such object", 404) from None
    except ValueError as err:  # S3 takes keys that Arrow does not, such as `a//b`
        raise Refused(Status.BAD_LINK, f"not a key that can be read: {err}") from None


@lru_cache(maxsize=4)
def _s3(endpoint: str | None, deadline_s: float) -> Any:
    from pyarrow import fs  # late: it takes 0.3 s, and most catalogs have no such link

    scheme, colon, host = (endpoint or "").rpartition("://")
    options = {"endpoint_override": host, "scheme": scheme if colon else "https"} if host else {}
    retry = fs.AwsStandardS3RetryStrategy(max_attempts=2)
    return fs.S3FileSystem(
        connect_timeout=deadline_s, request_timeout=deadline_s, retry_strategy=retry, **options
    )


def _read(opened: Any, config: FetchConfig, deadline: Deadline) -> bytes:
    parts: list[bytes] = []
    left = config.max_bytes + 1
    while left > 0 and (part := opened.read(min(_CHUNK, left))):
        parts.append(part)
        left -= len(part)
        deadline.left()
    if left <= 0:
        raise Refused(Status.TOO_LARGE, f"more bytes than fetch.max_bytes, {config.max_bytes}")
    return b"".join(parts)
