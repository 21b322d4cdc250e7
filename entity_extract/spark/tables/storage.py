"""Files of a lake: through Hadoop where the session has a JVM beside it; over Spark Connect by
pyarrow on this machine's disk, which the server has, too, and by boto3 on S3."""

from importlib.util import find_spec
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from entity_extract.errors import UserError
from entity_extract.lake.file_systems import local_root
from entity_extract.lake.lease import LeaseFiles
from entity_extract.lake.storage import ArrowStorage
from entity_extract.lake.wave_log import Files
from entity_extract.spark.session.failures import root_cause
from entity_extract.spark.session.kind import is_connect
from entity_extract.spark.tables.hadoop_storage import HadoopStorage
from entity_extract.spark.tables.literal import literal


class Storage(Files, LeaseFiles, Protocol):
    """A root folder, and what is done with small files below it; all paths are relative to it."""

    def pattern(self, path: str) -> str:
        """The URL for Spark to read: it takes [ ] { } * ? for patterns."""
        ...

    def local_path(self, path: str) -> Path | None:
        """None where the root is not on a disk of this machine."""
        ...

    def sizes(self, path: str) -> dict[str, int]:
        """The names in a folder, and the bytes of each."""
        ...

    def write_text(self, path: str, text: str) -> None:
        """Replaces the file in one step: a reader finds the old text or the new one, whole."""
        ...

    def write_bytes(self, path: str, content: bytes) -> None:
        """A file that nobody reads yet: one who looks now may find part of it."""
        ...

    def check_create(self, path: str) -> None:
        """Before anything is read: warns where `create` makes a file twice, and raises UserError
        where executors would not find what is written here. `path` is nobody's."""
        ...


def storage_of(spark: SparkSession, root: str) -> Storage:
    """Raises UserError where there is no way to such a root."""
    if not is_connect(spark):
        return HadoopStorage(spark, root)
    check_reachable(root)
    if local_root(root) is not None:
        return SharedDisk(spark, root)
    from entity_extract.spark.tables.bucket import Bucket  # boto3 is an extra

    return Bucket(root)


def check_reachable(root: str) -> None:
    """Raises UserError where files of this root cannot be written over Spark Connect."""
    if local_root(root) is not None:
        return
    if urlsplit(root).scheme != "s3a":
        raise UserError(
            f"{root}: over Spark Connect there is a way to s3a://bucket/path, and to a disk that "
            "this machine shares with the server, and to no other place"
        )
    if find_spec("boto3") is None:
        raise UserError(f'{root}: over Spark Connect: pip install "entity-extract[s3]"')


class SharedDisk(ArrowStorage):
    """A folder that the server of Spark Connect reads and writes at the same place."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        super().__init__(root)
        self._spark = spark
        self.root = f"file:{self.root}"  # whatever file system the server would take else

    def cause(self, err: BaseException) -> str:
        return root_cause(err)

    def pattern(self, path: str) -> str:
        return literal(self.url(path))

    def check_create(self, path: str) -> None:
        """Raises UserError where the server does not see what is written here."""
        self.write_bytes(path, b"1")
        try:
            self._spark.read.text(self.pattern(path)).inputFiles()
        except PySparkException as err:
            raise UserError(
                f"{self.root}: the server of Spark Connect sees no such folder: it and this "
                f"machine have to share the disk ({root_cause(err)})"
            ) from err
