"""What a lake holds, what waits, what failed and why: from its files, without Spark or Java."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from entity_extract.catalog.files import catalog_frame
from entity_extract.config import CatalogConfig, LakeConfig
from entity_extract.errors import UserError
from entity_extract.lake.files import (
    LEASE,
    RUNS,
    TEMPORARY,
    LakeFiles,
    LakeFormat,
    batches_of,
    latest_version,
    newest_first,
)
from entity_extract.lake.holder import is_dead
from entity_extract.lake.waves import rows_by_status
from entity_extract.schema import IMAGES, TABLES
from entity_extract.status import Status

_REASONS = 3  # shown of each status
# Kept of each status; where there are more, as of names and numbers in them, the rarest half is let
# go, and counts of rare ones may be too low.
_DIFFERENT = 10_000
_ROWS = 2**16  # of a few narrow columns that are looked at at a time
_RUNS = 5


@dataclass(frozen=True)
class TableStatus:
    """`rows_open` of the rows are tried again by the next run."""

    rows: int = 0
    rows_open: int = 0
    waves: int = 0
    by_status: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class LakeStatus:
    """`failed`: of each status that is not ok, its most frequent reasons with their rows, or a few
    less of those, where the status has more than 10,000 different ones.

    A run that ended without a word has the state `killed`.
    `links_not_read` is counted where a catalog is given, for the reader of the latest run.
    """

    root: str
    format: str
    schema_version: int
    writing: tuple[str, ...]
    tables: dict[str, TableStatus]
    failed: dict[str, dict[str, int]]
    runs: tuple[dict[str, Any], ...]
    links_not_read: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def lake_status(
    root: str, *, catalog: str | None = None, config: CatalogConfig | None = None
) -> LakeStatus:
    """Raises UserError where there is no lake, or one of a newer version."""
    files = LakeFiles(root)
    mark = files.mark()
    if mark is None:
        raise UserError(f"{root}: no lake there (no _lake.json)")
    mark.check(root)
    runs = [*islice(_manifests(files), _RUNS)][::-1]
    writing = _claims(files)
    return LakeStatus(
        root=root,
        format=mark.format,
        schema_version=mark.schema_version,
        writing=tuple(f"{c['run_id']} ({c['job']} on {c['host']})" for c in writing),
        tables={name: _table(files, name) for name in _names(files, mark.format)},
        failed=_failed(files),
        runs=tuple(_settled(files, run, writing) for run in runs),
        links_not_read=None
        if catalog is None
        else _not_read(files, catalog, config or CatalogConfig()),
    )


def _names(files: LakeFiles, held_as: LakeFormat) -> list[str]:
    """The tables that a lake has or will have, then those that only others know of."""
    declared = [table.name for table in TABLES]
    return [*declared, *(name for name in files.tables(held_as) if name not in declared)]


def _table(files: LakeFiles, name: str) -> TableStatus:
    waves = files.waves(name)
    if waves is not None:
        return TableStatus(
            rows=sum(wave.rows for wave in waves.waves),
            rows_open=sum(wave.rows for wave in waves.waves if wave.open),
            waves=len(waves.waves),
            by_status=dict(sorted(rows_by_status(waves.waves).items())),
        )
    held = files.dataset(name)  # Delta's log does not count by status
    if held is None:
        return TableStatus()
    told = [name for name in ("wave", "open", "status") if name in held.schema.names]
    if not told:
        return TableStatus(rows=held.count_rows())
    rows = rows_open = 0
    names: set[str] = set()
    by_status: Counter[str] = Counter()
    for batch in batches_of(held, told, size=_ROWS):
        rows += len(batch)
        if "open" in told:
            rows_open += pc.sum(batch["open"]).as_py() or 0
        if "wave" in told:
            names.update(pc.unique(batch["wave"]).to_pylist())
        if "status" in told:
            by_status += _counts(batch["status"])
    by_status = Counter(dict(sorted(by_status.items())))
    return TableStatus(rows=rows, rows_open=rows_open, waves=len(names), by_status=by_status)


def _counts(cells: pa.Array) -> Counter[str]:
    found = pc.value_counts(cells).to_pylist()
    return Counter({entry["values"]: entry["counts"] for entry in found})


def _failed(files: LakeFiles) -> dict[str, dict[str, int]]:
    held = files.dataset(IMAGES.name)
    if held is None:
        return {}
    not_ok = pc.field("status") != Status.OK.value
    reasons: dict[str, Counter[str]] = {}
    for batch in batches_of(held, ["status", "reason"], not_ok, size=_ROWS):
        rows = pa.Table.from_batches([batch])
        for group in rows.group_by(["status", "reason"]).aggregate([([], "count_all")]).to_pylist():
            counts = reasons.setdefault(group["status"], Counter())
            counts[group["reason"] or ""] += group["count_all"]
            if len(counts) > _DIFFERENT:
                kept = counts.most_common(_DIFFERENT // 2)
                counts.clear()
                counts.update(dict(kept))
    found = {status: _most_frequent(counts) for status, counts in reasons.items()}
    return dict(sorted(found.items(), key=lambda of: (-max(of[1].values()), min(of[1]))))


def _most_frequent(reasons: Counter[str]) -> dict[str, int]:
    ordered = sorted(reasons.items(), key=lambda reason: (-reason[1], reason[0]))
    return dict(ordered[:_REASONS])


def _manifests(files: LakeFiles) -> Iterator[dict[str, Any]]:
    """Newest first, each read when it is asked for: of years of nightly runs a few are."""
    for name in newest_first(files.names(RUNS)):
        found = files.read_json(f"{RUNS}/{name}")
        if found is not None:
            yield found


def _claims(files: LakeFiles) -> list[dict[str, Any]]:
    """Of those who write, or wait to. One that was not renewed in time is of a killed run, and so
    is one whose process was of this machine and is no more."""
    standing = []
    for name in sorted({name.removesuffix(TEMPORARY) for name in files.names(LEASE)}):
        claim = files.read_json(f"{LEASE}/{name}")
        if claim is not None:
            silent_s = files.silent_s(f"{LEASE}/{name}") or 0.0
            dead = is_dead(claim.get("machine", ""), claim.get("process", ""))
            if not dead and silent_s <= _lease_s(files, claim["run_id"]):
                standing.append(claim)
    return standing


def _lease_s(files: LakeFiles, run_id: str) -> float:
    """As the run has it; of one that waits for the lake, and has no manifest yet, the default."""
    manifest = files.read_json(f"{RUNS}/{run_id}.json")
    if manifest is None or "config" not in manifest:
        return LakeConfig().lease_s
    return float(manifest["config"]["lake"]["lease_s"])


def _settled(
    files: LakeFiles, run: dict[str, Any], writing: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """The manifest as it is now that nobody changes it; of a run that writes, as it was."""
    if run["state"] != "running" or any(run["run_id"] == claim["run_id"] for claim in writing):
        return run
    last: dict[str, Any] = files.read_json(f"{RUNS}/{run['run_id']}.json") or run
    # It holds no lease any more, and had no time to say so.
    return {**last, "state": "killed"} if last["state"] == "running" else last


def _not_read(files: LakeFiles, catalog: str, config: CatalogConfig) -> int:
    found = catalog_frame(catalog, config)["image_link"].dropna()
    links = set(found[found.str.strip() != ""])  # with their blanks, as READ keeps them
    latest = latest_version(_manifests(files), "reader_version")
    held = files.dataset(IMAGES.name)
    if held is None or latest is None:
        return len(links)
    of_latest = pc.field("reader_version") == latest
    for batch in batches_of(held, ["image_link"], of_latest, size=_ROWS):
        links.difference_update(batch["image_link"].to_pylist())
    return len(links)
