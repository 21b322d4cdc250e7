"""A table of the lake in Delta Lake's format: each wave is one commit of Delta's log."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract.errors import UserError
from entity_extract.lake.compaction import Compacted
from entity_extract.lake.lease import Lease, checked, held
from entity_extract.lake.moves import Moves
from entity_extract.lake.waves import OPEN, Wave, waves_of_stage
from entity_extract.schema import TableSpec, ddl
from entity_extract.spark.tables.delta_columns import allowed, or_none, with_all
from entity_extract.spark.tables.delta_commits import Commits
from entity_extract.spark.tables.storage import Storage
from entity_extract.spark.tables.table import commented, counted, no_rows

_EXTENSION = "io.delta.sql.DeltaSparkSessionExtension"
# Of a text so many letters stand in the statistics of a file; Delta's own 32 end within the name of
# a wave, before its number.
_LETTERS_TOLD = 64
_WAVES_ASKED = 100  # by name; of more files are passed over by the first and the last alone


def check_delta(spark: SparkSession, what: str = 'lake.format = "delta"') -> None:
    """Raises UserError where the session knows nothing of Delta, which `what` needs."""
    if _EXTENSION not in (spark.conf.get("spark.sql.extensions", "") or ""):
        raise UserError(f"{what} needs Delta Lake in the session: add --conf-file delta.toml")
    # A later catalog may bring columns that earlier ones did not have.
    spark.conf.set("spark.databricks.delta.schema.autoMerge.enabled", "true")
    spark.conf.set("spark.databricks.io.skipping.stringPrefixLength", str(_LETTERS_TOLD))


@dataclass
class DeltaTable:
    """See table.Table. `wave` and `open` are columns; open rows are a partition of their own, and
    `wave` is the first: of a file's first columns Delta knows between what they lie."""

    spark: SparkSession
    storage: Storage
    spec: TableSpec
    lease: Lease | None = None
    written: int = field(default=0, init=False)
    _commits: Commits = field(init=False)
    _moves: Moves = field(default_factory=Moves, init=False)
    _known: set[str] | None = field(default=None, init=False)  # waves of this writer's table

    def __post_init__(self) -> None:
        self._commits = Commits(self.spark, self.storage, self.spec.name)

    @property
    def name(self) -> str:
        return self.spec.name

    def read(
        self, waves: Sequence[str] | None = None, *, only_open: bool | None = None
    ) -> DataFrame:
        promised = {**self.spec.columns, "wave": "string", "open": "boolean"}
        if not self._commits.begun() or (waves is not None and not waves):
            return no_rows(self.spark, promised)
        rows = self.spark.read.format("delta").load(self.storage.url(self.name))
        rows = rows.select(*(or_none(rows, name) for name in promised))
        if only_open is not None:
            rows = rows.where(F.col("open") == only_open)
        return rows if waves is None else rows.where(_sql_of_waves("wave", waves))

    def by_status(self) -> Mapping[str, int]:
        counts = self.read().groupBy("status").count().collect() if self._commits.begun() else []
        return {row["status"]: row["count"] for row in counts}

    def publish(
        self, rows: DataFrame, wave: str, *, replace: bool, among: Collection[str] | None = None
    ) -> tuple[Wave, ...]:
        name = F.when(F.col("open"), f"wave={wave}{OPEN}").otherwise(f"wave={wave}")
        marked = commented(allowed(rows.withColumn("wave", name)), self.spec.described)
        # Rows are dear to make: a merge reads them twice, and who has lost the lease in the time
        # that it took to make them must not publish them.
        place = f"{held(self.lease).staging}/{self.name}/{wave}"
        marked.write.mode("overwrite").parquet(self.storage.url(place))
        staged = self.spark.read.parquet(self.storage.pattern(place))
        if staged.isEmpty():
            self.storage.remove(place)
            return ()
        known = self._waves()
        asked = known if among is None else self._moves.since(among) & known
        own = waves_of_stage(wave)
        others = {name for name in asked if replace or name.endswith(OPEN)}
        others = {name for name in others if not name.startswith(own)}
        if others:
            self._merge(staged, replace=replace, among=None if among is None else others)
        else:
            self._append(staged)
        waves = counted(self.read([f"wave={wave}", f"wave={wave}{OPEN}"]), self.spec.columns)
        if not waves:  # passed over, since this number was taken
            raise self._commits.late()
        self.storage.remove(place)
        names = [published.name for published in waves]
        self._moves.add(others, names)
        known.update(names)
        self.written += sum(published.rows for published in waves)
        return waves

    def _waves(self) -> set[str]:
        """All in which rows of the table may stand; looked for once, since one writes at a time."""
        if self._known is None:
            self._known = {row.wave for row in self.read().select("wave").distinct().collect()}
        return self._known

    def _append(self, rows: DataFrame) -> None:
        others = (name.replace("`", "``") for name in rows.columns if name != "wave")
        first = rows.select("wave", *(f"`{name}`" for name in others))
        writer = first.write.format("delta").mode("append").option("mergeSchema", "true")
        with self._commits.next(self.lease):
            writer.partitionBy("open").save(self.storage.url(self.name))

    def _merge(self, rows: DataFrame, *, replace: bool, among: Collection[str] | None) -> None:
        """`among`: the waves of which rows may be replaced; None stands for all."""
        view = f"staged_{self.name}"
        same = " AND ".join(f"held.`{name}` = new.`{name}`" for name in self.spec.key)
        if not replace:
            same += " AND held.open"
        if among is not None:
            same += f" AND {_sql_of_waves('held.wave', among)}"
        columns = self.spark.read.format("delta").load(self.storage.url(self.name)).schema
        with self._commits.next(self.lease):
            with_all(rows, columns).createOrReplaceTempView(view)
            self.spark.sql(
                f"MERGE INTO {self._place} AS held USING {view} AS new "
                f"ON {same} "
                "WHEN MATCHED THEN UPDATE SET * WHEN NOT MATCHED THEN INSERT *"
            )
            self.spark.catalog.dropTempView(view)

    def drop(self, condition: str, wave: str) -> int:
        found = self.read().where(condition).count()
        if found:
            with self._commits.next(self.lease):
                self.spark.sql(f"DELETE FROM {self._place} WHERE {condition}")  # noqa: S608
            if not self.read().where(condition).isEmpty():
                raise self._commits.late()
        return found

    def compact(self, wave: str, *, rows: int) -> Compacted:
        """Delta puts files together as it sees fit; the waves, a column, stay as they are."""
        if self._commits.begun():
            checked(self.lease)
            self.spark.sql(f"OPTIMIZE {self._place}")
        return Compacted()

    def purge(self, *, retain_hours: float) -> None:
        if self._commits.begun():
            # Below a week Delta asks for an oath that nobody reads or writes: we have the lease.
            self.spark.conf.set("spark.databricks.delta.retentionDurationCheck.enabled", "false")
            checked(self.lease)
            self.spark.sql(f"VACUUM {self._place} RETAIN {retain_hours} HOURS")

    @property
    def _place(self) -> str:
        url = self.storage.url(self.name).replace("`", "``")
        return f"delta.`{url}`"

    def fence(self) -> None:
        self._commits.fence()
        self._known = None

    def ensure(self) -> None:
        if not self._commits.begun():
            promised = {**self.spec.columns, "wave": "string", "open": "boolean"}
            nothing = self.spark.createDataFrame([], ddl(promised))
            self._append(commented(nothing, self.spec.described))

    def recover(self, gone: Collection[str]) -> None:
        """Nothing to do: what Delta's log does not name does not count; jobs.vacuum removes it."""

    def adopt(self) -> None:
        if self.storage.names(self.name) and not self._commits.begun():
            raise UserError(
                f"{self.storage.url(self.name)} holds Parquet of version 0.1.0; "
                "set lake.format=parquet, or name another --lake"
            )


def _sql_of_waves(column: str, waves: Collection[str]) -> str:
    """That a row is of one of `waves`, in a form by which Delta passes over files of others."""
    names = [f"'{name}'" for name in sorted(waves)]
    if len(names) <= _WAVES_ASKED:
        return "(" + " OR ".join(f"{column} = {name}" for name in names) + ")"
    return f"{column} IN ({', '.join(names)})"
