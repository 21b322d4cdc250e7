"""Cleaning a lake: what runs left behind, versions that nothing asks for, waves grown too many."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any

from pyspark.sql import functions as F

from entity_extract.lake.compaction import SMALL
from entity_extract.lake.files import RUNS, latest_version, newest_first
from entity_extract.lake.forgotten import forgotten
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.tables.table import Table
from entity_extract.status import Status


def latest(lake: Lake) -> Mapping[str, str]:
    """By table that keeps no old ones, the version that the latest run with one used.

    Of runs that came to their end. One that was stopped or failed may have been a mistake.
    """
    names = newest_first(lake.storage.names(RUNS))
    manifest = cache(lambda name: lake.storage.read_json(f"{RUNS}/{name}"))

    def succeeded() -> Iterator[Mapping[str, Any]]:
        found = (manifest(name) for name in names)
        return (run for run in found if run and run["state"] == "succeeded")

    specs = (table.spec for table in lake.tables)
    asked = {spec.name: spec.version for spec in specs if not spec.keeps_old_versions}
    versions = {name: latest_version(succeeded(), kind) for name, kind in asked.items()}
    return {name: version for name, version in versions.items() if version}


def vacuum(
    lake: Lake, run_id: str, *, old_versions: bool, compact: bool, retain_hours: float
) -> list[str]:
    """Cleans the tables; returns what was done, a line each. Within Lake.writing(), which has
    already removed what interrupted runs had staged."""
    done: list[str] = []
    kept = latest(lake) if old_versions else {}
    for table in lake.tables:
        if table.name in kept:
            done += _drop_others(table, kept[table.name], f"{run_id}-drop")
        if compact:
            rows = lake.config.wave_links // SMALL
            fewer = table.compact(f"{run_id}-compact", rows=max(1, rows))
            if any(fewer):
                done.append(
                    f"{table.name}: {fewer.waves} waves and {fewer.files} files fewer, put together"
                )
        table.purge(retain_hours=retain_hours)
    return done


def _drop_others(table: Table, version: str, wave: str) -> list[str]:
    column = table.spec.version
    others = f"{column} != '{version}'"
    if table.read().where(F.col(column) == version).isEmpty():
        held = table.read().where(others).count()
        told = f"{table.name}: {held} rows kept, since there is none of the latest run's {version}"
        return [told] if held else []
    rows = table.drop(others, wave)
    return [f"{table.name}: {rows} rows of other versions than {version}"] if rows else []


def forget(lake: Lake, run_id: str, statuses: Iterable[Status]) -> list[str]:
    """Removes pictures with these statuses and their answers, so that the next run asks for them
    as if they were new; returns what was done, a line each. Within Lake.writing()."""
    among = ", ".join(f"'{status}'" for status in sorted(statuses))
    return forgotten(lake.tables, f"status IN ({among})", run_id)
