"""A standalone Spark of processes on loopback, whose workers may be lost, frozen and slowed."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Collection, Iterable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.jobs.processes import SPARK_HOME, daemon, descendants, said

_DEPLOY = "org.apache.spark.deploy"
_START_S = 120.0
_ENVIRONMENT = {
    "SPARK_HOME": str(SPARK_HOME),
    "SPARK_NO_DAEMONIZE": "1",
    "SPARK_DAEMON_MEMORY": "256m",
    "SPARK_DAEMON_JAVA_OPTS": "-XX:+UseSerialGC -XX:TieredStopAtLevel=1",
}
_ANY_PORT = ("--port", "0", "--webui-port", "0")
_STOPPED_S, _GOING_S, _LOOK_S = 3.0, 0.3, 0.3
_BEGUN = re.compile("Running task")
_ENDED = re.compile("(Finished|Exception in|Executor killed|Executor interrupted and killed) task")


def spark_process(
    log: Path, name: str, *args: str | Path, host: str = "127.0.0.1"
) -> AbstractContextManager[subprocess.Popen[bytes]]:
    spark_class = SPARK_HOME / "bin/spark-class"
    words = [spark_class, f"{_DEPLOY}.{name}", "--host", host, *args]
    return daemon(words, log, signal.SIGTERM, **_ENVIRONMENT, SPARK_LOCAL_IP=host)


@dataclass
class Worker:
    """One of the cluster's machines: the worker's process and all that runs under it."""

    process: subprocess.Popen[bytes]
    folder: Path  # in which its executors run
    _stopped: set[int] = field(default_factory=set)  # some may have lost their parents since

    def log(self) -> str:
        """What its executors have said."""
        found = sorted(self.folder.glob("app-*/*/stderr"))
        return "\n".join(log.read_text(errors="replace") for log in found)

    def busy(self) -> bool:
        """Whether an executor here is at a task."""
        told = self.log()
        return len(_BEGUN.findall(told)) > len(_ENDED.findall(told))

    def lose(self) -> None:
        """As a machine without power."""
        self.freeze()  # or what is killed first is missed, and said, by the others
        _send(signal.SIGKILL, self._stopped)

    def freeze(self) -> None:
        self._stop([self.process.pid, *descendants(self.process.pid, "")])

    def thaw(self) -> None:
        _send(signal.SIGCONT, self._stopped)
        self._stopped.clear()

    def _stop(self, pids: Collection[int]) -> None:
        _send(signal.SIGSTOP, pids)
        self._stopped.update(pids)

    @contextmanager
    def slowed(self) -> Iterator[None]:
        """As if Python had little of the machine, to the end of the block: most of the time it is
        stopped, while Java says that all is well."""
        ended = threading.Event()

        def run() -> None:
            while not ended.is_set():
                for _ in range(round(_STOPPED_S / _LOOK_S)):  # others may have been started
                    self._stop(descendants(self.process.pid, "python"))
                    ended.wait(_LOOK_S)
                self.thaw()
                ended.wait(_GOING_S)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _send(number: signal.Signals, pids: Iterable[int]) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


@dataclass
class Standalone:
    """A master that waits for jobs, and workers of one core each."""

    master: str
    folder: Path
    workers: list[Worker] = field(default_factory=list)
    _running: ExitStack = field(default_factory=ExitStack)

    def join(self, more: int = 1) -> None:
        """So many more workers; returns once they are known to the master."""
        first = len(self.workers)
        for number in range(first, first + more):
            work = self.folder / f"worker-{number + 1}"
            size = ("--cores", "1", "--memory", "1g")
            words = ("worker.Worker", *_ANY_PORT, *size, "--work-dir", work, self.master)
            # Each is a host of its own: a task is not begun twice on one.
            host = f"127.0.0.{number + 2}"
            process = self._running.enter_context(spark_process(_log_of(work), *words, host=host))
            self.workers.append(Worker(process, work))
        for worker in self.workers[first:]:
            log = _log_of(worker.folder)
            said(worker.process, log, "Successfully registered with master", _START_S)


def _log_of(work: Path) -> Path:
    return work.with_suffix(".log")


@contextmanager
def standalone(folder: Path, *, workers: int) -> Iterator[Standalone]:
    with ExitStack() as running:
        log = folder / "master.log"
        process = running.enter_context(spark_process(log, "master.Master", *_ANY_PORT))
        master = said(process, log, r"spark://127\.0\.0\.1:\d+", _START_S)
        made = Standalone(master, folder, _running=running)
        try:
            made.join(workers)
            yield made
        finally:
            for worker in made.workers:  # one that is frozen hears of no end
                worker.thaw()
