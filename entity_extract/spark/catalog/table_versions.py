"""In which version a table of the session's catalog is read: that of when a run begins, to its end,
whoever writes to the table meanwhile."""

import logging

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from entity_extract.spark.catalog.locations import told_of
from entity_extract.spark.session.failures import root_cause

log = logging.getLogger(__name__)

_LATEST = {
    "delta": "DESCRIBE HISTORY {} LIMIT 1",
    "iceberg": "SELECT snapshot_id AS version FROM {}.refs WHERE name = 'main'",
}


def latest_version(spark: SparkSession, name: str) -> int | None:
    """The version that the table `name`, quoted as SQL has it, is in now. None of what keeps none,
    as a view and a table of plain files, of an Iceberg table without a snapshot, and of what is not
    there."""
    statement = _LATEST.get(told_of(spark, name).get("Provider", "").lower())
    if statement is None:
        return None
    try:
        found = spark.sql(statement.format(name)).select("version").first()
    except AnalysisException as err:  # as where a catalog gives out no history
        log.warning("the version of %s cannot be told: %s", name, root_cause(err))
        return None
    return None if found is None else int(found["version"])


def at_version(name: str, version: int) -> str:
    """The statement that reads it so."""
    return f"SELECT * FROM {name} VERSION AS OF {version}"  # noqa: S608
