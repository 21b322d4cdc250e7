"""Why Spark gave up: the first real cause, found under the layers of Java that report it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException

from entity_extract.errors import UserError

_DISK_FULL = "No space left on device"


def root_cause(err: BaseException) -> str:
    """What went wrong first under `err`, in one line: "java.io.IOException: No space left ...".

    Follows Python's causes, then Java's, then the text in which Spark reports a failed task: of a
    Python worker's traceback the exception, of a Java one the last "Caused by".
    """
    return cause_in(_innermost(err))


def _innermost(err: BaseException) -> str:
    while err.__cause__ is not None and not isinstance(err, Py4JJavaError):
        err = err.__cause__
    # Of the two kinds, what pyspark has translated keeps Java's exception under another name.
    java = getattr(err, "java_exception", None) or getattr(err, "_origin", None)
    if java is None:
        return f"{type(err).__name__}: {err}"
    while java.getCause() is not None:
        java = java.getCause()
    return str(java.toString())


# "Job aborted ...: Lost task 0.3 in stage 2.0 (TID 7) (host executor 1): java.io.IOException: ..."
_LOST_TASK = re.compile(r"Lost task \S+ in stage \S+ \(TID \d+\) \([^()]*\): ")
_BARRIER = re.compile(r"barrier task \w+\(\d+, \d+\) finished unsuccessfully\.\s*")
_CAUSED_BY = re.compile(r"^Caused by: (.*)$", re.MULTILINE)
_PYTHON = "Traceback (most recent call last):"


def cause_in(text: str) -> str:
    """The cause, in one line, of a failure that Spark reports as this text."""
    text = text.split("Driver stacktrace:")[0]
    for reported in (_LOST_TASK, _BARRIER):
        text = reported.split(text)[-1]
    if _PYTHON in text:
        return _raised_by_python(text.split(_PYTHON)[-1])
    if causes := _CAUSED_BY.findall(text):
        text = causes[-1]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0] if lines else "no reason given"


def _raised_by_python(traceback: str) -> str:
    """The exception under the frames, which are indented, as are Java's that may follow."""
    lines = [line for line in traceback.splitlines() if line and not line[0].isspace()]
    return lines[0] if lines else "no reason given"


@contextmanager
def explained_failures() -> Iterator[None]:
    """Raises UserError in place of a failure of Spark that the user can mend: a full disk."""
    try:
        yield
    except (Py4JJavaError, PySparkException) as err:
        if _DISK_FULL in str(err):
            raise UserError(
                "no space left on the disk of the lake or of spark.local.dir; what the wave in "
                "hand had written is discarded. Free some, then run the same command again"
            ) from err
        raise
