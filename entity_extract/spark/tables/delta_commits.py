"""The commits of one writer to one table of Delta Lake.

Every commit of ours is a transaction of one application, with the next number. A writer goes on
from the number that it found: where another has committed since, be it before or while it commits,
Delta passes its commit over or refuses it, whatever clocks and leases say.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from py4j.protocol import Py4JJavaError
from pyspark.errors.exceptions.base import PySparkException
from pyspark.sql import SparkSession

from entity_extract.lake.lease import Lease, checked
from entity_extract.lake.wave_log import LeaseLost
from entity_extract.spark.tables.storage import Storage

_APPLICATION = "entity-extract"
_ID, _NUMBER = (f"spark.databricks.delta.write.{name}" for name in ("txnAppId", "txnVersion"))


class Commits:
    """`name`: the table's folder in the lake."""

    def __init__(self, spark: SparkSession, storage: Storage, name: str) -> None:
        self._spark, self._storage, self._name = spark, storage, name
        self._last = 0  # of our transactions, when this writer last looked

    def begun(self) -> bool:
        """Whether there is any."""
        # Delta makes the folder of its log before the first commit, which may never have come.
        log_files = self._storage.names(f"{self._name}/_delta_log")
        return any(name.endswith((".json", ".parquet")) for name in log_files)

    def fence(self) -> None:
        """This writer goes on from here."""
        self._last = self._found()

    @contextmanager
    def next(self, lease: Lease | None) -> Iterator[None]:
        """The commit in the block is this writer's next. Raises LeaseLost where another has
        committed at the same time; one that committed before is not told of."""
        checked(lease)
        self._spark.conf.set(_ID, _APPLICATION)
        self._spark.conf.set(_NUMBER, str(self._last + 1))
        try:
            yield
        except (Py4JJavaError, PySparkException) as err:
            # Who takes a lake over takes away what others have staged, too.
            if self._found() > self._last:
                raise self.late() from err
            checked(lease)
            raise
        finally:
            self._spark.conf.unset(_ID)
            self._spark.conf.unset(_NUMBER)
        self._last += 1

    def late(self) -> LeaseLost:
        """What is raised where a commit of this writer was passed over."""
        return LeaseLost(
            f"{self._storage.url(self._name)}: another run has written to it since this one began; "
            "what this one had in hand is not published"
        )

    def _found(self) -> int:
        """The number of the latest transaction of ours, whichever run's it was; 0 without one."""
        if not self.begun():
            return 0
        jvm = cast(Any, self._spark.sparkContext._jvm)
        session = cast(Any, self._spark)._jsparkSession
        place = self._storage.url(self._name)
        table = jvm.org.apache.spark.sql.delta.DeltaLog.forTable(session, place)
        none = jvm.scala.Option.empty()
        found = table.update(False, none, none).transactions().get(_APPLICATION)
        return int(found.get()) if found.isDefined() else 0
