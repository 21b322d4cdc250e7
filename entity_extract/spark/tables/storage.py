"""Files of the lake through Hadoop's FileSystem: local disk, HDFS and s3a with Spark's own keys."""

import json
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from entity_extract.lake.file_systems import check_root
from entity_extract.lake.files import TEMPORARY, standing

# Where renaming a folder is one step. Elsewhere, on an object store, it is a copy file by file, and
# what is one step is to put a single object.
_RENAMING = frozenset({"file", "hdfs", "webhdfs", "viewfs", "abfs", "abfss"})
_OF_PATTERNS = re.compile(r"[{}\[\]*?\\]")
_Found = TypeVar("_Found")


class Storage:
    """A root folder on any file system Spark can write to; all paths are relative to it."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        """Raises UserError where Hadoop cannot work with such a path."""
        self._jvm = cast(Any, spark.sparkContext._jvm)
        path = self._jvm.org.apache.hadoop.fs.Path
        # Of a relative path Hadoop would take what stands before a colon for a scheme.
        is_url = "://" in check_root(root) or root.startswith("file:/")
        base: Any = path(root) if is_url else path(None, None, root)
        java: Any = spark.sparkContext._jsc
        self._conf = java.hadoopConfiguration()
        fs = base.getFileSystem(self._conf)
        self.root = str(fs.makeQualified(base).toString())
        self.renames = urlsplit(self.root).scheme in _RENAMING
        # Without the checksum file that Hadoop keeps beside each local one: two cannot be replaced
        # in one step, and a crash in between would make the first unreadable.
        self._local = fs.getScheme() == "file"
        self._fs = fs.getRawFileSystem() if self._local else fs

    def url(self, path: str) -> str:
        return f"{self.root}/{path}"

    def pattern(self, path: str) -> str:
        """The URL for Spark to read: it takes [ ] { } * ? for patterns."""
        return _OF_PATTERNS.sub(r"\\\g<0>", self.url(path))

    def local_path(self, path: str) -> Path | None:
        """None where the root is not on a disk of this machine."""
        return Path(self.url(path).removeprefix("file:")) if self._local else None

    def _path(self, path: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(self.url(path))

    def exists(self, path: str) -> bool:
        return bool(self._fs.exists(self._path(path)))

    def names(self, path: str) -> list[str]:
        """Names in a folder, sorted; empty when there is no such folder."""
        found = _if_there(lambda: self._fs.listStatus(self._path(path)))
        return sorted(status.getPath().getName() for status in found or ())

    def modified_ms(self, path: str) -> int | None:
        """When a file was last written, by the clock of the file system; None without one."""
        for place in (path, f"{path}{TEMPORARY}", path):  # while we look, it may be replaced
            found = _if_there(partial(self._fs.getFileStatus, self._path(place)))
            if found is not None:
                return int(found.getModificationTime())
        return None

    def move(self, source: str, target: str) -> None:
        """Renames. Raises OSError where the file system refuses without an exception of its own."""
        self._fs.mkdirs(self._path(target).getParent())
        if not self._fs.rename(self._path(source), self._path(target)):
            raise OSError(f"cannot move {self.url(source)} to {self.url(target)}")

    def remove(self, path: str) -> None:
        self._fs.delete(self._path(path), True)

    def write_text(self, path: str, text: str) -> None:
        """Replaces the file in one step: a reader finds the old text or the new one, whole."""
        if not self.renames:
            self._write(path, text.encode())  # an object is there once its stream is closed
            return
        temporary = f"{path}{TEMPORARY}"
        try:
            self._write(temporary, text.encode())
        except Py4JJavaError:
            self.remove(temporary)
            raise
        self._replace(temporary, path)  # if this fails, the temporary file may be all there is

    def _replace(self, temporary: str, path: str) -> None:
        if self._local:
            self.move(temporary, path)  # rename(2) replaces
            return
        rename: Any = getattr(self._jvm.org.apache.hadoop.fs, "Options$Rename")
        how = self._jvm.java.lang.reflect.Array.newInstance(rename.OVERWRITE.getClass(), 1)
        how[0] = rename.OVERWRITE
        files = self._jvm.org.apache.hadoop.fs.FileContext.getFileContext(
            self._fs.getUri(), self._conf
        )
        files.rename(self._path(temporary), self._path(path), how)

    def write_bytes(self, path: str, content: bytes) -> None:
        """A file that nobody reads yet: one who looks now may find part of it."""
        self._write(path, content)

    def _write(self, path: str, content: bytes) -> None:
        stream = self._fs.create(self._path(path), True)
        try:
            stream.write(bytearray(content))
            if self.renames:
                stream.hsync()  # on the disk before the rename is
        finally:
            stream.close()

    def write_json(self, path: str, content: Any) -> None:
        self.write_text(path, json.dumps(content, indent=1, sort_keys=True))

    def read_json(self, path: str) -> Any | None:
        """None where there is no such file. Raises ValueError where it holds no JSON."""
        text = standing(path, lambda place: _if_there(lambda: self._read(place)))
        return None if text is None else json.loads(text)

    def _read(self, path: str) -> str:
        stream = self._fs.open(self._path(path))
        try:
            return str(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))
        finally:
            stream.close()


def _if_there(ask: Callable[[], _Found]) -> _Found | None:
    """None where the file or folder is absent, be it that it went a moment ago."""
    try:
        return ask()
    except Py4JJavaError as err:
        if err.java_exception.getClass().getName() == "java.io.FileNotFoundException":
            return None
        raise
