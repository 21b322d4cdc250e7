"""Pictures without a reading: which of them configuration decided, and says otherwise now; and why
the catalog's links have none."""

from pyspark.sql import Column, DataFrame, Row, Window
from pyspark.sql import functions as F

from entity_extract.config import Config
from entity_extract.config.decided import fingerprints
from entity_extract.lake.unread import SHOWN, Unread, most_first
from entity_extract.spark.tables.lake import Lake
from entity_extract.status import Status, status_of


def decided_now(config: Config) -> Column:
    """Of rows with a `status`: the fingerprint of the keys that decide it; null where none do."""
    now = F.lit(None).cast("string")
    for status, fingerprint in fingerprints(config).items():
        now = F.when(F.col("status") == status.value, fingerprint).otherwise(now)
    return now


def decided_otherwise(config: Config) -> Column:
    """Of rows with `status` and `decided_by`: whether they were decided by other configuration."""
    now = decided_now(config)
    return now.isNotNull() & ~now.eqNullSafe(F.col("decided_by"))


def asked_anew(lake: Lake, config: Config, reader_version: str) -> bool:
    """Whether there are pictures of this reader that other configuration decided."""
    if not set(fingerprints(config)) & set(lake.images.by_status()):
        return False
    of_reader = lake.images.read().where(F.col("reader_version") == reader_version)
    return not of_reader.where(decided_otherwise(config)).isEmpty()


def unread(lake: Lake, links: DataFrame, reader_version: str) -> list[Unread]:
    """Why those of `links` that this reader asked for have no reading, the most links first."""
    if not set(lake.images.by_status()) - {Status.OK.value}:
        return []
    rows = lake.images.read().where(
        (F.col("reader_version") == reader_version) & (F.col("status") != Status.OK.value)
    )
    reasons = (
        rows.join(links, "image_link", "left_semi")
        .groupBy("status", "reason")
        .agg(F.count("*").alias("links"))
    )
    most = Window.partitionBy("status").orderBy(F.desc("links"), "reason")
    shown = F.when(F.row_number().over(most) <= SHOWN, F.struct("reason", "links"))
    groups = (
        reasons.withColumn("shown", shown)
        .groupBy("status")
        .agg(
            F.sum("links").alias("links"),
            F.count("*").alias("different"),
            F.collect_list("shown").alias("shown"),  # without the nulls
        )
    )
    return most_first(_unread(row) for row in groups.collect())


def _unread(row: Row) -> Unread:
    shown = sorted(row["shown"], key=lambda one: (-one["links"], one["reason"] or ""))
    reasons = {one["reason"] or "": int(one["links"]) for one in shown}
    return Unread(status_of(row["status"]), int(row["links"]), reasons, int(row["different"]))
