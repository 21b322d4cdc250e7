"""What goes wrong away from the driver and the user can mend: file systems that refuse or are full,
executors that lack something."""

import re
from collections.abc import Iterator

from entity_extract.errors import UserError
from entity_extract.spark.session.failures import cause_in, java_causes, root_cause

_FILE_NOT_FOUND = "org.apache.spark.SparkFileNotFoundException"
# Java's message follows, which names the bucket, the path or the host.
_REASONS = {
    "org.apache.hadoop.fs.s3a.UnknownStoreException": "no such bucket",
    "org.apache.hadoop.fs.s3a.auth.NoAuthWithAWSException": (
        "no AWS credentials in the environment (AWS_ACCESS_KEY_ID …), and the machine has no role"
    ),
    "java.nio.file.AccessDeniedException": "no right to read or write there",
    "org.apache.hadoop.security.AccessControlException": "no right to read or write there",
    "org.apache.hadoop.fs.UnsupportedFileSystemException": "Spark knows no such kind of path",
    "org.apache.hadoop.fs.ParentNotDirectoryException": "a file stands where a folder is needed",
    "java.net.UnknownHostException": "no such host",
    "java.net.ConnectException": "the host does not answer",
    "org.apache.http.conn.HttpHostConnectException": "the host does not answer",
    "org.apache.hadoop.net.ConnectTimeoutException": "the host does not answer",
    "java.net.SocketTimeoutException": "the host does not answer",
    "java.net.NoRouteToHostException": "the host does not answer",
    "org.apache.hadoop.hdfs.server.namenode.SafeModeException": "HDFS takes no changes for now",
    "org.apache.hadoop.hdfs.protocol.DSQuotaExceededException": "the folder's quota is used up",
    "org.apache.hadoop.hdfs.protocol.NSQuotaExceededException": "the folder's quota is used up",
    "org.apache.hadoop.ipc.StandbyException": "this name node is not the active one",
    _FILE_NOT_FOUND: (
        "a file is gone: the catalog was overwritten meanwhile, or that version of it vacuumed"
    ),
}
# As Spark 4 says it, of a general class.
_FILE_GONE = "[FAILED_READ_FILE.FILE_NOT_EXIST] "
_BY_SERVER = "org.apache.hadoop.ipc.RemoteException"  # names the class that the server threw
_DISK_FULL = "No space left on device"
_ADVICE = re.compile(r" \(Service: | It is possible the underlying files ")  # AWS's and Spark's own
_NO_FOLDER = "Mkdirs failed to create"  # all that Hadoop says of a local disk
_DAMAGED = re.compile(r"Encountered error while reading file (\S+?)\.(?:\s|$)")
# Over Spark Connect they come as text: the class in brackets, and what it says. A call that nobody
# answers ends in the words of gRPC.
_BY_CONNECT = re.compile(r"\(([\w.$]+)\) (.*)", re.DOTALL)
_UNAVAILABLE = re.compile(
    r"<_\w+ of RPC that terminated with:\s+status = StatusCode\.UNAVAILABLE\s+details = \"(.*)\""
)
_S3A = "org.apache.hadoop.fs.s3a.S3AFileSystem not found"


def refusal(err: BaseException) -> str | None:
    """What to tell the user, in one line; None where a bug of ours is as likely."""
    if _DISK_FULL in str(err):
        return (
            "no space left on the disk of the lake or of spark.local.dir; what the wave in "
            "hand had written is discarded. Free some, then run the same command again"
        )
    if gone := _UNAVAILABLE.match(str(err)):
        return f"the server of Spark Connect is gone: {gone[1]}"
    for kind, message in _raised(err):
        if _S3A in message:
            return "s3a:// needs Hadoop's S3A in the session: add --conf-file s3a.toml"
        if _NO_FOLDER in message:
            return f"no folder can be made there: {message.partition(_NO_FOLDER)[2].strip()}"
        if message.startswith(_FILE_GONE):
            kind, message = _FILE_NOT_FOUND, message.removeprefix(_FILE_GONE)
        if reason := _REASONS.get(kind):
            return f"{reason}: {_ADVICE.split(message)[0]}"
    damaged = _DAMAGED.search(str(err))
    if damaged is None:
        return None
    why = " ".join(root_cause(err).split())
    return f"{damaged[1]} cannot be read, it may be damaged or cut short: {why}"


def _raised(err: BaseException) -> Iterator[tuple[str, str]]:
    """Java's exceptions under `err`: the class of each, and its message in one line."""
    causes = java_causes(err)
    for java in causes:
        told, _, _ = str(java.getMessage()).partition("\n\tat ")  # the server's stack, from HDFS
        kind = java.getClass().getName()
        yield java.getClassName() if kind == _BY_SERVER else kind, " ".join(told.split())
    if not causes and (told_by := _BY_CONNECT.match(str(err))):
        yield told_by[1], " ".join(told_by[2].split())
        kind, _, told = cause_in(told_by[2]).partition(": ")
        yield kind, " ".join(told.split())


def lacking(err: BaseException) -> str | None:
    """The UserError that a task has raised, as on an executor without Tesseract; or None."""
    name, _, message = root_cause(err).partition(": ")
    known = {f"{kind.__module__}.{kind.__qualname__}" for kind in _kinds(UserError)}
    return f"on an executor: {message}" if name in known else None


def _kinds(kind: type[UserError]) -> Iterator[type[UserError]]:
    yield kind
    for special in kind.__subclasses__():
        yield from _kinds(special)
