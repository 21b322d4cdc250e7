"""Why a file system refuses, where the user can mend it: in Hadoop's exceptions, by their class."""

from collections.abc import Iterator
from typing import Any

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

# Java's message follows, which names the bucket, the path or the host.
_REASONS = {
    "org.apache.hadoop.fs.s3a.UnknownStoreException": "no such bucket",
    "org.apache.hadoop.fs.s3a.auth.NoAuthWithAWSException": (
        "no AWS credentials in the environment (AWS_ACCESS_KEY_ID …), and the machine has no role"
    ),
    "java.nio.file.AccessDeniedException": "no right to read or write there",
    "org.apache.hadoop.security.AccessControlException": "no right to read or write there",
    "org.apache.hadoop.fs.UnsupportedFileSystemException": "Spark knows no such kind of path",
    "java.net.UnknownHostException": "no such host",
    "java.net.ConnectException": "the host does not answer",
    "org.apache.http.conn.HttpHostConnectException": "the host does not answer",
}
_S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem not found"


def refusal(err: BaseException) -> str | None:
    """What to tell the user, in one line; None where a bug of ours is as likely."""
    for java in _causes(err):
        message = " ".join(str(java.getMessage()).split())
        if _S3A in message:
            return "s3a:// needs Hadoop's S3A in the session: add --conf-file conf/s3a.toml"
        if reason := _REASONS.get(java.getClass().getName()):
            return f"{reason}: {message.partition(' (Service: ')[0]}"
    return None


def _causes(err: BaseException) -> Iterator[Any]:
    """Java's exceptions, the outermost first."""
    java: Any = None
    if isinstance(err, Py4JJavaError):
        java = err.java_exception
    elif isinstance(err, PySparkException):
        java = getattr(err, "_origin", None)
    while java is not None:
        yield java
        java = java.getCause()
