"""Files of the lake through Hadoop's FileSystem: local disk, HDFS and s3a with Spark's own keys."""

import json
from typing import Any, cast

from pyspark.sql import SparkSession


class Storage:
    """A root folder on any file system Spark can write to; all paths are relative to it."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        self._jvm = cast(Any, spark.sparkContext._jvm)
        base: Any = self._jvm.org.apache.hadoop.fs.Path(root)
        java: Any = spark.sparkContext._jsc
        self._fs = base.getFileSystem(java.hadoopConfiguration())
        self.root = str(self._fs.makeQualified(base).toString())

    def url(self, path: str) -> str:
        return f"{self.root}/{path}"

    def _path(self, path: str) -> Any:
        return self._jvm.org.apache.hadoop.fs.Path(self.url(path))

    def exists(self, path: str) -> bool:
        return bool(self._fs.exists(self._path(path)))

    def names(self, path: str) -> list[str]:
        """Names in a folder, sorted; empty when there is no such folder."""
        if not self.exists(path):
            return []
        return sorted(
            status.getPath().getName() for status in self._fs.listStatus(self._path(path))
        )

    def move(self, source: str, target: str) -> None:
        """Renames; takes over the rest of a folder whose move was interrupted half-way.

        An object store renames file by file, so that can be. Raises OSError where the file system
        refuses without an exception of its own.
        """
        if self.exists(target) and self._fs.getFileStatus(self._path(target)).isDirectory():
            for name in self.names(source):
                self.remove(f"{target}/{name}")
                self.move(f"{source}/{name}", f"{target}/{name}")
            self.remove(source)
            return
        self._fs.mkdirs(self._path(target).getParent())
        if not self._fs.rename(self._path(source), self._path(target)):
            raise OSError(f"cannot move {self.url(source)} to {self.url(target)}")

    def remove(self, path: str) -> None:
        self._fs.delete(self._path(path), True)

    def write_json(self, path: str, content: Any) -> None:
        """Beside, then renamed: the file is there whole or not at all."""
        temporary = f"{path}.tmp"
        text = json.dumps(content, indent=1, sort_keys=True)
        stream = self._fs.create(self._path(temporary), True)
        try:
            stream.write(bytearray(text, "utf-8"))
        finally:
            stream.close()
        self.remove(path)
        self.move(temporary, path)

    def read_json(self, path: str) -> Any:
        stream = self._fs.open(self._path(path))
        try:
            text = self._jvm.org.apache.commons.io.IOUtils.toString(stream, "UTF-8")
        finally:
            stream.close()
        return json.loads(text)
