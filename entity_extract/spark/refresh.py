"""Asking again for pictures read long ago: what has changed is read anew, the rest costs little."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.config import Config
from entity_extract.spark.few_rows import are_here
from entity_extract.spark.pending import HOME, Pending
from entity_extract.spark.runs.progress import Progress
from entity_extract.spark.stages import has_thumbnail, read_images
from entity_extract.spark.tables.lake import Lake

_SAID = ("etag", "last_modified")  # by the server, of the content
_KNOWN = ("content_sha256", *_SAID)


def refresh(
    lake: Lake, links: DataFrame, config: Config, progress: Progress, *, reader_version: str
) -> None:
    """Asks again for those of `links` whose pictures were last seen fetch.refresh_hours ago.

    A picture with other bytes takes the place of the one in `images`; a link that fails now keeps
    what was read. What each gave is in `checks`.
    """
    stale = _stale(lake, links, reader_version, hours=config.fetch.refresh_hours)
    size, few = config.lake.wave_links, are_here(links)
    pending = Pending(lake, "refresh", stale, key="image_link", size=size, few=few)
    progress.begin(pending.total)
    for part in pending:
        with progress.wave(part.size) as publish:
            read = read_images(part.rows, config, reader_version=reader_version, count=part.size)
            asked = _kept(lake, read, progress.next_wave)  # it is looked at twice, and dear to make
            changed = asked.where(has_thumbnail()).withColumn("open", F.lit(False))
            checks = _checks(asked, part.rows).withColumn("open", F.lit(False))
            # In this order: an answer to the old picture no longer stands when the new one is
            # there. Cut off in between, the checks do not fit the pictures, see _stale.
            checked = lake.checks.publish(checks, progress.next_wave, replace=True)
            lake.images.publish(changed, progress.next_wave, replace=True)
            publish(checked)


def _stale(lake: Lake, links: DataFrame, reader_version: str, *, hours: float) -> DataFrame:
    """Pictures seen too long ago, with what their servers said of them and the wave they are in."""
    of_reader = F.col("reader_version") == reader_version
    read = lake.images.read(only_open=False).where(of_reader & has_thumbnail())
    last = [F.col(name).alias(f"last_{name}") for name in _SAID]
    checks = lake.checks.read().where(of_reader)
    checked = checks.select("image_link", "content_sha256", "checked_at", *last)
    # A check of another picture than is held found a new one, and was cut off before that was put
    # there: as if it had not been.
    same = ["image_link", "content_sha256"]
    seen_at = F.coalesce("checked_at", "fetched_at")
    since = F.current_timestamp() - F.expr(f"INTERVAL {round(hours * 3600)} SECONDS")
    return (
        read.join(links, "image_link", "left_semi")
        .join(checked, same, "left")
        .where(seen_at <= since)
        .select(
            "image_link",
            F.lit(0).alias("attempts"),
            "content_sha256",
            *(F.coalesce(f"last_{name}", name).alias(name) for name in _SAID),
            F.col("wave").alias(HOME),
        )
    )


def _kept(lake: Lake, rows: DataFrame, wave: str) -> DataFrame:
    place = f"{lake.staging}/refresh/{wave}"
    rows.write.mode("overwrite").parquet(lake.storage.url(place))
    columns = schema.ddl(schema.IMAGES.columns)
    return lake.spark.read.schema(columns).parquet(lake.storage.pattern(place))


def _checks(asked: DataFrame, before: DataFrame) -> DataFrame:
    """What the links gave, as schema.CHECKS; of a picture that stays, what is known stays, too."""
    known = before.select("image_link", *(F.col(n).alias(f"known_{n}") for n in _KNOWN))
    replaced = has_thumbnail()
    now = {
        name: F.when(replaced, F.col(name)).otherwise(F.coalesce(f"known_{name}", name))
        for name in _KNOWN
    }
    checked = asked.join(known, "image_link").withColumns(now)
    return checked.withColumn("checked_at", F.col("fetched_at")).select(*schema.CHECKS.columns)
