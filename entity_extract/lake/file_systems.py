"""The file system of a lake's root, opened without Spark: local disk, s3a://, hdfs://, webhdfs://."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.fs as pafs

from entity_extract.errors import UserError

_OF_HADOOP = ("HADOOP_CONF_DIR", "YARN_CONF_DIR", "HADOOP_HOME")
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
    """The root. Raises UserError where nothing can be written, and where Hadoop cannot read back
    what it has written."""
    if root.startswith(("http://", "https://")):
        raise UserError(
            f"--lake {root}: a web server takes no files; name a folder of this machine, or of "
            "s3a://, hdfs:// or another store that Spark knows"
        )
    path = root.partition("://")[2].partition("/")[2] if "://" in root else root
    if ":" in path and (letters := [letter for letter in _OF_PATTERNS if letter in path]):
        raise UserError(
            f"{root}: Hadoop reads no path that has both : and {' '.join(letters)} in it; name "
            "another lake"
        )
    return root


def is_here(root: str, settings: Mapping[str, str]) -> bool:
    """Whether a lake lies on this machine's disk. `settings` are Spark's.

    Where Hadoop is told of a file system of its own, a plain path may be on that one.
    """
    elsewhere = any(map(os.environ.get, _OF_HADOOP)) or "spark.hadoop.fs.defaultFS" in settings
    return local_root(root) is not None and (not elsewhere or root.startswith("file:/"))


def check_writable(root: str, settings: Mapping[str, str]) -> None:
    """Raises UserError where a lake on this machine's disk could not be written, as far as a
    folder that is made there, and removed, can tell. `settings` are Spark's."""
    named = local_root(root)
    if named is None or not is_here(root, settings):
        return
    path = Path(named).absolute()
    there = next(folder for folder in (path, *path.parents) if folder.exists())
    if not there.is_dir():
        raise UserError(f"--lake {root}: {there} is a file, not a folder")
    if not os.access(there, os.W_OK | os.X_OK):
        raise UserError(f"--lake {root}: no right to write to {there}")
    try:
        TemporaryDirectory(prefix=".entity-extract-", dir=there).cleanup()
    except OSError as err:  # a file system that is read only, or none of files
        raise UserError(f"--lake {root}: cannot write to {there}: {err.strerror}") from err


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


class Either(pafs.FileSystemHandler):  # type: ignore[misc]
    """Files to read that stand in one folder, or have been moved from there to another."""

    def __init__(self, fs: pafs.FileSystem, place: str, moved_to: str) -> None:
        """Both folders end with a slash; paths are given in the first."""
        self._fs = fs
        self._place, self._moved_to = place, moved_to

    def _tried(self, ask: Callable[[str], Any], path: str) -> Any:
        """In this order: files are moved one way."""
        try:
            return ask(path)
        except FileNotFoundError:
            if not path.startswith(self._place):
                raise
            return ask(self._moved_to + path.removeprefix(self._place))

    def open_input_file(self, path: str) -> pa.NativeFile:
        return self._tried(self._fs.open_input_file, path)

    def open_input_stream(self, path: str) -> pa.NativeFile:
        return self._tried(self._fs.open_input_stream, path)

    def get_file_info(self, paths: list[str]) -> list[pafs.FileInfo]:
        return [self._info(path) for path in paths]

    def _info(self, path: str) -> pafs.FileInfo:
        info = self._fs.get_file_info(path)
        if info.type != pafs.FileType.NotFound or not path.startswith(self._place):
            return info
        moved = self._fs.get_file_info(self._moved_to + path.removeprefix(self._place))
        return pafs.FileInfo(path, type=moved.type, mtime=moved.mtime, size=moved.size)

    def get_file_info_selector(self, selector: pafs.FileSelector) -> list[pafs.FileInfo]:
        return list(self._fs.get_file_info(selector))

    def get_type_name(self) -> str:
        return f"either of {self._fs.type_name}"

    def normalize_path(self, path: str) -> str:
        return str(self._fs.normalize_path(path))

    def _only_read(self, *_: Any, **__: Any) -> NoReturn:
        raise NotImplementedError("a lake is written with Spark")

    copy_file = create_dir = delete_dir = delete_dir_contents = delete_file = _only_read
    delete_root_dir_contents = move = open_append_stream = open_output_stream = _only_read
