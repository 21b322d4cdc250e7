"""Files of this machine as Spark is given them: one by one, by their letters, not as patterns."""

from pathlib import Path

from pyspark.sql import Column
from pyspark.sql import functions as F

# Hadoop takes [ ] { } * ? for patterns unless told otherwise. Beside a local file it would look for
# a checksum, too: a name with ":" ends that in an exception, and an old one, of a file that was
# edited since, refuses its rows.
LITERAL = {"__globPaths__": "false"}
LOCAL = {
    **LITERAL,
    "fs.file.impl": "org.apache.hadoop.fs.RawLocalFileSystem",
    "fs.file.impl.disable.cache": "true",
}


def url_of(path: Path) -> str:
    """As Hadoop reads it: nothing in it is escaped."""
    return f"file://{path.resolve()}"


def in_utf8(value: Column) -> Column:
    """The value of a `key=value` folder: Spark takes the escaped bytes of pyarrow for characters.
    See catalog.partitions, which does the same."""
    text = F.decode(F.encode(value, "ISO-8859-1"), "UTF-8")
    is_text = ~value.rlike(r"[^\x00-\xff]") & ~text.contains("\ufffd")
    return F.when(is_text, text).otherwise(value)
