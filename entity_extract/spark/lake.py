"""The lake: tables of plain Parquet that grow by waves, each published whole.

A table is a folder of `wave=<id>` folders. A wave is written under `_staging`, then one small
`commit.json` says which folders to move in and which to take out; from then on the wave counts,
and the next run finishes an interrupted move. Rows that a later run will try again
stand in `wave=<id>-open` folders of their own, so that replacing them never rewrites settled rows.
"""

import logging
from collections.abc import Sequence
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.spark.storage import Storage

log = logging.getLogger(__name__)

STAGING = "_staging"
_OPEN = "-open"
_COMMIT = "commit.json"
_PLACEHOLDER = "wave=empty"


class Lake:
    """The tables under one root. Opening it changes nothing; who will write calls recover()."""

    def __init__(self, spark: SparkSession, root: str) -> None:
        self.spark = spark
        self.storage = Storage(spark, root)
        self.images = Table(self, "images", schema.IMAGES, key=("image_link", "reader_version"))
        self.embeddings = Table(
            self, "embeddings", schema.EMBEDDINGS, key=("content_sha256", "encoder_version")
        )
        self.predictions = Table(
            self, "predictions", schema.PREDICTIONS, key=("row_key", "row_copy")
        )
        self.splits = Table(self, "splits", schema.SPLITS, key=("image_link", "model_version"))

    def recover(self) -> None:
        """Finishes or discards what a crashed run left behind, so none may be running."""
        for table in self.storage.names(STAGING):
            for wave in self.storage.names(f"{STAGING}/{table}"):
                staged = f"{STAGING}/{table}/{wave}"
                if self.storage.exists(f"{staged}/{_COMMIT}"):
                    log.warning(
                        "finishing wave %s of %s, interrupted while publishing", wave, table
                    )
                    self.finish(staged)
                else:
                    log.warning(
                        "discarding wave %s of %s, interrupted before it was whole", wave, table
                    )
                    self.storage.remove(staged)

    def finish(self, staged: str) -> None:
        """Carries out a committed wave; repeating any part of it changes nothing."""
        commit = self.storage.read_json(f"{staged}/{_COMMIT}")
        for source, target in commit["moves"]:
            if self.storage.exists(source):
                self.storage.move(source, target)
        for path in commit["removes"]:
            self.storage.remove(path)
        self.storage.remove(staged)


class Table:
    """One table of the lake. `columns` are the columns it promises; a wave may bring others."""

    def __init__(
        self, lake: Lake, name: str, columns: dict[str, str], *, key: Sequence[str]
    ) -> None:
        self.lake = lake
        self.name = name
        self.columns = columns
        self.key = list(key)

    def waves(self) -> list[str]:
        found = self.lake.storage.names(self.name)
        return [name for name in found if name.startswith("wave=") and name != _PLACEHOLDER]

    def read(self, waves: Sequence[str] | None = None) -> DataFrame:
        """The published rows: promised columns, `wave`, and `open` (a later run tries again)."""
        names = self.waves() if waves is None else list(waves)
        spark, storage = self.lake.spark, self.lake.storage
        promised = schema.ddl({**self.columns, "wave": "string"})
        if not names:
            rows = spark.createDataFrame([], promised)
        else:
            rows = (
                spark.read.schema(promised)
                .option("basePath", storage.url(self.name))
                .parquet(*(storage.url(f"{self.name}/{name}") for name in names))
            )
        return rows.withColumn("open", F.col("wave").endswith(_OPEN))

    def publish(self, rows: DataFrame, wave: str, *, replace: bool) -> DataFrame:
        """Publishes `rows` as one wave and returns them as published.

        Their boolean column `open` marks what a later run should try again; it is not stored as a
        column. Rows with the keys of rows in an `-open` wave replace these; with `replace`, rows
        with the keys of any published row do.
        """
        storage = self.lake.storage
        staged = f"{STAGING}/{self.name}/{wave}"
        storage.remove(staged)
        self._stage(rows, f"{staged}/new")
        touched = self._touched(self._staged(f"{staged}/new"), replace=replace)
        if touched:
            kept = self._survivors(touched, self._staged(f"{staged}/new"))
            self._stage(kept, f"{staged}/kept")
        moves = [
            [f"{staged}/{part}/open={flag}", f"{self.name}/wave={wave}{suffix}{ending}"]
            for part, suffix in (("new", ""), ("kept", "-kept"))
            for flag, ending in (("false", ""), ("true", _OPEN))
            if storage.exists(f"{staged}/{part}/open={flag}")
        ]
        outdated = [*touched, *(self._placeholder() if moves else [])]
        removes = [f"{self.name}/{name}" for name in outdated]
        storage.write_json(f"{staged}/{_COMMIT}", {"moves": moves, "removes": removes})
        self.lake.finish(staged)
        own = [target.split("/")[1] for source, target in moves if "/new/" in source]
        return self.read(own)

    def ensure(self) -> None:
        """A table without a row still opens as a table: one file that holds only the schema."""
        if not self.waves() and not self._placeholder():
            empty = self.lake.spark.createDataFrame([], schema.ddl(self.columns)).coalesce(1)
            staged = f"{STAGING}/{self.name}/{_PLACEHOLDER}"
            empty.write.mode("overwrite").parquet(self.lake.storage.url(staged))
            self.lake.storage.move(staged, f"{self.name}/{_PLACEHOLDER}")

    def _placeholder(self) -> list[str]:
        return [_PLACEHOLDER] if self.lake.storage.exists(f"{self.name}/{_PLACEHOLDER}") else []

    def _stage(self, rows: DataFrame, path: str) -> None:
        rows.drop("wave").write.partitionBy("open").mode("overwrite").parquet(
            self.lake.storage.url(path)
        )

    def _staged(self, path: str) -> DataFrame:
        key = schema.ddl({name: self.columns[name] for name in self.key})
        return self.lake.spark.read.schema(key).parquet(self.lake.storage.url(path))

    def _touched(self, new: DataFrame, *, replace: bool) -> list[str]:
        """The published waves that hold a row which `new` replaces."""
        waves = [name for name in self.waves() if replace or name.endswith(_OPEN)]
        if not waves:
            return []
        found = self.read(waves).join(new, self.key, "left_semi").select("wave").distinct()
        return [f"wave={row.wave}" for row in found.collect()]

    def _survivors(self, waves: Sequence[str], new: DataFrame) -> DataFrame:
        """The rows of `waves` that `new` does not replace, with all their columns."""
        storage, spark = self.lake.storage, self.lake.spark
        parts = [
            spark.read.parquet(storage.url(f"{self.name}/{name}")).withColumn(
                "open", F.lit(name.endswith(_OPEN))
            )
            for name in waves
        ]
        whole = reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), parts)
        return whole.join(new, self.key, "left_anti")
