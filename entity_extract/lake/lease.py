"""One writer per lake: a lease that lives while its holder renews it, and that others respect.

Every would-be writer lays down a claim of its own, then looks for claims of others; if there is
one, it takes its own back and tries again. Of two that start together at least the later sees the
other, so never do both go on. It takes nothing of a file system but that a file, once written, is
listed: local disk, HDFS and S3 all do that. Age is told by the file system's own clock; the holder
goes by its own, which goes on while its process or machine sleeps. That never two change a table is
not up to the lease, see wave_log.py: it spares them the work.
"""

import logging
import os
import platform
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from pydantic import BaseModel

from entity_extract.errors import Busy
from entity_extract.lake.files import LEASE, STAGING, TEMPORARY, parsed
from entity_extract.lake.holder import is_dead, process_mark, this_machine
from entity_extract.lake.wave_log import LeaseLost

log = logging.getLogger(__name__)

_SETTLE_S = 3.0  # however short the wait: two that start at the same moment give way to each other
_RENEWALS = 4  # in the time after which the lease counts as abandoned


class LeaseFiles(Protocol):
    """What a lease asks of a file system; paths are relative to the lake's `root`."""

    @property
    def root(self) -> str: ...

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What its calls raise where the file system fails: a full disk, say."""
        ...

    def cause(self, err: BaseException) -> str:
        """What went wrong first, in one line."""
        ...

    def url(self, path: str) -> str: ...

    def names(self, path: str) -> list[str]:
        """Names in a folder; empty where there is none."""
        ...

    def modified_ms(self, path: str) -> int | None:
        """When a file was last written, by the clock of the file system; None without one."""
        ...

    def read_json(self, path: str) -> Any | None:
        """None where there is no such file. Raises ValueError where it holds no JSON."""
        ...

    def write_json(self, path: str, content: Any) -> None:
        """Replaces the file in one step."""
        ...

    def remove(self, path: str) -> None: ...


class Claim(BaseModel, frozen=True):
    """Who writes, for the message to those who may not; `machine` and `process` tell it apart."""

    run_id: str
    job: str
    host: str
    machine: str
    process: str

    def __str__(self) -> str:
        return f"run {self.run_id} ({self.job}, process {self.process} on {self.host})"


@contextmanager
def writer_lease(
    storage: LeaseFiles, run_id: str, job: str, *, lease_s: float, wait_s: float
) -> Iterator["Lease"]:
    """The right to write, held to the end of the block. Raises Busy after `wait_s` in vain."""
    lease = Lease(storage, run_id, job, lease_s=lease_s)
    try:
        lease.acquire(wait_s)
        yield lease
    finally:
        lease.release()


class Lease:
    """A claim in the lake, renewed by a thread of its own."""

    def __init__(self, storage: LeaseFiles, run_id: str, job: str, *, lease_s: float) -> None:
        self.run_id = run_id
        self.staging = f"{STAGING}/{run_id}"  # the holder's own, even when it was taken for dead
        self._storage = storage
        self._lease_s = lease_s
        self._path = f"{LEASE}/{run_id}.json"
        self._claim = Claim(
            run_id=run_id,
            job=job,
            host=platform.node(),
            machine=this_machine(),
            process=process_mark(os.getpid()),
        )
        self._ended = threading.Event()
        self._lost = False
        self._renewed_s = _clock_s()  # when the latest renewal that came through was begun
        self._trouble = "this process, or its machine, slept"
        self._thread = threading.Thread(target=self._renew, name="lease", daemon=True)

    def acquire(self, wait_s: float) -> None:
        """Raises Busy, naming the holder, when others hold it for all of `wait_s`."""
        end = time.monotonic() + max(wait_s, _SETTLE_S)
        told = False
        while True:
            self._renewed_s = _clock_s()
            self._lay()
            others = self._others()
            if not others:
                self._thread.start()
                return
            self._withdraw(self._path)
            if time.monotonic() > end:
                raise Busy(
                    f"{self._storage.root} is being written by {others[0]}; two runs at once would "
                    f"undo each other. Wait for it, or set lake.wait_s (now {wait_s:g}). If it is "
                    f"dead, its lease ends {self._lease_s:g} s after it was last renewed"
                )
            if not told:
                log.warning("waiting for %s, which writes to this lake", others[0])
                told = True
            time.sleep(random.uniform(0.2, 1.0))  # noqa: S311  # two waiters must not keep step

    def check(self) -> int:
        """When the claim was last renewed, by the file system's clock, in ms. Raises LeaseLost.
        Called before each change that counts."""
        if self._is_over():
            raise LeaseLost(
                f"the lease on {self._storage.root} was not renewed for {self._lease_s:g} s "
                f"({self._trouble}): another run may have taken over, and what this one had in "
                "hand is not published"
            )
        renewed_ms = self._storage.modified_ms(self._path)
        if self._lost or renewed_ms is None:
            raise LeaseLost(
                f"the lease on {self._storage.root} was not renewed for {self._lease_s:g} s and "
                "another run took over; what this one had in hand is not published"
            )
        return renewed_ms

    def _is_over(self) -> bool:
        return _clock_s() - self._renewed_s > self._lease_s

    def release(self) -> None:
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        if not self._lost:
            self._withdraw(self._path)

    def _withdraw(self, path: str) -> None:
        self._storage.remove(path)
        self._storage.remove(f"{path}{TEMPORARY}")

    def _lay(self) -> None:
        self._storage.write_json(self._path, self._claim.model_dump())

    def _renew(self) -> None:
        while not self._ended.wait(self._lease_s / _RENEWALS):
            begun_s = _clock_s()
            if self._is_over():  # for good: others may think so, too
                return
            try:
                if self._storage.modified_ms(self._path) is None:
                    self._lost = True
                    return
                self._lay()
                if self._is_over():  # it took so long, or the process was stopped within it
                    return
                self._renewed_s = begun_s
            except self._storage.failures as err:  # a full disk, say: it may pass
                self._trouble = self._storage.cause(err)
                log.warning("cannot renew the lease: %s", self._trouble)

    def _others(self) -> list[Claim]:
        """Claims that stand; the abandoned ones are cleared away."""
        now = self._storage.modified_ms(self._path)
        standing = []
        # A claim that is being renewed may for a moment be there under its temporary name alone.
        names = {name.removesuffix(TEMPORARY) for name in self._storage.names(LEASE)}
        for path in sorted(f"{LEASE}/{name}" for name in names):
            renewed = self._storage.modified_ms(path)
            if path == self._path or renewed is None:
                continue
            silent_s = ((now or renewed) - renewed) / 1000
            content = self._storage.read_json(path)
            if content is None:  # withdrawn while we looked; or never whole, its run being killed
                if silent_s > self._lease_s:
                    self._withdraw(path)
                continue
            claim = parsed(Claim, content, self._storage.url(path))
            if silent_s > self._lease_s or is_dead(claim.machine, claim.process):
                log.warning("%s left this lake without a word; taking over", claim)
                self._withdraw(path)
            else:
                standing.append(claim)
        return standing


def held(lease: Lease | None) -> Lease:
    """Raises RuntimeError where there is none."""
    if lease is None:
        raise RuntimeError("publishing outside Lake.writing()")
    return lease


def checked(lease: Lease | None) -> None:
    """Before each change that counts. Raises LeaseLost; RuntimeError where there never was one."""
    held(lease).check()


def _clock_s() -> float:
    """Goes on while the process is stopped; where the system can tell, while it is suspended."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
