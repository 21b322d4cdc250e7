"""A table of the lake as plain Parquet: folders of files, and numbered lists of those that count.

Where a folder is renamed in one step (local disk, HDFS) a wave is written aside and moved in whole,
so that anyone who opens the table with pandas alone sees whole waves, too. On an object store it is
written in place, and only the list of waves tells. How lists and folders change: wave_log.py. Rows
that a later run will try again stand in `-open` waves of their own, so that replacing them never
rewrites settled rows.
"""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from entity_extract.lake.waves import (
    KEPT,
    OPEN,
    PLACEHOLDER,
    Wave,
    Waves,
    rows_by_status,
    waves_in,
)
from entity_extract.schema import TableSpec, ddl
from entity_extract.spark.tables.compaction import batched, grouped, grown_many
from entity_extract.spark.tables.file_sizes import data_sizes, files_for, merged
from entity_extract.spark.tables.lease import Lease
from entity_extract.spark.tables.storage import Storage
from entity_extract.spark.tables.table import (
    Compacted,
    Moves,
    commented,
    counted,
    held,
    no_rows,
    waves_of_stage,
)
from entity_extract.spark.tables.wave_log import WaveLog, Written

log = logging.getLogger(__name__)

_TIDIED = "-tidied"


@dataclass
class ParquetTable:
    """See table.Table. Waves are rewritten in groups of about `wave_rows` rows, in files of about
    `file_bytes`; the files of those that were replaced stay for `grace_s`."""

    spark: SparkSession
    storage: Storage
    spec: TableSpec
    wave_rows: int
    file_bytes: int
    grace_s: float
    lease: Lease | None = None
    log: WaveLog = field(init=False)
    _moves: Moves = field(default_factory=Moves, init=False)

    def __post_init__(self) -> None:
        self.log = WaveLog(self.storage, self.name, grace_s=self.grace_s)

    @property
    def name(self) -> str:
        return self.spec.name

    def _listed(self) -> Waves:
        """As this run left the table; where it does not write, as it is. Raises UserError."""
        return self.log.newest() if self.lease is None or self.log.own is None else self.log.own

    def read(
        self, waves: Sequence[str] | None = None, *, only_open: bool | None = None
    ) -> DataFrame:
        names = [wave.name for wave in self._listed().waves] if waves is None else list(waves)
        asked = (name for name in names if only_open in (None, name.endswith(OPEN)))
        return self._read(self.name, list(asked))

    def by_status(self) -> Mapping[str, int]:
        return rows_by_status(self._listed().waves)

    def publish(
        self, rows: DataFrame, wave: str, *, replace: bool, among: Collection[str] | None = None
    ) -> tuple[Wave, ...]:
        before = self._listed()
        new = self._write(rows, wave)
        asked = before.waves
        if among is not None:
            now = self._moves.since(among)
            asked = tuple(published for published in asked if published.name in now)
        touched = self._touched(asked, new, wave, replace=replace)
        keys = self._keys(new)
        groups = batched(touched, self.wave_rows)
        kept = [
            self._write(self._whole(group).join(keys, self._key, "left_anti"), f"{wave}{KEPT}{n}")
            for n, group in enumerate(groups)
        ]
        if new.waves or touched:
            self._exchange(touched, [new, *kept])
        for group, left in zip(groups, kept, strict=True):
            self._moves.add(_names(group), _names([*left.waves, *new.waves]))
        self._tidy(wave)
        return new.waves

    def _tidy(self, wave: str) -> None:
        """Waves are as small as their stage is slow, and there are more of them the longer it
        takes: where small ones are many, they are put together."""
        groups = grown_many(self._listed().waves, self.wave_rows)
        for number, group in enumerate(groups):
            folders = (f"{self.name}/{of.name}" for of in group)
            found = [size for folder in folders for size in data_sizes(self.storage, folder)]
            files = files_for(found, self.file_bytes)
            self._rewrite(group, f"{wave}{_TIDIED}{KEPT}{number}", files=files)
        if groups:
            log.info("%s: %d small waves were put together", self.name, sum(map(len, groups)))

    def _exchange(self, old: Sequence[Wave], new: Sequence[Written]) -> None:
        """Makes `new` count in place of `old`, in one step."""
        self.log.publish(held(self.lease), without=_names(old), plus=new)

    def ensure(self) -> None:
        if self._listed().waves or self.storage.exists(f"{self.name}/{PLACEHOLDER}"):
            return
        staged = self._staged(PLACEHOLDER)
        self.storage.write_bytes(f"{staged}/part-0.parquet", self._without_rows())
        self.storage.move(staged, f"{self.name}/{PLACEHOLDER}")

    def _without_rows(self) -> bytes:
        """A Parquet file of the table's columns."""
        columns = no_rows(self.spark, self.spec.columns).schema
        held = pa.BufferOutputStream()
        pq.write_table(to_arrow_schema(columns).empty_table(), held)
        return bytes(held.getvalue())

    def fence(self) -> None:
        self.log.fence(held(self.lease))

    def recover(self, gone: Collection[str]) -> None:
        self.log.recover(held(self.lease), gone)

    def adopt(self) -> None:
        names = sorted(self.log.folders())
        if names:
            log.warning(
                "taking over %d waves of %s from a lake of version 1", len(names), self.name
            )
        self.log.adopt(self._counted(self.name, names))

    def drop(self, condition: str, wave: str) -> int:
        dropped = self.read().where(condition).groupBy("wave").agg(F.count("*").alias("rows"))
        found = {row["wave"]: row["rows"] for row in dropped.collect()}
        touched = [published for published in self._listed().waves if published.name in found]
        for number, group in enumerate(batched(touched, self.wave_rows)):
            self._rewrite(group, f"{wave}{KEPT}{number}", without=F.expr(condition))
        return sum(found.values())

    def compact(self, wave: str, *, rows: int) -> Compacted:
        waves = self._listed().waves
        folders = {of.name: f"{self.name}/{of.name}" for of in waves}
        sizes = {name: data_sizes(self.storage, folder) for name, folder in folders.items()}
        surplus = {
            name for name, found in sizes.items() if len(found) > files_for(found, self.file_bytes)
        }
        groups = grouped(waves, rows, surplus)
        before = after = 0
        for number, group in enumerate(groups):
            found = [size for of in group for size in sizes[of.name]]
            files = files_for(found, self.file_bytes)
            self._rewrite(group, f"{wave}{KEPT}{number}", files=files)
            before, after = before + len(found), after + files
        return Compacted(sum(len(group) - 1 for group in groups), before - after)

    def purge(self, *, retain_hours: float) -> None:
        """By its own grace period, which is not Delta's."""
        self.log.expire(held(self.lease))

    def _rewrite(
        self,
        waves: Sequence[Wave],
        wave: str,
        *,
        without: Column | None = None,
        files: int | None = None,
    ) -> None:
        whole = self._whole(waves) if files is None else self._whole(waves).coalesce(files)
        # A condition that is null for a row does not hold for it.
        left = whole if without is None else whole.where(~F.coalesce(without, F.lit(False)))
        written = self._write(left, wave)
        self._exchange(waves, [written])
        self._moves.add(_names(waves), _names(written.waves))

    def _read(self, base: str, names: Sequence[str]) -> DataFrame:
        promised = {**self.spec.columns, "wave": "string"}
        if not names:
            rows = no_rows(self.spark, promised)
        else:
            rows = (
                self.spark.read.schema(ddl(promised))
                .option("basePath", self.storage.url(base))
                .parquet(*(self.storage.pattern(f"{base}/{name}") for name in names))
            )
        folder = F.concat(F.lit("wave="), F.col("wave"))
        return rows.withColumn("wave", folder).withColumn("open", F.col("wave").endswith(OPEN))

    def _staged(self, wave: str) -> str:
        return f"{held(self.lease).staging}/{self.name}/{wave}"

    def _write(self, rows: DataFrame, wave: str) -> Written:
        """Writes the files of a wave: aside where they can be moved, else where they will stay.

        Raises RuntimeError where the table has a wave of that name.
        """
        mine = (f"wave={wave}", f"wave={wave}{OPEN}")
        for name in mine:
            if self.storage.exists(f"{self.name}/{name}"):
                raise RuntimeError(f"{self.storage.url(self.name)} has a {name} already")
        base = self._staged(wave) if self.storage.renames else self.name
        named = F.when(F.col("open"), f"{wave}{OPEN}").otherwise(wave)
        marked = commented(rows.withColumn("wave", named).drop("open"), self.spec.described)
        marked.write.partitionBy("wave").mode("append").parquet(self.storage.url(base))
        names = [name for name in mine if self.storage.exists(f"{base}/{name}")]
        if self.storage.renames:  # elsewhere they lie where they stay: compaction sees to them
            for name in names:
                merged(self.spark, self.storage, f"{base}/{name}", file_bytes=self.file_bytes)
        return Written(base, self._counted(base, names))

    def _counted(self, base: str, names: Sequence[str]) -> tuple[Wave, ...]:
        """What the files hold. On this machine's disk they tell sooner than Spark."""
        here = {name: self.storage.local_path(f"{base}/{name}") for name in names}
        if any(folder is None for folder in here.values()):
            return counted(self._read(base, names), self.spec.columns)
        has_status = "status" in self.spec.columns
        return waves_in({name: path for name, path in here.items() if path}, has_status=has_status)

    def _touched(
        self, among: Sequence[Wave], new: Written, wave: str, *, replace: bool
    ) -> list[Wave]:
        """Those of the published waves that hold a row which `new` replaces."""
        own = waves_of_stage(wave)
        asked = [
            published
            for published in among
            if (replace or published.open)
            and (KEPT in published.name or not published.name.startswith(own))
        ]
        if not asked or not new.waves:
            return []
        rows = self._read(self.name, [published.name for published in asked])
        same = rows.join(self._keys(new), self._key, "left_semi").select("wave").distinct()
        found = {row.wave for row in same.collect()}
        return [published for published in asked if published.name in found]

    def _whole(self, waves: Sequence[Wave]) -> DataFrame:
        """The rows of `waves` with all columns that their files have, and `open`."""
        parts = [
            self.spark.read.parquet(self.storage.pattern(f"{self.name}/{wave.name}")).withColumn(
                "open", F.lit(wave.open)
            )
            for wave in waves
        ]
        return reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), parts)

    @property
    def _key(self) -> list[str]:
        return list(self.spec.key)

    def _keys(self, written: Written) -> DataFrame:
        names = [wave.name for wave in written.waves]
        return self._read(written.base, names).select(*self._key)


def _names(waves: Iterable[Wave]) -> list[str]:
    return [wave.name for wave in waves]
