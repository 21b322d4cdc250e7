"""What a table of the lake can do, whatever its format: see parquet.py and delta.py; and what both
share."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract.lake.compaction import Compacted
from entity_extract.lake.waves import Wave, waves_of
from entity_extract.lake.writable import WrittenTable
from entity_extract.schema import Column, ddl
from entity_extract.spark.session.kind import is_connect


class Table(WrittenTable, Protocol):
    """One table of the lake, as its spec says."""

    def read(
        self, waves: Sequence[str] | None = None, *, only_open: bool | None = None
    ) -> DataFrame:
        """The published rows, of these waves or of all: the promised columns, `wave` (its name)
        and `open` (a later run tries again). With `only_open`, rows that are, or are not."""
        ...

    def by_status(self) -> Mapping[str, int]:
        """Rows by their status, of a table that has one."""
        ...

    def publish(
        self, rows: DataFrame, wave: str, *, replace: bool, among: Collection[str] | None = None
    ) -> tuple[Wave, ...]:
        """Publishes `rows` as the wave `<run>-<stage><number>`; returns what now counts of it, be
        it that it was put together with other waves since.

        Their boolean column `open` marks what a later run should try again. Rows with the keys of
        rows in an open wave replace these; with `replace`, rows with the keys of any published row
        do. Keys that the same stage has published before are not looked for. `among` names the
        waves in which all rows that may be replaced stood when this writer read the table, where
        that is known: no file of another is opened. Raises LeaseLost.
        """
        ...

    def ensure(self) -> None:
        """A table without a row opens as a table, too."""
        ...

    def drop(self, condition: str, wave: str) -> int:
        """Removes the rows for which the SQL condition holds; returns how many. `wave` names what
        is written anew."""
        ...

    def compact(self, wave: str, *, rows: int) -> Compacted:
        """Puts waves of fewer than `rows` rows together, and files smaller than they need be."""
        ...

    def purge(self, *, retain_hours: float) -> None:
        """Deletes files that have not counted for so long, where such are kept at all."""
        ...


def counted(rows: DataFrame, columns: Mapping[str, str]) -> tuple[Wave, ...]:
    """The waves of `rows`, rows of a table with these columns as Table.read gives them."""
    status = F.col("status") if "status" in columns else F.lit("")
    groups = rows.groupBy("wave", status.alias("status")).agg(F.count("*").alias("rows"))
    return waves_of((row.wave, row.status, row.rows) for row in groups.collect())


def no_rows(spark: SparkSession, columns: Mapping[str, str]) -> DataFrame:
    """A relation that the optimizer knows to be empty: joins with it cost nothing."""
    if is_connect(spark):  # where a relation of no rows is made without an RDD
        return spark.createDataFrame([], ddl(columns))
    nothing = (F.lit(None).cast(kind).alias(name) for name, kind in columns.items())
    return spark.range(1).where(F.lit(False)).select(*nothing)


def commented(rows: DataFrame, described: Mapping[str, Column]) -> DataFrame:
    """With each column's sentence as its comment: it goes into the schema that Spark writes, and
    DESCRIBE shows it."""
    own = (name for name in rows.columns if name in described)
    said = {name: {"comment": described[name].about} for name in own}
    theirs = (F.col(f"`{name.replace('`', '``')}`") for name in rows.columns)
    return rows.select(
        *(
            column.alias(name, metadata=said[name]) if name in said else column
            for name, column in zip(rows.columns, theirs, strict=True)
        )
    )
