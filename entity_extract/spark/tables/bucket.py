"""Files of a lake on S3 where the session has no JVM, as over Spark Connect."""

from entity_extract.lake.s3_storage import S3Storage
from entity_extract.spark.session.failures import root_cause
from entity_extract.spark.tables.literal import literal


class Bucket(S3Storage):
    """See storage.Storage. The server reaches it by Hadoop's S3A, with settings of its own."""

    def cause(self, err: BaseException) -> str:
        return root_cause(err)

    def pattern(self, path: str) -> str:
        return literal(self.url(path))
