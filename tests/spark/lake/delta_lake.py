"""What catalog/test_delta.py does to a lake in Delta's format, in its session with the jars."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pandas as pd
from pyspark.sql import DataFrame, SparkSession

from entity_extract import schema
from entity_extract.config import LakeConfig
from entity_extract.lake.lease import Lease
from entity_extract.lake.wave_log import LeaseLost
from entity_extract.spark.tables.lake import Lake

COLUMNS = f"{schema.ddl(schema.SPLITS.columns)}, open boolean"


def used(spark: SparkSession, root: Path) -> dict[str, object]:
    """By step: the rows as `link:split`, with `?` those that are open; and what the step gave."""
    steps: dict[str, object] = {}
    lake = Lake(spark, str(root), LakeConfig(format="delta"))
    table = lake.splits

    def rows(text: str) -> DataFrame:
        entries = [entry.rstrip("?").split(":") for entry in text.split()]
        is_open = [entry.endswith("?") for entry in text.split()]
        made = [(link, split, "m", o) for (link, split), o in zip(entries, is_open, strict=True)]
        return spark.createDataFrame(made, COLUMNS)

    def publish(text: str, wave: str, *, replace: bool, price: float | None = None) -> None:
        new = (
            rows(text) if price is None else rows(text).selectExpr("*", f"{price} AS `price in $`")
        )
        waves = table.publish(new, wave, replace=replace)
        steps[wave] = held()
        steps[f"{wave} gave"] = {wave.name: wave.rows for wave in waves}

    def held() -> str:
        found = table.read().orderBy("image_link").collect()
        return " ".join(f"{r.image_link}:{r.split}{'?' if r.open else ''}" for r in found)

    with lake.writing("run", "tests"):
        # As a run leaves it that is killed in the first wave.
        (root / "splits/_delta_log").mkdir(parents=True)
        steps["begun"] = held()
        publish("a:1 b:1? c:1?", "r1-read00000", replace=False)
        publish("b:2 d:2?", "r2-read00000", replace=False)
        publish("a:3 e:3", "r2-refresh00000", replace=True, price=1.5)
        publish("e:4 f:4", "r2-predict00000", replace=True)
        steps["dropped"] = [table.drop("split = '3' OR open", "r3-drop"), held()]
        steps["fewer waves"] = table.compact("r3-compact", rows=10)
        before = len(list(root.glob("splits/**/*.parquet")))
        table.purge(retain_hours=0.0)
        steps["purged"] = [before > len(list(root.glob("splits/**/*.parquet"))), held()]
        steps["staged"] = [path.name for path in root.glob("_staging/run/**/*.parquet")]

    def taken_over(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        (root / "_lease/late.json").unlink()  # while the rows of the wave are made
        yield from batches

    for replace in (False, True):
        with lake.writing("late", "tests"):
            late = rows("b:9 g:9").coalesce(1).mapInPandas(taken_over, COLUMNS)
            try:
                table.publish(late, f"late-read{replace:d}", replace=replace)
            except LeaseLost:
                steps[f"late, replace={replace}"] = held()
    for replace in (False, True):
        with lake.writing("sleeper", "tests"):
            table.lease = cast(Lease, Asleep(spark, root, lake.lease, keeps_staged=replace))
            try:
                table.publish(rows("h:1 i:1?"), f"sleeper-read{replace:d}", replace=replace)
            except LeaseLost as err:
                steps[f"slept, replace={replace}"] = [str(err).partition(": ")[2], held()]
        with lake.writing("tidy", "tests"):
            table.drop("image_link >= 'h'", "tidy-drop")
    return steps


class Asleep:
    """The lease of a run that falls asleep when it has been told that it holds it, just before it
    commits; meanwhile another takes over and publishes the same links. What it has staged is taken
    away, or was staged so late that it is not."""

    def __init__(
        self, spark: SparkSession, root: Path, lease: Lease | None, *, keeps_staged: bool
    ) -> None:
        assert lease is not None
        self._spark, self._root, self._lease = spark, root, lease
        self._aside = ["_lease", *(["_staging"] if keeps_staged else [])]
        self.staging = lease.staging

    def check(self) -> int:
        renewed_ms = self._lease.check()
        for name in self._aside:
            (self._root / name).rename(self._root / f"{name}-aside")
        other = Lake(self._spark, str(self._root), LakeConfig(format="delta"))
        with other.writing("other", "tests"):
            rows = self._spark.createDataFrame([("h", "2", "m", False)], COLUMNS)
            other.splits.publish(rows, "other-read0", replace=False)
        for name in self._aside:
            shutil.rmtree(self._root / name, ignore_errors=True)
            (self._root / f"{name}-aside").rename(self._root / name)
        return renewed_ms
