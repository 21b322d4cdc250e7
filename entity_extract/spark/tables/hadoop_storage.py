"""Files of the lake through Hadoop's FileSystem: local disk, HDFS and s3a with Spark's own keys."""

import logging
from collections.abc import Callable
from contextlib import closing
from functools import cached_property, partial
from pathlib import Path
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit
from uuid import uuid4

from py4j.protocol import Py4JJavaError
from pyspark.sql import SparkSession

from entity_extract.lake.file_systems import check_root
from entity_extract.lake.files import TEMPORARY
from entity_extract.lake.json_files import JsonFiles
from entity_extract.lake.made_once import BY_LEASE_ALONE, linked
from entity_extract.spark.session.failures import root_cause
from entity_extract.spark.tables.literal import literal
from entity_extract.spark.tables.s3_create import S3Create

# Where renaming a folder is one step. Elsewhere, on an object store, it is a copy file by file, and
# what is one step is to put a single object.
_RENAMING = frozenset({"file", "hdfs", "webhdfs", "viewfs", "abfs", "abfss"})
_Found = TypeVar("_Found")

log = logging.getLogger(__name__)


class HadoopStorage(JsonFiles):
    """A root folder on any file system Spark can write to. See storage.Storage."""

    failures = (Py4JJavaError, OSError)
    cause = staticmethod(root_cause)

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
        return literal(self.url(path))

    def local_path(self, path: str) -> Path | None:
        """None where the root is not on a disk of this machine."""
        return self._local_path(path) if self._local else None

    def _local_path(self, path: str) -> Path:
        return Path(self.url(path).removeprefix("file:"))

    def _path(self, path: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(self.url(path))

    def exists(self, path: str) -> bool:
        return bool(self._fs.exists(self._path(path)))

    def names(self, path: str) -> list[str]:
        """Names in a folder, sorted; empty when there is no such folder."""
        return sorted(status.getPath().getName() for status in self._in(path))

    def modified_ms(self, path: str) -> int | None:
        """When a file was last written, by the clock of the file system; None without one."""
        for place in (path, f"{path}{TEMPORARY}", path):  # while we look, it may be replaced
            found = _if_there(partial(self._fs.getFileStatus, self._path(place)))
            if found is not None:
                return int(found.getModificationTime())
        return None

    def written_ms(self, path: str) -> dict[str, int]:
        """The names in a folder, and when each was last written by the file system's clock."""
        found = self._in(path)
        return {status.getPath().getName(): int(status.getModificationTime()) for status in found}

    def sizes(self, path: str) -> dict[str, int]:
        """The names in a folder, and the bytes of each."""
        return {status.getPath().getName(): int(status.getLen()) for status in self._in(path)}

    def _in(self, path: str) -> Any:
        return _if_there(lambda: self._fs.listStatus(self._path(path))) or ()

    def create(self, path: str, text: str) -> bool:
        """A file that was not there, whole, in one step; False where there is another one already.

        Of two that create it one does, on: a local disk with hard links; HDFS and what renames as
        it does; S3 by Hadoop's S3A of version 3.3, where the server knows If-None-Match. Elsewhere
        it is looked whether there is one before it is written.
        """
        made = self._created(path, text.encode())
        # A request that was sent again after its answer was lost is refused for its own sake.
        return made or self.read_text(path) == text

    def _created(self, path: str, content: bytes) -> bool:
        if not self.renames:
            if self._s3 is not None:
                made = self._s3.create(self._path(path), content)
                if made is not None:
                    return made
                log.warning("%s knows no If-None-Match: %s", self.root, BY_LEASE_ALONE)
                self._s3 = None
            return self._created_in_place(path, content)
        temporary = f"{path}.{uuid4().hex}{TEMPORARY}"
        try:
            self._write(temporary, content)
            if self._local:
                return linked(self._local_path(temporary), self._local_path(path), self.root)
            return bool(self._fs.rename(self._path(temporary), self._path(path)))
        finally:
            self.remove(temporary)

    @cached_property
    def _s3(self) -> S3Create | None:
        return S3Create.of(self._fs, self._jvm)

    def _created_in_place(self, path: str, content: bytes) -> bool:
        """On the object stores of others, where not to overwrite is said with the request, or is
        looked up before it, by Hadoop's client for them."""
        try:
            self._write(path, content, overwrite=False)
        except Py4JJavaError as err:
            if _is_a(err, "org.apache.hadoop.fs.FileAlreadyExistsException"):
                return False
            raise
        return True

    def check_create(self, path: str) -> None:
        """Warns where `create` makes a file twice. `path` is nobody's."""
        if not self.renames:
            self.create(path, "1")
            if self.create(path, "2"):
                log.warning(
                    "%s overwrites what is to be created once: %s", self.root, BY_LEASE_ALONE
                )

    def move(self, source: str, target: str) -> None:
        """Renames. Raises OSError, among others where there is no such source."""
        if self._local:  # Hadoop would copy what it cannot rename
            place = self._local_path(target)
            place.parent.mkdir(parents=True, exist_ok=True)
            self._local_path(source).rename(place)
            return
        self._fs.mkdirs(self._path(target).getParent())
        if not _if_there(lambda: self._fs.rename(self._path(source), self._path(target))):
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

    def _write(self, path: str, content: bytes, *, overwrite: bool = True) -> None:
        with closing(self._fs.create(self._path(path), overwrite)) as stream:
            stream.write(bytearray(content))
            if self.renames:
                stream.hsync()  # on the disk before the rename is

    def read_text(self, path: str) -> str | None:
        """None where there is no such file."""
        return _if_there(lambda: self._read(path))

    def _read(self, path: str) -> str:
        with closing(self._fs.open(self._path(path))) as stream:
            return str(self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8"))


def _if_there(ask: Callable[[], _Found]) -> _Found | None:
    """None where the file or folder is absent, be it that it went a moment ago."""
    try:
        return ask()
    except Py4JJavaError as err:
        if _is_a(err, "java.io.FileNotFoundException"):
            return None
        raise


def _is_a(err: Py4JJavaError, name: str) -> bool:
    return bool(err.java_exception.getClass().getName() == name)
