"""The shapes that a catalog may have, and what of each is written, read and checked."""

from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.growing.catalogs import ROWS_A_LINK, links_of, write_csv, write_parquet

_WORD_BYTES = 59  # in Arrow's form
_LINK_BYTES = 1_500  # in the lake, with what Spark writes aside
_CSV_ROW_BYTES = 2_500  # twice in a catalog, and what Spark keeps of it
# Stages of Spark are looked at once their wave is published: more of them need not be kept.
_SETTINGS = ("lake.wave_s=0", "log.level=WARNING", "spark.ui.retainedStages=200")


@dataclass(frozen=True)
class Shape:
    """`write` makes the catalog of so many links at a path; `stub` is what READ is."""

    name: str
    links: int
    write: Callable[[Path, int], Path]
    suffix: str
    stub: dict[str, Any]
    settings: list[str]
    disk_bytes: int  # that it needs, about
    predict: bool
    described: dict[str, Any] = field(default_factory=dict)  # what else makes it another one

    @property
    def more(self) -> int:
        """Links of the catalog that has one per cent more."""
        return self.links + max(1, self.links // 100)


def _parquet(path: Path, links: int, *, one_host: float = 0.0) -> Path:
    return write_parquet(path, range(links), one_host=one_host)


def _stub(args: Namespace) -> dict[str, Any]:
    return {"cost_ms": args.cost_ms, "thumbnail_bytes": args.thumbnail_bytes}


def _settings(args: Namespace, wave_links: int) -> list[str]:
    return [*_SETTINGS, f"lake.wave_links={wave_links}", *args.set]


def _grown(args: Namespace, *, name: str = "grown", one_host: float = 0.0) -> Shape:
    return Shape(
        name=name,
        links=args.links,
        write=partial(_parquet, one_host=one_host),
        suffix=".parquet",
        stub=_stub(args),
        settings=_settings(args, args.wave_links),
        disk_bytes=args.links * (_LINK_BYTES + args.thumbnail_bytes),
        predict=args.predict,
        described={"one_host": one_host},
    )


def _one_host(args: Namespace) -> Shape:
    """Most links on one host: they are spread by the whole link."""
    return _grown(args, name="one-host", one_host=args.one_host)


def _giants(args: Namespace) -> Shape:
    """One wave, in one partition, whose rows' words are a megabyte each."""
    words = args.giant_kb * 1024 // _WORD_BYTES
    return Shape(
        name="giants",
        links=args.giants,
        write=_parquet,
        suffix=".parquet",
        stub=_stub(args) | {"words": words, "one_task": True, "drawn": True},
        settings=_settings(args, args.giants),
        disk_bytes=2 * args.giants * args.giant_kb * 1024,
        predict=True,
    )


def _csv(args: Namespace) -> Shape:
    """One file, a kilobyte a row and ten rows a link."""
    links = links_of(args.csv_gb)
    return Shape(
        name="csv",
        links=links,
        write=partial(write_csv, lines_in_cells=args.lines_in_cells),
        suffix=".csv",
        stub=_stub(args),
        settings=_settings(args, args.wave_links),
        disk_bytes=links * (_LINK_BYTES + ROWS_A_LINK * _CSV_ROW_BYTES),
        predict=args.predict,
        described={"lines_in_cells": args.lines_in_cells},
    )


SHAPES: dict[str, Callable[[Namespace], Shape]] = {
    "grown": _grown,
    "one-host": _one_host,
    "giants": _giants,
    "csv": _csv,
}
