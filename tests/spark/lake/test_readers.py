"""Readers of a lake in which waves are replaced: it opens at any moment, and whole."""

import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from pyspark.sql import SparkSession

from entity_extract.config import LakeConfig
from entity_extract.lake.files import LakeFiles
from entity_extract.spark.tables.lake import Lake
from tests.spark.lake.test_lake import by_the_list, publish, rows

LINKS = [f"l{number}" for number in range(6)]


def test_a_scan_that_began_before_a_wave_was_replaced_reads_on_as_it_was(
    lake: Lake, root: Path
) -> None:
    publish(lake, "r1-0", ("a", "1", True), ("b", "1", False))
    found = LakeFiles(root).dataset("splits")
    assert found is not None
    publish(lake, "r2-0", ("a", "2", True))
    publish(lake, "r3-0", ("a", "3", False))
    assert sorted(found.to_table()["split"].to_pylist()) == ["1", "1"]
    assert found.count_rows() == 2
    assert by_the_list(root) == [("a", "3"), ("b", "1")]


def test_so_does_one_of_sparks_that_is_asked_again(lake: Lake, root: Path) -> None:
    """Spark keeps the names of files, which are elsewhere once a wave is replaced."""
    publish(lake, "r1-0", ("a", "1", True), ("b", "1", False))
    reading = Lake(lake.spark, str(root), LakeConfig())
    begun = []

    def ask() -> list[str]:
        held = reading.splits.read()
        if not begun:
            begun.append(True)
            publish(lake, "r2-0", ("a", "2", True))
        return sorted(row.split for row in held.collect())

    assert reading.reading(ask) == ["1", "2"]


def test_the_table_opens_at_any_moment_while_waves_are_replaced(
    spark: SparkSession, root: Path
) -> None:
    lake = Lake(spark, str(root), LakeConfig())
    ours: Counter[str] = Counter()
    plain: Counter[str] = Counter()
    ended = threading.Event()

    def in_a_loop(read: Callable[[], list[str]], seen: Counter[str]) -> None:
        while not ended.is_set():
            try:
                links = read()
            except Exception as err:  # noqa: BLE001  # each counts
                seen[type(err).__name__] += 1
            else:
                whole = sorted(set(links)) == LINKS
                seen["once" if links == LINKS else "more" if whole else "less"] += 1

    def by_our_list() -> list[str]:
        return [link for link, _ in by_the_list(root)]

    def by_pandas() -> list[str]:
        return sorted(pd.read_parquet(root / "splits", columns=["image_link"])["image_link"])

    with lake.writing("r", "tests"):
        made = rows(spark, *((link, "0", link != "l0") for link in LINKS))
        lake.splits.publish(made.repartition(4), "r-first00000", replace=False)
        loops = [
            threading.Thread(target=in_a_loop, args=task)
            for task in ((by_our_list, ours), (by_pandas, plain))
        ]
        for loop in loops:
            loop.start()
        for number in range(5):
            entries = [(link, f"{number}", True) for link in LINKS[1:]]
            publish(lake, f"r-night{number}x", *entries)
        ended.set()
        for loop in loops:
            loop.join()
    assert ours.keys() == {"once"}, ours
    # In the moment of a change a replaced row beside its successor, or a file that was there when
    # the folder was listed; never a table in part.
    assert plain.keys() <= {"once", "more", "FileNotFoundError"}, plain
    assert plain["once"] > plain.total() / 2, plain
    assert by_our_list() == by_pandas() == LINKS
