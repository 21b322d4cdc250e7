"""The lake: tables that grow by waves, each of which counts whole or not at all.

Which waves count stands in small numbered files per table (`lake/waves.py`); or, with
lake.format = "delta", in Delta's log. Writing takes a lease, so that one run writes at a time; and
that two never change a table at once is seen to by the numbers.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from py4j.protocol import Py4JJavaError
from pyspark.errors.exceptions.base import PySparkException
from pyspark.sql import SparkSession

from entity_extract.config import LakeConfig
from entity_extract.errors import UserError
from entity_extract.lake.files import MARK, SCHEMA_VERSION, STAGING, Mark, parsed
from entity_extract.lake.lease import Lease, held, writer_lease
from entity_extract.lake.recovery import recover
from entity_extract.lake.waves import LOOKS
from entity_extract.schema import (
    CHECKS,
    EMBEDDINGS,
    IMAGES,
    PREDICTIONS,
    REREADINGS,
    SPLITS,
    TABLES,
    TableSpec,
)
from entity_extract.spark.tables.delta import DeltaTable, check_delta
from entity_extract.spark.tables.parquet import ParquetTable
from entity_extract.spark.tables.storage import storage_of
from entity_extract.spark.tables.table import Table

log = logging.getLogger(__name__)

_MIB = 1 << 20
_GONE = re.compile(r"FileNotFoundException|PATH_NOT_FOUND")
_Found = TypeVar("_Found")


class Lake:
    """The tables under one root. Opening it changes nothing; who will write enters `writing()`."""

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
        self.storage = storage_of(spark, root)
        self.config = config
        self.lease: Lease | None = None
        mark = self.storage.read_json(MARK)
        if mark is not None:
            parsed(Mark, mark, self.storage.url(MARK)).check(root, config.format)
        if config.format == "delta":
            check_delta(spark)
        self.tables: tuple[Table, ...] = tuple(self._table(spec) for spec in tables)
        self.images = self[IMAGES]
        self.rereadings = self[REREADINGS]
        self.embeddings = self[EMBEDDINGS]
        self.predictions = self[PREDICTIONS]
        self.checks = self[CHECKS]
        self.splits = self[SPLITS]

    def __getitem__(self, spec: TableSpec) -> Table:
        """Raises KeyError where the lake was opened without it."""
        for table in self.tables:
            if table.name == spec.name:
                return table
        raise KeyError(spec.name)

    def require(self) -> None:
        """Raises UserError where there is no lake yet."""
        if not self.storage.exists(MARK):
            raise UserError(f"{self.storage.root}: no lake there (no {MARK})")

    def _table(self, spec: TableSpec) -> Table:
        if self.config.format == "delta":
            return DeltaTable(self.spark, self.storage, spec)
        return ParquetTable(
            self.spark,
            self.storage,
            spec,
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
    def staging(self) -> str:
        """This run's own folder for what does not count. Raises RuntimeError outside writing()."""
        return held(self.lease).staging

    @contextmanager
    def writing(self, run_id: str, job: str) -> Iterator[None]:
        """The right to publish, to the end of the block; first clears up after a crashed run.

        Raises UserError where another run writes for all of lake.wait_s, LeaseLost where one takes
        over.
        """
        waits = {"lease_s": self.config.lease_s, "wait_s": self.config.wait_s}
        with writer_lease(self.storage, run_id, job, **waits) as lease:
            self._make(lease)
            self._lend(lease)
            try:
                self.recover()
                self.storage.check_create(f"{lease.staging}/once")
                yield
            finally:
                self._lend(None)
                # Not all that is staged: where the lease was lost, another run has the rest in use.
                self.storage.remove(lease.staging)

    def _lend(self, lease: Lease | None) -> None:
        self.lease = lease
        for table in self.tables:
            table.lease = lease

    def recover(self) -> None:
        """Discards what a crashed run had not published. Within writing()."""
        recover(self.storage, held(self.lease), self.tables)

    def _make(self, lease: Lease) -> None:
        """Marks the lake as one of this version; takes over one of the version before."""
        if self.storage.exists(MARK):
            return
        self._check_version_1()
        for table in self.tables:
            table.adopt()
        lease.check()
        mark = Mark(schema_version=SCHEMA_VERSION, format=self.config.format)
        self.storage.write_json(MARK, mark.model_dump())

    def _check_version_1(self) -> None:
        """A lake without a mark is new, or of version 1: then all its publishing must be done."""
        for name in (table.name for table in self.tables):
            for wave in self.storage.names(f"{STAGING}/{name}"):
                if self.storage.exists(f"{STAGING}/{name}/{wave}/commit.json"):
                    raise UserError(
                        f"{self.storage.root}: version 0.1.0 of this package was interrupted while "
                        f"publishing {name}; run one of its jobs on this lake once more, then this"
                    )
