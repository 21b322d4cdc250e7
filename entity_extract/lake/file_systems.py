"""The file system of a lake's root, opened without Spark: local disk, s3a://, hdfs://, webhdfs://."""

from pathlib import Path
from urllib.parse import urlsplit

import pyarrow.fs as pafs

from entity_extract.errors import UserError


def opened(root: str) -> tuple[pafs.FileSystem, str]:
    """Its file system, and the root's path in it. Raises UserError where it cannot be opened."""
    scheme = urlsplit(root).scheme
    if scheme in ("", "file"):
        path = urlsplit(root).path if scheme else root
        return pafs.LocalFileSystem(), str(Path(path).absolute())
    if scheme == "webhdfs":
        return _web_hdfs(root)
    try:
        fs, base = pafs.FileSystem.from_uri(root.replace("s3a://", "s3://", 1))
    except (ValueError, OSError) as err:
        raise UserError(f"{root}: {_why_closed(err)}") from None
    return fs, base.rstrip("/")


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
