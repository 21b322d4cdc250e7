"""The lake as Spark reads and writes it: tables of Parquet, or of Delta."""

import logging
import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from py4j.protocol import Py4JJavaError
from pyspark.errors.exceptions.base import PySparkException
from pyspark.sql import SparkSession

from entity_extract.config import LakeConfig
from entity_extract.lake.waves import LOOKS
from entity_extract.lake.writable import WritableLake
from entity_extract.schema import TABLES, TableSpec
from entity_extract.spark.tables.delta import DeltaTable, check_delta
from entity_extract.spark.tables.parquet import ParquetTable
from entity_extract.spark.tables.storage import Storage, storage_of
from entity_extract.spark.tables.table import Table

log = logging.getLogger(__name__)

_MIB: Final = 1 << 20
_GONE = re.compile(r"FileNotFoundException|PATH_NOT_FOUND")
_Found = TypeVar("_Found")


class Lake(WritableLake[Storage, Table]):
    """See WritableLake; its tables are read and written as DataFrames."""

    def __init__(
        self,
        spark: SparkSession,
        root: str,
        config: LakeConfig,
        *,
        tables: Sequence[TableSpec] = TABLES,
    ) -> None:
        """`tables` are schema.TABLES and perhaps some from outside, which may stand in the lake.

        Raises UserError where the lake is of another format or of a newer version.
        """
        self.spark = spark
        self._version = str(spark.version)  # asked of a server that may be gone when a run fails
        super().__init__(storage_of(spark, root), root, config, tables)
        if config.format == "delta":
            check_delta(spark)

    def _table(self, spec: TableSpec) -> Table:
        if self.config.format == "delta":
            return DeltaTable(self.spark, self.storage, spec)
        return ParquetTable(
            self.storage,
            spec,
            spark=self.spark,
            wave_rows=self.config.wave_links,
            file_bytes=round(self.config.file_mib * _MIB),
            grace_s=self.config.grace_minutes * 60,
        )

    def reading(self, ask: Callable[[], _Found]) -> _Found:
        """What `ask` finds in the tables, for who does not write. It is asked again where a wave
        was replaced after Spark had noted the names of its files: these are elsewhere then."""
        for left in reversed(range(LOOKS)):
            try:
                return ask()
            except (Py4JJavaError, PySparkException) as err:
                if not left or _GONE.search(str(err)) is None:
                    raise
                log.warning("a wave was replaced while it was read: reading once more")
        raise AssertionError("unreachable")

    @property
    def engine(self) -> dict[str, str]:
        return {"spark": self._version}
