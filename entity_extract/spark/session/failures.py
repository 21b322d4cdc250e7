"""Why Spark gave up: the first real cause, found under the layers of Java that report it."""

import re
from collections.abc import Sequence
from typing import Any

from py4j.protocol import Py4JJavaError


def root_cause(err: BaseException) -> str:
    """What went wrong first under `err`, in one line: "java.io.IOException: No space left ...".

    Follows Python's causes, then Java's, then the text in which Spark reports a failed task: of a
    Python worker's traceback the exception, of a Java one the last "Caused by"; of a
    Python worker that is gone, that it is: what lies below is its connection, which ended.
    """
    return cause_in(_innermost(err))


def _innermost(err: BaseException) -> str:
    while err.__cause__ is not None and not isinstance(err, Py4JJavaError):
        err = err.__cause__
    causes = java_causes(err)
    if not causes:
        return f"{type(err).__name__}: {err}"
    said = [str(cause.toString()) for cause in causes]
    return _worker_gone(said) or said[-1]


def _worker_gone(causes: Sequence[str]) -> str | None:
    return next((cause for cause in reversed(causes) if _WORKER_GONE in cause), None)


def error_class(err: BaseException) -> str | None:
    """By which Spark names a kind of error, "PATH_NOT_FOUND"; None where it does not. A client of
    Spark Connect 3.5 has it in the text alone."""
    told: str | None = getattr(err, "getErrorClass", lambda: None)()
    found = _NAMED.match(str(err))
    return told or (found[1] if found else None)


def java_causes(err: BaseException) -> list[Any]:
    """Java's exceptions, the outermost first; none where `err` does not come from there."""
    # Of the two kinds, what pyspark has translated keeps Java's exception under another name.
    java = getattr(err, "java_exception", None) or getattr(err, "_origin", None)
    found = []
    while java is not None:
        found.append(java)
        java = java.getCause()
    return found


_NAMED = re.compile(r"\[([A-Z][A-Z0-9_.]+)\] ")
# "Job aborted ...: Lost task 0.3 in stage 2.0 (TID 7) (host executor 1): java.io.IOException: ..."
_LOST_TASK = re.compile(r"Lost task \S+ in stage \S+ \(TID \d+\) \([^()]*\): ")
_BARRIER = re.compile(r"barrier task \w+\(\d+, \d+\) finished unsuccessfully\.\s*")
_CAUSED_BY = re.compile(r"^Caused by: (.*)$", re.MULTILINE)
_WORKER_GONE = "Python worker exited unexpectedly"
_PYTHON = "Traceback (most recent call last):"


def cause_in(text: str) -> str:
    """The cause, in one line, of a failure that Spark reports as this text."""
    text = text.split("Driver stacktrace:")[0]
    for reported in (_LOST_TASK, _BARRIER):
        text = reported.split(text)[-1]
    if _PYTHON in text:
        return _raised_by_python(text.split(_PYTHON)[-1])
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes: list[str] = [*lines[:1], *_CAUSED_BY.findall(text)]
    return _worker_gone(causes) or (causes or ["no reason given"])[-1]


def _raised_by_python(traceback: str) -> str:
    """The exception under the frames, which are indented, as are Java's that may follow."""
    lines = [line for line in traceback.splitlines() if line and not line[0].isspace()]
    return lines[0] if lines else "no reason given"
