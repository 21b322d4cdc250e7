"""A stop that leaves the JVM alive for as long as Python, which cleans up through it."""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.errors import PySparkException
from pyspark.java_gateway import ensure_callback_server_started

from entity_extract.errors import UserError

_CANCEL_S = 5.0


def started_by_jvm() -> bool:
    """Under spark-submit the JVM starts Python; otherwise Python starts the JVM."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


def spare_jvm(context: SparkContext) -> None:
    """From now on SIGTERM and SIGINT do not end the JVM; it ends when Python has.

    A JVM that started Python may be the only one to be signalled, and passes it on to Python.
    """
    jvm = cast(Any, context._jvm)
    handler: Any = jvm.sun.misc.SignalHandler.SIG_IGN
    if started_by_jvm():
        ensure_callback_server_started(context._gateway)  # type: ignore[no-untyped-call]
        handler = _ToPython()
    for name in ("TERM", "INT"):
        jvm.sun.misc.Signal.handle(jvm.sun.misc.Signal(name), handler)


class _ToPython:
    """Java's view of Python: called in a thread of its own."""

    def handle(self, signal: Any) -> None:
        os.kill(os.getpid(), signal.getNumber())

    class Java:
        implements = ("sun.misc.SignalHandler",)


def cancel_jobs(context: SparkContext) -> None:
    """Ends what runs on executors."""

    def cancel() -> None:
        context.setLogLevel("OFF")  # or each job that ends fills the log with its stack
        context.cancelAllJobs()

    from_a_thread(cancel)


def from_a_thread(ask: Callable[[], object]) -> None:
    """Asks Spark while the main thread waits for an answer of its own: another one has its own
    connection to the JVM."""

    def asked() -> None:
        # No JVM any more, or no context in it; no server, in the words of server.py.
        with suppress(Py4JError, PySparkException, UserError):
            ask()

    thread = threading.Thread(target=asked, name="cancel", daemon=True)
    thread.start()
    thread.join(_CANCEL_S)
