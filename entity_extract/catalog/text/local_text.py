"""Catalogs of text on this machine's disk, without Spark."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from entity_extract import schema
from entity_extract.catalog.text.text_files import (
    Scan,
    opened,
    say_recognised,
    scanned,
    settled,
    text_rows,
)
from entity_extract.config import CatalogConfig


def looked_through(
    files: Sequence[Path], found: str, config: CatalogConfig
) -> tuple[CatalogConfig, tuple[Scan, ...]]:
    """The settled configuration, and what each file is. Every row is looked at, once in a process
    while a file stays as it is. Raises CatalogError."""
    return _looked_through(tuple(map(stamped, files)), found, config)


class Stamped(NamedTuple):
    """A file, and what would change with its content."""

    file: Path
    modified_ns: int
    size: int


def stamped(file: Path) -> Stamped:
    found = file.stat()
    return Stamped(file, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=8)
def _looked_through(
    files: tuple[Stamped, ...], found: str, config: CatalogConfig
) -> tuple[CatalogConfig, tuple[Scan, ...]]:
    def scans(tried: CatalogConfig) -> Iterator[Scan]:
        for file, *_ in files:
            try:
                with opened(file) as stream:
                    yield scanned(stream, str(file), found, tried)
            except OSError as err:
                yield Scan(str(file), problem=str(err))

    config, looked_at = settled(found, config, scans)
    say_recognised(looked_at)
    return config, tuple(looked_at)


def text_frame(
    file: Path, found: str, config: CatalogConfig, wanted: Sequence[str]
) -> pd.DataFrame:
    """Those of `wanted` that the file has, as text. Raises one of text_files.UNREADABLE."""
    with opened(file) as stream:
        columns, rows = text_rows(stream, found, config, wanted)
        held = [(columns.index(name), name) for name in wanted if name in columns]
        frame = pd.DataFrame(
            ([row[place] for place, _ in held] for row in rows),
            columns=[name for _, name in held],
            dtype=object,
        )
    if found == "csv":  # an empty cell is none, but an empty label says something
        unlabelled = frame.columns.difference([config.columns.name_of(schema.ENTITY_VALUE)])
        frame[unlabelled] = frame[unlabelled].replace({"": None})
    return frame
