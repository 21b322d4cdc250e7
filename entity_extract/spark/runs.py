"""A run: its id, its clock, and the manifest it leaves in lake/runs."""

import platform
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from entity_extract import __version__
from entity_extract.config import Config
from entity_extract.spark.lake import Lake
from entity_extract.spark.waves import Progress


class Run:
    """One job on one lake. Counts come from published tables, so retried tasks count once."""

    def __init__(self, job: str, config: Config) -> None:
        self.job = job
        self.config = config
        self.started = datetime.now(UTC)
        self._clock = time.monotonic()
        self.id = f"{self.started:%Y%m%dT%H%M%S}-{secrets.token_hex(3)}"
        self.stages: list[Progress] = []
        self.versions: dict[str, Any] = {}

    def done(self, progress: Progress) -> Progress:
        self.stages.append(progress)
        return progress

    def write(self, lake: Lake, **counts: Any) -> dict[str, Any]:
        """Writes lake/runs/<id>.json and returns what it holds."""
        manifest = {
            "run_id": self.id,
            "job": self.job,
            "started": self.started.isoformat(),
            "seconds": round(time.monotonic() - self._clock, 3),
            "package_version": __version__,
            "python": platform.python_version(),
            "spark": lake.spark.version,
            "config": self.config.model_dump(mode="json"),
            "versions": self.versions,
            "stages": {stage.stage: _stage(stage) for stage in self.stages},
            **counts,
        }
        lake.storage.write_json(f"runs/{self.id}.json", manifest)
        return manifest


def _stage(progress: Progress) -> Mapping[str, Any]:
    return {
        "waves": progress.waves,
        "rows": progress.rows,
        "seconds": round(progress.seconds, 3),
        "rows_per_second": round(progress.rows / progress.seconds, 2) if progress.seconds else None,
        "by_status": dict(sorted(progress.by_status.items())),
    }


def summary(manifest: Mapping[str, Any]) -> str:
    """What the run did, for the terminal: one line per stage, and one that says so if nothing."""
    lines = [
        f"run {manifest['run_id']}: {manifest['catalog_rows']} catalog rows, "
        f"{manifest['distinct_links']} distinct links, {manifest['seconds']:.1f} s"
    ]
    for name, stage in manifest["stages"].items():
        statuses = ", ".join(f"{status} {rows}" for status, rows in stage["by_status"].items())
        rate = f", {stage['rows_per_second']:.1f} rows/s" if stage["rows"] else ""
        lines.append(
            f"  {name}: {stage['rows']} new rows{rate}{f' ({statuses})' if statuses else ''}"
        )
    if not any(stage["rows"] for stage in manifest["stages"].values()):
        lines.append("  nothing new: the lake already holds all of it")
    return "\n".join(lines)
