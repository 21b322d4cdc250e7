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
from typing import Protocol

from pyspark.sql import DataFrame, SparkSession
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
    waves_of,
)
from entity_extract.spark.lease import Lease
from entity_extract.spark.storage import Storage

log = logging.getLogger(__name__)


class Table(Protocol):
    """One table of the lake. `columns` are those it promises; a wave may bring others."""

    name: str
    columns: dict[str, str]
    lease: Lease | None  # without one nothing can be published

    def read(self, waves: Sequence[str] | None = None) -> DataFrame:
        """The published rows, of these waves or of all: the promised columns, `wave` (its name)
        and `open` (a later run tries again)."""
        ...

    def publish(self, rows: DataFrame, wave: str, *, replace: bool) -> tuple[Wave, ...]:
        """Publishes `rows` as the wave `<run>-<number>`; returns what now counts of it.

        Their boolean column `open` marks what a later run should try again. Rows with the keys of
        rows in an open wave replace these; with `replace`, rows with the keys of any published row
        do. Keys that the same run has published before are not looked for. Raises LeaseLost.
        """
        ...

    def ensure(self) -> None:
        """A table without a row opens as a table, too."""
        ...

    def recover(self) -> None:
        """Removes what no longer counts, or never did."""
        ...

    def adopt(self) -> None:
        """Takes what a lake of version 1 holds as published."""
        ...


class ParquetTable:
    """See Table."""

    def __init__(
        self,
        spark: SparkSession,
        storage: Storage,
        name: str,
        columns: dict[str, str],
        *,
        key: Sequence[str],
    ) -> None:
        self.spark = spark
        self.storage = storage
        self.name = name
        self.columns = columns
        self.key = list(key)
        self.lease: Lease | None = None

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

    def read(self, waves: Sequence[str] | None = None) -> DataFrame:
        names = [wave.name for wave in self.listed().waves] if waves is None else list(waves)
        return self._read(self.name, names)

    def publish(self, rows: DataFrame, wave: str, *, replace: bool) -> tuple[Wave, ...]:
        before = self.listed()
        new = self._write(rows, wave)
        touched = self._touched(before, new, wave, replace=replace)
        kept = self._write(self._survivors(touched, new), f"{wave}{KEPT}") if touched else None
        written = [new, *([kept] if kept else [])]
        if new.waves or touched:
            for part in written:
                self._place(part)
            plus = [counted for part in written for counted in part.waves]
            self._commit(before, before.changed(without=touched, plus=plus))
            self._clear([*touched, PLACEHOLDER])
        return new.waves

    def _commit(self, before: Waves, after: Waves) -> None:
        """From here on `after` is what counts."""
        if self.lease is None:
            raise RuntimeError("publishing outside Lake.writing()")
        self.lease.check()
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
        waves = self._counted(self._read(self.name, names))
        self.storage.write_json(f"{self.name}/{WAVES}", Waves(waves=waves).model_dump())

    def _folders(self) -> list[str]:
        found = self.storage.names(self.name)
        return [name for name in found if name.startswith("wave=") and name != PLACEHOLDER]

    def _read(self, base: str, names: Sequence[str]) -> DataFrame:
        promised = schema.ddl({**self.columns, "wave": "string"})
        if not names:
            rows = self.spark.createDataFrame([], promised)
        else:
            rows = (
                self.spark.read.schema(promised)
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
        return _Written(base, self._counted(self._read(base, names)))

    def _place(self, written: "_Written") -> None:
        if written.base != self.name:
            for wave in written.waves:
                self.storage.move(f"{written.base}/{wave.name}", f"{self.name}/{wave.name}")
            self.storage.remove(written.base)

    def _counted(self, rows: DataFrame) -> tuple[Wave, ...]:
        status = F.col("status") if "status" in self.columns else F.lit("")
        groups = rows.groupBy("wave", status.alias("status")).agg(F.count("*").alias("rows"))
        return waves_of((row.wave, row.status, row.rows) for row in groups.collect())

    def _touched(self, before: Waves, new: "_Written", wave: str, *, replace: bool) -> list[str]:
        """The published waves that hold a row which `new` replaces."""
        own = f"wave={wave.rpartition('-')[0] or wave}-"
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
        parts = [
            self.spark.read.parquet(self.storage.url(f"{self.name}/{name}")).withColumn(
                "open", F.lit(name.endswith(OPEN))
            )
            for name in waves
        ]
        whole = reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), parts)
        return whole.join(self._keys(new), self.key, "left_anti")

    def _keys(self, written: "_Written") -> DataFrame:
        names = [wave.name for wave in written.waves]
        return self._read(written.base, names).select(*self.key)


@dataclass(frozen=True)
class _Written:
    """Waves whose files lie under `base` and do not count yet."""

    base: str
    waves: tuple[Wave, ...]
