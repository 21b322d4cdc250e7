"""A table of the lake as plain Parquet, read and written by Spark: see lake/wave_table.py."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema

from entity_extract.lake.compaction import batched
from entity_extract.lake.wave_log import Written
from entity_extract.lake.wave_table import WaveTable, own_names
from entity_extract.lake.waves import KEPT, OPEN, Wave, waves_in
from entity_extract.schema import ddl
from entity_extract.spark.tables.file_sizes import merged
from entity_extract.spark.tables.storage import Storage
from entity_extract.spark.tables.table import commented, counted, no_rows


@dataclass
class ParquetTable(WaveTable[Storage, DataFrame]):
    """See table.Table."""

    spark: SparkSession = field(kw_only=True)

    def read(
        self, waves: Sequence[str] | None = None, *, only_open: bool | None = None
    ) -> DataFrame:
        return self._read(self.name, self._asked(waves, only_open=only_open))

    def drop(self, condition: str, wave: str) -> int:
        dropped = self.read().where(condition).groupBy("wave").agg(F.count("*").alias("rows"))
        found = {row["wave"]: row["rows"] for row in dropped.collect()}
        touched = [published for published in self._listed().waves if published.name in found]
        # A condition that is null for a row does not hold for it.
        others = ~F.coalesce(F.expr(condition), F.lit(False))
        for number, group in enumerate(batched(touched, self.wave_rows)):
            self._replace(group, self._rows_of(group).where(others), f"{wave}{KEPT}{number}")
        return sum(found.values())

    def _without_rows(self) -> bytes:
        columns = no_rows(self.spark, self.spec.columns).schema
        held: Any = pa.BufferOutputStream()
        pq.write_table(to_arrow_schema(columns).empty_table(), held)
        return bytes(held.getvalue())

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

    def _files_written(self, rows: DataFrame, base: str, wave: str) -> list[str]:
        named = F.when(F.col("open"), f"{wave}{OPEN}").otherwise(wave)
        marked = commented(rows.withColumn("wave", named).drop("open"), self.spec.described)
        marked.write.partitionBy("wave").mode("append").parquet(self.storage.url(base))
        names = [name for name in own_names(wave) if self.storage.exists(f"{base}/{name}")]
        if self.storage.renames:  # elsewhere they lie where they stay: compaction sees to them
            for name in names:
                merged(self.spark, self.storage, f"{base}/{name}", file_bytes=self.file_bytes)
        return names

    def _counted(self, base: str, names: Sequence[str]) -> tuple[Wave, ...]:
        """On this machine's disk the files tell sooner than Spark."""
        here = {name: self.storage.local_path(f"{base}/{name}") for name in names}
        if any(folder is None for folder in here.values()):
            return counted(self._read(base, names), self.spec.columns)
        has_status = "status" in self.spec.columns
        return waves_in({name: path for name, path in here.items() if path}, has_status=has_status)

    def _holding(self, names: Sequence[str], new: Written) -> Collection[str]:
        rows = self._read(self.name, names)
        same = rows.join(self._keys(new), self._key, "left_semi").select("wave").distinct()
        return {row.wave for row in same.collect()}

    def _but_for(self, waves: Sequence[Wave], new: Written) -> DataFrame:
        return self._rows_of(waves).join(self._keys(new), self._key, "left_anti")

    def _whole(self, waves: Sequence[Wave], *, files: int) -> DataFrame:
        return self._rows_of(waves).coalesce(files)

    def _rows_of(self, waves: Sequence[Wave]) -> DataFrame:
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
