"""What a lake says of itself, for the terminal."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from entity_extract.config.decided import advice
from entity_extract.lake.how_many import how_many
from entity_extract.lake.status_report import LakeStatus
from entity_extract.quality.judged import quality_of
from entity_extract.status import status_of


def status_text(status: LakeStatus) -> str:
    """The status for the terminal."""
    lines = [f"{status.root}: {status.format}, schema version {status.schema_version}"]
    lines += [f"  being written by {writer}" for writer in status.writing]
    for name, table in status.tables.items():
        waits = f", {table.rows_open:,} to be tried again" if table.rows_open else ""
        held = f"{how_many(table.rows, 'rows')} in {how_many(table.waves, 'waves')}"
        lines.append(f"  {name}: {held}{waits}")
        lines += [f"    {found} {rows:,}" for found, rows in _most_first(table.by_status)]
    if status.links_not_read is not None:
        lines.append(f"  links of the catalog not read yet: {status.links_not_read:,}")
    if status.failed:
        lines.append("why pictures failed, the most frequent reasons:")
    for failure, reasons in status.failed.items():
        lines += [f"  {failure} {rows:,}: {reason}" for reason, rows in reasons.items()]
        if said := advice(status_of(failure), next(iter(reasons)), status.root):
            lines.append(f"    {said}")
    lines.append("latest runs:" if status.runs else "no run yet")
    lines += [f"  {_run_line(run)}" for run in status.runs]
    lines += _quality_lines(status.runs)
    return "\n".join(lines)


def _quality_lines(runs: Sequence[dict[str, Any]]) -> list[str]:
    """Of the latest of them that gave answers."""
    for run in reversed(runs):
        if (found := quality_of(run)) is not None:
            first, *more = found.lines()
            return [f"{first} ({run['run_id']})", *more]
    return []


def _most_first(counts: dict[str, int]) -> list[tuple[str, int]]:
    return Counter(counts).most_common()


def _run_line(run: dict[str, Any]) -> str:
    started = datetime.fromisoformat(run["started"])
    rows = ", ".join(f"{name} {stage['rows']:,}" for name, stage in run["stages"].items())
    error = f": {run['error'].splitlines()[0]}" if "error" in run else ""
    return (
        f"{run['run_id']} {run['job']} {run['state']}, {started:%Y-%m-%d %H:%M}, "
        f"{run['seconds']:,.0f} s{f', {rows}' if rows else ''}{error}"
    )
