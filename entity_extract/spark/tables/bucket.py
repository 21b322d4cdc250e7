"""Files of a lake on S3 where the session has no JVM, as over Spark Connect."""

from entity_extract.lake.s3_storage import S3Storage
from entity_extract.spark.tables.literal import literal


class Bucket(S3Storage):
    """See storage.Storage. The server reaches it by Hadoop's S3A, with settings of its own."""

    def pattern(self, path: str) -> str:
        return literal(self.url(path))
