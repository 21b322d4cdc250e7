"""A fit on the cluster that ends: in its time, after few attempts, or with the first real cause."""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from py4j.protocol import Py4JError
from pyspark import SparkContext
from pyspark.errors import PySparkException

from entity_extract.errors import UserError
from entity_extract.spark.session.failures import cause_in, root_cause

log = logging.getLogger(__name__)

T = TypeVar("T")
_AGAIN_S = 1.0
_STAGE_ATTEMPTS = 4  # spark.stage.maxConsecutiveAttempts, by default
_TASKS = 10_000  # of a stage, looked through for one that failed
_PATIENCE_MS = 10_000  # for Spark's own record of what happened to be complete


class FitFailed(UserError):
    """A fit failed in each of its attempts; the message says of what."""


@dataclass(frozen=True)
class Attempts:
    """How often a fit may be tried, and for how long each time (learning.fit_*)."""

    context: SparkContext
    attempts: int
    timeout_s: float

    def run(self, what: str, fit: Callable[[], T]) -> T:
        """What `fit` returns; where Spark fails it is called again. Raises FitFailed.

        `fit` starts from the beginning each time: LightGBM's workers cannot take one back in that
        was lost.
        """
        for attempt in range(1, self.attempts + 1):
            try:
                return self._once(what, fit)
            except FitFailed as err:
                if attempt == self.attempts:
                    tried = f", {attempt} times" if attempt > 1 else ""
                    raise FitFailed(f"fitting the {what} failed{tried}: {err}") from err
                log.warning("fitting the %s failed and is tried again: %s", what, err)
        raise AssertionError("learning.fit_attempts is at least 1")

    def _once(self, what: str, fit: Callable[[], T]) -> T:
        group = f"fit {uuid.uuid4()}"
        self.context.setJobGroup(group, f"fit the {what}", interruptOnCancel=True)
        try:
            with self._watched(group) as overdue:
                start = time.monotonic()
                found = fit()
                log.info("fitted the %s in %.1f s", what, time.monotonic() - start)
                return found
        except (Py4JError, PySparkException) as err:
            first = first_failure(self.context, group)
            if first is None and overdue.is_set():
                first = "no task had failed"
            late = f"not done in {self.timeout_s:g} s (learning.fit_timeout_s): "
            cause = root_cause(err) if first is None else first
            log.warning("fitting the %s ended with: %s", what, root_cause(err))
            raise FitFailed(f"{late if overdue.is_set() else ''}{cause}") from err
        finally:
            cast(Any, self.context._jsc).clearJobGroup()

    @contextmanager
    def _watched(self, group: str) -> Iterator[threading.Event]:
        """Cancels the group's jobs when its time is up; the event is then set."""
        done, overdue = threading.Event(), threading.Event()

        def look() -> None:
            wait_s = self.timeout_s
            while not done.wait(wait_s):
                overdue.set()
                self.context.cancelJobGroup(group)
                wait_s = _AGAIN_S  # a job of the group may start after the others were cancelled

        watch = threading.Thread(target=look, name=group, daemon=True)
        watch.start()
        try:
            yield overdue
        finally:
            done.set()
            watch.join()


def first_failure(context: SparkContext, group: str) -> str | None:
    """The cause of the first task of the group's jobs to fail, in one line; None where none did.

    From Spark's record of its tasks: an exception tells of the last attempt only, and that is
    often the refused connection to a worker that had been lost before.
    """
    spark: Any = cast(Any, context._jsc).sc()
    spark.listenerBus().waitUntilEmpty(_PATIENCE_MS)
    tracker, store = context.statusTracker(), spark.statusStore()
    stages = set()
    for job in tracker.getJobIdsForGroup(group):
        info = tracker.getJobInfo(job)
        stages |= set(info.stageIds) if info is not None else set()
    failed = []
    for stage in stages:
        for attempt in range(_STAGE_ATTEMPTS):
            tasks = store.taskList(stage, attempt, _TASKS)
            for at in range(tasks.size()):
                task = tasks.apply(at)
                if task.status() == "FAILED" and task.errorMessage().isDefined():
                    ended = task.launchTime().getTime() + (
                        task.duration().get() if task.duration().isDefined() else 0
                    )
                    failed.append((ended, str(task.errorMessage().get())))
    if not failed:
        return None
    return cause_in(min(failed)[1])
