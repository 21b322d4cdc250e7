"""Pictures without a reading: which of them configuration decided, and says otherwise now; and why
the catalog's links have none."""

from dataclasses import dataclass

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from entity_extract.config import Config
from entity_extract.config.decided import advice, fingerprints
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


@dataclass(frozen=True)
class Unread:
    """Links of one status, which is not ok, and the most frequent reason among them."""

    status: Status
    links: int
    reason: str


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
    groups = reasons.groupBy("status").agg(
        F.sum("links").alias("links"), F.max_by("reason", "links").alias("reason")
    )
    found = [
        Unread(status_of(row["status"]), int(row["links"]), row["reason"] or "")
        for row in groups.collect()
    ]
    return sorted(found, key=lambda one: (-one.links, one.status))


def told(found: list[Unread], *, of: int, lake: str) -> list[str]:
    """For the terminal: how many of `of` links have no reading, why, and what one can do."""
    if not found:
        return []
    lines = [f"  without a reading: {sum(one.links for one in found)} of {of} links"]
    for one in found:
        reason = "".join(letter if letter.isprintable() else "?" for letter in one.reason)
        lines.append(f"    {one.status} {one.links}{f', as: {reason}' if reason else ''}")
        if help_ := advice(one.status, one.reason, lake):
            lines.append(f"      {help_}")
    return lines
