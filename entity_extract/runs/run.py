"""A run: its id, its clock, and what it leaves in lake/runs: a manifest, and a line per wave."""

import json
import logging
import platform
import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from entity_extract.config import Config
from entity_extract.config.logs import bind
from entity_extract.config.secrets import masked_tree, remember
from entity_extract.errors import Stopped, UserError
from entity_extract.lake.files import RUNS
from entity_extract.lake.how_many import how_many
from entity_extract.runs.progress import Done, Progress, Watcher, statuses
from entity_extract.version import __version__

log = logging.getLogger(__name__)


class RunFiles(Protocol):
    """What a run asks of the lake's file system; see lake.lease.LeaseFiles."""

    @property
    def failures(self) -> tuple[type[Exception], ...]: ...

    def cause(self, err: BaseException) -> str: ...

    def write_text(self, path: str, text: str) -> None: ...

    def write_json(self, path: str, content: Any) -> None: ...


class RunLake(Protocol):
    """The lake that a run works on."""

    @property
    def storage(self) -> RunFiles: ...

    @property
    def engine(self) -> Mapping[str, str]:
        """What does the work, and its version, for the manifest."""
        ...


class Run(Watcher):
    """One job on one lake. Counts come from published tables, so retried tasks count once.

    The manifest lies there from the start, with state `running`, and is brought up to date after
    each wave: what a killed run had done can be told. Secrets are masked in it, see config.secrets.
    """

    def __init__(self, job: str, config: Config) -> None:
        self.job = job
        self.config = config
        self.started = datetime.now(UTC)
        self._clock = time.monotonic()
        self.id = f"{self.started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        self.stages: list[Progress] = []
        self.versions: dict[str, Any] = {}
        self._watchers: Sequence[Watcher] = ()
        self._lake: RunLake | None = None
        self._lines: list[str] = []
        bind(run=self.id, job=job)
        remember(config.spark)

    @contextmanager
    def recorded(self, lake: RunLake, watchers: Sequence[Watcher] = ()) -> Iterator[None]:
        """Keeps the manifest in `lake`; an exception in the block makes its state `failed`,
        one that says to stop `stopped`."""
        self._lake, self._watchers = lake, (self, *watchers)
        self._write("running")
        try:
            yield
        except BaseException as err:
            if isinstance(err, Stopped):
                err.kept = _kept(self.stages)
            state = "stopped" if isinstance(err, Stopped) else "failed"
            said = str(err) if isinstance(err, UserError) else lake.storage.cause(err)
            try:
                self._write(state, error=said[:2000])
            except lake.storage.failures as unwritten:  # a full disk, say: the first error counts
                log.error("cannot write the manifest: %s", lake.storage.cause(unwritten))
            raise

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.monotonic() - self._clock

    def stage(self, name: str) -> Progress:
        """The progress of a stage that begins."""
        progress = Progress(name, self.id, self._watchers)
        self.stages.append(progress)
        return progress

    def begun(self, progress: Progress) -> None:
        if progress.total:
            log.info("%s: %s to do", progress.stage, how_many(progress.total, progress.rows_are))
            self._write("running")

    def published(self, progress: Progress, done: Done) -> None:
        line = {
            "at": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "run_id": self.id,
            "job": self.job,
            "stage": progress.stage,
            "wave": done.wave,
            "rows": done.rows,
            "seconds": round(done.seconds, 3),
            "by_status": dict(sorted(done.by_status.items())),
            "rows_done": progress.rows,
            "rows_total": progress.total,
        }
        self._lines.append(json.dumps(line))
        if self._lake is not None:  # rewritten whole: an object store knows no appending
            text = "\n".join(self._lines) + "\n"
            self._lake.storage.write_text(f"{RUNS}/{self.id}.jsonl", text)
        self._write("running")

    def finish(self, **counts: Any) -> dict[str, Any]:
        """Writes the manifest of a run that did all it should, and returns what it holds."""
        return self._write("succeeded", **counts)

    def _write(self, state: str, **more: Any) -> dict[str, Any]:
        if self._lake is None:
            raise RuntimeError("a run leaves its manifest within recorded()")
        manifest: dict[str, Any] = {
            "run_id": self.id,
            "job": self.job,
            "state": state,
            "started": self.started.isoformat(),
            "updated": datetime.now(UTC).isoformat(),
            "seconds": round(self.seconds, 3),
            "package_version": __version__,
            "python": platform.python_version(),
            **self._lake.engine,
            "config": self.config.model_dump(mode="json"),
            "versions": self.versions,
            "stages": {stage.stage: _stage(stage) for stage in self.stages},
            **more,
        }
        # Readable by whoever may read the lake: jobs.status is not run by the job's user alone.
        manifest = masked_tree(manifest)
        self._lake.storage.write_json(f"{RUNS}/{self.id}.json", manifest)
        return manifest


def _kept(stages: Sequence[Progress]) -> str:
    """`400 of 900 links kept`, of each stage that had something to do."""
    counts = [
        f"{stage.rows:,} of {stage.total:,} {stage.rows_are}" for stage in stages if stage.total
    ]
    return f"{', '.join(counts)} kept" if counts else "nothing was in hand"


def _stage(progress: Progress) -> Mapping[str, Any]:
    rate = progress.rows_per_second
    return {
        "waves": progress.waves,
        "rows": progress.rows,
        "rows_total": progress.total,
        "seconds": round(progress.seconds, 3),
        "rows_per_second": None if rate is None else round(rate, 2),
        "by_status": dict(sorted(progress.by_status.items())),
    }


_OF_HELD_ROWS = ("keep", "update", "refresh", "reread", "repredict", "withdraw")


def summary(run: Run, manifest: Mapping[str, Any], failed: Sequence[str] = ()) -> str:
    """What the run did, for the terminal: one line per stage, one that says so if there was nothing
    to do, and the lines of what `failed`, in this run or before."""
    rows = how_many(manifest["catalog_rows"], "catalog rows")
    links = how_many(manifest["distinct_links"], "distinct links")
    lines = [f"run {run.id}: {rows}, {links}, {manifest['seconds']:.1f} s"]
    for stage in run.stages:
        rate = stage.rows_per_second
        pace = "" if rate is None else f", {rate:.1f} rows/s ({statuses(stage.by_status)})"
        new = "" if stage.stage in _OF_HELD_ROWS else "new "
        lines.append(f"  {stage.stage}: {how_many(stage.rows, f'{new}rows')}{pace}")
    if not manifest["catalog_rows"]:
        lines.append("  the catalog has no rows")
    elif not any(stage.rows for stage in run.stages):
        whole = "all of it" if not failed else "all that could be read"
        lines.append(f"  nothing new: the lake already holds {whole}")
    return "\n".join([*lines, *failed])
