"""The file system of a lake's root, opened without Spark: local disk, s3a://, hdfs://, webhdfs://."""

from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.fs as pafs

from entity_extract.errors import UserError

_OF_PATTERNS = "{}[]*?\\"


def opened(root: str) -> tuple[pafs.FileSystem, str]:
    """Its file system, and the root's path in it. Raises UserError where it cannot be opened."""
    if (path := local_root(root)) is not None:
        return pafs.LocalFileSystem(), str(Path(path).absolute())
    if urlsplit(root).scheme == "webhdfs":
        return _web_hdfs(root)
    try:
        fs, base = pafs.FileSystem.from_uri(root.replace("s3a://", "s3://", 1))
    except (ValueError, OSError) as err:
        raise UserError(f"{root}: {_why_closed(err)}") from None
    return fs, base.rstrip("/")


def local_root(root: str) -> str | None:
    """The path of a root on this machine, by its letters; None on another file system."""
    if root.startswith("file:/"):
        return "/" + root.removeprefix("file:").lstrip("/")
    return None if "://" in root else root


def check_root(root: str) -> str:
    """The root. Raises UserError where Hadoop cannot read back what it has written there."""
    path = root.partition("://")[2].partition("/")[2] if "://" in root else root
    if ":" in path and (letters := [letter for letter in _OF_PATTERNS if letter in path]):
        raise UserError(
            f"{root}: Hadoop reads no path that has both : and {' '.join(letters)} in it; name "
            "another lake"
        )
    return root


def _why_closed(err: Exception) -> str:
    if "libhdfs" in str(err) or "libjvm" in str(err):
        return (
            "without Spark, hdfs:// needs Hadoop's libhdfs (ARROW_LIBHDFS_DIR, JAVA_HOME and "
            "CLASSPATH say where it is), which cannot be loaded here. Or name the lake by the name "
            "node's HTTP port, as in webhdfs://host:9870/path, which needs nothing of Hadoop"
        )
    return str(err)


def _web_hdfs(root: str) -> tuple[pafs.FileSystem, str]:
    """HDFS by its REST interface, at the HTTP port of the name node. Raises UserError."""
    try:
        from fsspec.implementations.webhdfs import WebHDFS
    except ImportError:
        message = 'a lake on webhdfs://: pip install "entity-extract[hdfs]"'
        raise UserError(message) from None
    place = urlsplit(root)
    found = WebHDFS(place.hostname, port=place.port or 9870, user=place.username)
    try:
        found.info("/")  # else a name node that does not answer would be an empty lake
    except OSError as err:
        raise UserError(f"{root}: the name node does not answer: {err}") from None
    return pafs.PyFileSystem(pafs.FSSpecHandler(found)), place.path.rstrip("/")
