"""Cleaning a lake: what runs left behind, versions that nothing asks for, waves grown too many."""

from collections.abc import Iterable, Mapping

from entity_extract.lake_files import RUNS, latest_versions
from entity_extract.schema import Status
from entity_extract.spark.tables.lake import Lake

# Which version of the run's manifest is asked for, in the column of which table.
_VERSIONED = {"images": "reader_version", "embeddings": "encoder_version"}
_SMALL = 4  # a wave of less than a quarter of lake.wave_links is put together with others


def superseded(lake: Lake) -> Mapping[str, str]:
    """The version that the latest run with one used, by table: all others are superseded."""
    names = [name for name in lake.storage.names(RUNS) if name.endswith(".json")]
    found = (lake.storage.read_json(f"{RUNS}/{name}") for name in names)
    latest = latest_versions(run for run in found if run is not None)
    return {table: latest[key] for table, key in _VERSIONED.items() if key in latest}


def vacuum(
    lake: Lake, run_id: str, *, old_versions: bool, compact: bool, retain_hours: float
) -> list[str]:
    """Cleans the tables; returns what was done, a line each. Within Lake.writing(), which has
    already removed what interrupted runs had staged."""
    done: list[str] = []
    latest = superseded(lake) if old_versions else {}
    for table in lake.tables:
        if table.name in latest:
            condition = f"{_VERSIONED[table.name]} != '{latest[table.name]}'"
            if rows := table.drop(condition, f"{run_id}-drop"):
                done.append(
                    f"{table.name}: {rows} rows of other versions than {latest[table.name]}"
                )
        if compact:
            rows = lake.config.wave_links // _SMALL
            if fewer := table.compact(f"{run_id}-compact", rows=max(1, rows)):
                done.append(f"{table.name}: {fewer} waves fewer, put together with others")
        table.purge(retain_hours=retain_hours)
    return done


def forget(lake: Lake, run_id: str, statuses: Iterable[Status]) -> list[str]:
    """Removes pictures with these statuses and their answers, so that the next run asks for them
    as if they were new; returns what was done, a line each. Within Lake.writing()."""
    among = ", ".join(f"'{status}'" for status in sorted(statuses))
    done: list[str] = []
    # Answers first: cut off in between, they are given again. A picture read anew would not have
    # its old answer replaced.
    for table in (lake.predictions, lake.images):
        if rows := table.drop(f"status IN ({among})", f"{run_id}-forget"):
            done.append(f"{table.name}: {rows} rows forgotten")
    return done
