"""A table of the lake as plain Parquet: folders of files, and one small file that says which count.

Where a folder is renamed in one step (local disk, HDFS) a wave is written aside and moved in whole,
so that anyone who opens the table with pandas alone sees whole waves, too. On an object store it is
written in place, and only the list of waves tells. Rows that a later run will try again stand in
`-open` waves of their own, so that replacing them never rewrites settled rows.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.errors import UserError
from entity_extract.lake_files import (
    KEPT,
    OPEN,
    PLACEHOLDER,
    STAGING,
    WAVES,
    Wave,
    Waves,
    parsed,
)
from entity_extract.spark.tables.lease import Lease
from entity_extract.spark.tables.storage import Storage
from entity_extract.spark.tables.table import checked, counted, no_rows, waves_of_run

log = logging.getLogger(__name__)


@dataclass
class ParquetTable:
    """See table.Table."""

    spark: SparkSession
    storage: Storage
    name: str
    columns: dict[str, str]
    key: list[str]
    lease: Lease | None = None

    def listed(self) -> Waves:
        """Raises UserError where the table has waves but no list of those that count."""
        found = self.storage.read_json(f"{self.name}/{WAVES}")
        if found is not None:
            return parsed(Waves, found, self.storage.url(f"{self.name}/{WAVES}"))
        if self._folders():
            raise UserError(
                f"{self.storage.url(self.name)} has waves but no {WAVES} that says which of them "
                "count. Restore it; or, if the lake was made by version 0.1.0 of this package, "
                "run a job that writes, which takes it over"
            )
        return Waves()

    def read(
        self, waves: Sequence[str] | None = None, *, only_open: bool | None = None
    ) -> DataFrame:
        names = [wave.name for wave in self.listed().waves] if waves is None else list(waves)
        asked = (name for name in names if only_open in (None, name.endswith(OPEN)))
        return self._read(self.name, list(asked))

    def publish(self, rows: DataFrame, wave: str, *, replace: bool) -> tuple[Wave, ...]:
        before = self.listed()
        new = self._write(rows, wave)
        touched = self._touched(before, new, wave, replace=replace)
        kept = self._write(self._survivors(touched, new), f"{wave}{KEPT}") if touched else None
        written = [new, *([kept] if kept else [])]
        if new.waves or touched:
            for part in written:
                self._place(part)
            plus = [wave_of_it for part in written for wave_of_it in part.waves]
            self._commit(before, before.changed(without=touched, plus=plus))
            self._clear([*touched, PLACEHOLDER])
        return new.waves

    def _commit(self, before: Waves, after: Waves) -> None:
        """From here on `after` is what counts."""
        checked(self.lease)
        if self.listed().version != before.version:
            raise RuntimeError(f"{self.name} was changed by another writer despite the lease")
        self.storage.write_json(f"{self.name}/{WAVES}", after.model_dump())

    def _clear(self, waves: Sequence[str]) -> None:
        for name in waves:
            self.storage.remove(f"{self.name}/{name}")

    def ensure(self) -> None:
        if self.listed().waves or self.storage.exists(f"{self.name}/{PLACEHOLDER}"):
            return
        empty = self.spark.createDataFrame([], schema.ddl(self.columns)).coalesce(1)
        staged = f"{STAGING}/{self.name}/{PLACEHOLDER}"
        empty.write.mode("overwrite").parquet(self.storage.url(staged))
        self.storage.move(staged, f"{self.name}/{PLACEHOLDER}")

    def recover(self) -> None:
        counting = {wave.name for wave in self.listed().waves}
        dead = [name for name in self._folders() if name not in counting]
        for name in dead:
            log.warning("removing %s of %s: it does not count", name, self.name)
        self._clear(dead)

    def adopt(self) -> None:
        names = self._folders()
        if names:
            log.warning(
                "taking over %d waves of %s from a lake of version 1", len(names), self.name
            )
        waves = counted(self._read(self.name, names), self.columns)
        self.storage.write_json(f"{self.name}/{WAVES}", Waves(waves=waves).model_dump())

    def drop(self, condition: str, wave: str) -> int:
        held = self.listed()
        dropped = self.read().where(condition).groupBy("wave").agg(F.count("*").alias("rows"))
        found = dropped.collect()
        if found:
            self._rewrite(held, [row["wave"] for row in found], wave, without=F.expr(condition))
        return sum(row["rows"] for row in found)

    def compact(self, wave: str, *, rows: int) -> int:
        fewer = 0
        groups = grouped(self.listed().waves, rows)
        for number, group in enumerate(groups):
            self._rewrite(self.listed(), [held.name for held in group], f"{wave}-{number:05d}")
            fewer += len(group) - len({held.open for held in group})
        return fewer

    def purge(self, *, retain_hours: float) -> None:
        """Nothing to do: what a wave replaces is deleted as soon as the new one counts."""

    def _rewrite(
        self, before: Waves, waves: Sequence[str], wave: str, *, without: Column | None = None
    ) -> None:
        whole = self._whole(waves)
        # A condition that is null for a row does not hold for it.
        left = whole if without is None else whole.where(~F.coalesce(without, F.lit(False)))
        kept = self._write(left, f"{wave}{KEPT}")
        self._place(kept)
        self._commit(before, before.changed(without=waves, plus=kept.waves))
        self._clear(waves)

    def _folders(self) -> list[str]:
        found = self.storage.names(self.name)
        return [name for name in found if name.startswith("wave=") and name != PLACEHOLDER]

    def _read(self, base: str, names: Sequence[str]) -> DataFrame:
        promised = {**self.columns, "wave": "string"}
        if not names:
            rows = no_rows(self.spark, promised)
        else:
            rows = (
                self.spark.read.schema(schema.ddl(promised))
                .option("basePath", self.storage.url(base))
                .parquet(*(self.storage.url(f"{base}/{name}") for name in names))
            )
        folder = F.concat(F.lit("wave="), F.col("wave"))
        return rows.withColumn("wave", folder).withColumn("open", F.col("wave").endswith(OPEN))

    def _write(self, rows: DataFrame, wave: str) -> "_Written":
        """Writes the files of a wave: aside where they can be moved, else where they will stay."""
        base = f"{STAGING}/{self.name}/{wave}" if self.storage.renames else self.name
        named = F.when(F.col("open"), f"{wave}{OPEN}").otherwise(wave)
        marked = rows.withColumn("wave", named).drop("open")
        marked.write.partitionBy("wave").mode("append").parquet(self.storage.url(base))
        mine = (f"wave={wave}", f"wave={wave}{OPEN}")
        names = [name for name in self.storage.names(base) if name in mine]
        return _Written(base, counted(self._read(base, names), self.columns))

    def _place(self, written: "_Written") -> None:
        if written.base != self.name:
            for wave in written.waves:
                self.storage.move(f"{written.base}/{wave.name}", f"{self.name}/{wave.name}")
            self.storage.remove(written.base)

    def _touched(self, before: Waves, new: "_Written", wave: str, *, replace: bool) -> list[str]:
        """The published waves that hold a row which `new` replaces."""
        own = waves_of_run(wave)
        asked = [
            held.name
            for held in before.waves
            if (replace or held.open) and (KEPT in held.name or not held.name.startswith(own))
        ]
        if not asked or not new.waves:
            return []
        held = self._read(self.name, asked).join(self._keys(new), self.key, "left_semi")
        return sorted(row.wave for row in held.select("wave").distinct().collect())

    def _survivors(self, waves: Sequence[str], new: "_Written") -> DataFrame:
        """The rows of `waves` that `new` does not replace, with all their columns."""
        return self._whole(waves).join(self._keys(new), self.key, "left_anti")

    def _whole(self, waves: Sequence[str]) -> DataFrame:
        """The rows of `waves` with all columns that their files have, and `open`."""
        parts = [
            self.spark.read.parquet(self.storage.url(f"{self.name}/{name}")).withColumn(
                "open", F.lit(name.endswith(OPEN))
            )
            for name in waves
        ]
        return reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), parts)

    def _keys(self, written: "_Written") -> DataFrame:
        names = [wave.name for wave in written.waves]
        return self._read(written.base, names).select(*self.key)


@dataclass(frozen=True)
class _Written:
    """Waves whose files lie under `base` and do not count yet."""

    base: str
    waves: tuple[Wave, ...]


def grouped(waves: Sequence[Wave], rows: int) -> list[list[Wave]]:
    """Waves of fewer than `rows` rows in groups of about that many; none that would stay alone."""
    groups: list[list[Wave]] = []
    for is_open in (False, True):
        small = [wave for wave in waves if wave.open == is_open and wave.rows < rows]
        groups.append([])
        for wave in small:
            if sum(held.rows for held in groups[-1]) + wave.rows > rows:
                groups.append([])
            groups[-1].append(wave)
    return [group for group in groups if len(group) > 1]
