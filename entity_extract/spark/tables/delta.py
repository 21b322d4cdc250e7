"""A table of the lake in Delta Lake's format: each wave is one commit of Delta's log."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.errors import UserError
from entity_extract.lake_files import OPEN, STAGING, Wave
from entity_extract.spark.tables.lease import Lease
from entity_extract.spark.tables.storage import Storage
from entity_extract.spark.tables.table import checked, counted, no_rows, waves_of_run

log = logging.getLogger(__name__)

_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
_FORBIDDEN = " ,;{}()\n\t="  # in names of columns, without Delta's column mapping


def check_delta(spark: SparkSession, what: str = 'lake.format = "delta"') -> None:
    """Raises UserError where the session knows nothing of Delta, which `what` needs."""
    if _EXTENSION not in (spark.conf.get("spark.sql.extensions", "") or ""):
        raise UserError(f"{what} needs Delta Lake in the session: add --conf-file conf/delta.toml")
    # A later catalog may bring columns that earlier ones did not have.
    spark.conf.set("spark.databricks.delta.schema.autoMerge.enabled", "true")


@dataclass
class DeltaTable:
    """See table.Table. `wave` and `open` are columns; open rows are a partition of their own."""

    spark: SparkSession
    storage: Storage
    name: str
    columns: dict[str, str]
    key: list[str]
    lease: Lease | None = None

    def _exists(self) -> bool:
        return self.storage.exists(f"{self.name}/_delta_log")

    def read(
        self, waves: Sequence[str] | None = None, *, only_open: bool | None = None
    ) -> DataFrame:
        promised = {**self.columns, "wave": "string", "open": "boolean"}
        if not self._exists():
            return no_rows(self.spark, promised)
        rows = self.spark.read.format("delta").load(self.storage.url(self.name))
        rows = rows.select(*promised)
        if only_open is not None:
            rows = rows.where(F.col("open") == only_open)
        return rows if waves is None else rows.where(F.col("wave").isin(list(waves)))

    def publish(self, rows: DataFrame, wave: str, *, replace: bool) -> tuple[Wave, ...]:
        name = F.when(F.col("open"), f"wave={wave}{OPEN}").otherwise(f"wave={wave}")
        marked = _allowed(rows.withColumn("wave", name))
        if self._may_replace(wave, replace=replace):
            self._merge(marked, wave, replace=replace)
        else:
            checked(self.lease)
            self._append(marked)
        return counted(self.read([f"wave={wave}", f"wave={wave}{OPEN}"]), self.columns)

    def _may_replace(self, wave: str, *, replace: bool) -> bool:
        """Whether there is any row of another run that these could take the place of."""
        held = self.read().where(~F.col("wave").startswith(waves_of_run(wave)))
        return not (held if replace else held.where("open")).isEmpty()

    def _append(self, rows: DataFrame) -> None:
        writer = rows.write.format("delta").mode("append").option("mergeSchema", "true")
        writer.partitionBy("open").save(self.storage.url(self.name))

    def _merge(self, rows: DataFrame, wave: str, *, replace: bool) -> None:
        """In two steps, since a merge reads its source twice, and rows are dear to make."""
        staged = self.storage.url(f"{STAGING}/{self.name}/{wave}")
        rows.write.mode("overwrite").parquet(staged)
        view = f"staged_{self.name}"
        self.spark.read.parquet(staged).createOrReplaceTempView(view)
        same = " AND ".join(f"held.`{name}` = new.`{name}`" for name in self.key)
        self._sql(
            f"MERGE INTO {self._place} AS held USING {view} AS new "
            f"ON {same}{'' if replace else ' AND held.open'} "
            "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
        )
        self.spark.catalog.dropTempView(view)
        self.storage.remove(f"{STAGING}/{self.name}/{wave}")

    def drop(self, condition: str, wave: str) -> int:
        found = self.read().where(condition).count()
        if found:
            self._sql(f"DELETE FROM {self._place} WHERE {condition}")  # noqa: S608
        return found

    def compact(self, wave: str, *, rows: int) -> int:
        """Delta puts files together as it sees fit; the waves, a column, stay as they are."""
        if self._exists():
            self._sql(f"OPTIMIZE {self._place}")
        return 0

    def purge(self, *, retain_hours: float) -> None:
        if self._exists():
            # Below a week Delta asks for an oath that nobody reads or writes: we have the lease.
            self.spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
            self._sql(f"VACUUM {self._place} RETAIN {retain_hours} HOURS")

    @property
    def _place(self) -> str:
        return f"delta.`{self.storage.url(self.name)}`"

    def _sql(self, statement: str) -> None:
        checked(self.lease)
        self.spark.sql(statement)

    def ensure(self) -> None:
        if not self._exists():
            promised = {**self.columns, "wave": "string", "open": "boolean"}
            self._append(self.spark.createDataFrame([], schema.ddl(promised)))

    def recover(self) -> None:
        """Nothing to do: what Delta's log does not name does not count; jobs.vacuum removes it."""

    def adopt(self) -> None:
        if self.storage.names(self.name) and not self._exists():
            raise UserError(
                f"{self.storage.url(self.name)} holds Parquet of version 0.1.0; "
                "set lake.format=parquet, or name another --lake"
            )


def _allowed(rows: DataFrame) -> DataFrame:
    for name in rows.columns:
        allowed = "".join("_" if letter in _FORBIDDEN else letter for letter in name)
        if allowed != name:
            log.warning("column %r is kept as %r: Delta allows no such name", name, allowed)
            rows = rows.withColumnRenamed(name, allowed)
    return rows
