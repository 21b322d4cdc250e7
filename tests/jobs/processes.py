"""Finding, watching and killing the processes of a run from outside, as an operator or the kernel
would."""

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pyspark
import pytest

from tests.jobs.conftest import ROOT, job_command

SPARK_HOME = Path(pyspark.__path__[0])
_PATIENCE_S = 300.0  # with a machine that has much else to do


def without_our_python() -> dict[str, str]:
    """The environment of a process that knows nothing of this one's Python."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "PYSPARK"))}


@contextmanager
def daemon(
    words: Sequence[str | Path], log: Path, stop: signal.Signals, **environment: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A server of a cluster, away from the repository; sent `stop` at the end of the block."""
    with log.open("wb") as file:
        process = subprocess.Popen(
            words,
            stdout=file,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            env={**without_our_python(), **environment},
        )
        try:
            yield process
        finally:
            process.send_signal(stop)
            process.wait(30)


def said(process: subprocess.Popen[bytes], log: Path, pattern: str, patience_s: float) -> str:
    """The first match in what it logs, once it has said so."""
    end = time.monotonic() + patience_s
    while (found := re.search(pattern, log.read_text(errors="replace"))) is None:
        assert process.poll() is None, log.read_text(errors="replace")[-6000:]
        if time.monotonic() > end:
            pytest.fail(f"{pattern} was not said in {patience_s:g} s: {log.read_text()[-3000:]}")
        time.sleep(0.1)
    return found[0]


class Run:
    """A command under way, in a process group of its own, its output in a file."""

    def __init__(self, *command: str | Path, log: Path) -> None:
        self._log = log
        with log.open("w") as out:
            self.process = subprocess.Popen(
                [*map(str, command)],
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=ROOT,
                start_new_session=True,
                # A cluster of processes on this machine starts them from the installed Spark.
                env={**os.environ, "SPARK_HOME": str(SPARK_HOME), "PYTHONPATH": str(ROOT)},
            )

    def printed(self) -> str:
        return self._log.read_text()

    def wait_for(self, seen: Callable[[], object]) -> None:
        """Looks, often, until `seen` says so; fails where the run ends before."""
        end = time.monotonic() + _PATIENCE_S
        while not seen():
            assert self.process.poll() is None, f"ended too early:\n{self.printed()[-6000:]}"
            assert time.monotonic() < end, f"never seen:\n{self.printed()[-6000:]}"
            time.sleep(0.005)

    def ends(self) -> int:
        return self.process.wait(_PATIENCE_S * 2)

    def succeeds(self) -> str:
        assert self.ends() == 0, self.printed()[-6000:]
        return self.printed()

    def kill(self) -> None:
        """The driver, its JVM and what they started, without a word: a machine that went away."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(_PATIENCE_S)


@contextmanager
def running(name: str | Path, *args: str | Path, log: Path) -> Iterator[Run]:
    """`python -m jobs.<name>`, or the program at a path: a run that does not outlive the block."""
    program = [name, *args] if isinstance(name, Path) else job_command(name, *args)
    run = Run(*program, log=log)
    try:
        yield run
    finally:
        run.kill()


def descendants(pid: int, words: str) -> list[int]:
    """Processes under `pid` whose command line holds `words`, oldest first."""
    parents, found = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            parents[int(folder.name)] = parent
            if words in (folder / "cmdline").read_text().replace("\0", " "):
                found.append(int(folder.name))
    return [process for process in sorted(found) if pid in _ancestors(process, parents)]


def _ancestors(process: int, parents: dict[int, int]) -> Iterator[int]:
    while process := parents.get(process, 0):
        yield process
