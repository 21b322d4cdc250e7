"""What is missing in the lake, taken wave by wave: the one mechanism of resume and increment."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial

from pyspark.broadcast import Broadcast
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.config import Config
from entity_extract.learning.bundle import Bundle
from entity_extract.spark import catalog as catalogs
from entity_extract.spark.lake import Lake
from entity_extract.spark.stages import answer_rows, embed_images, read_images, spread

log = logging.getLogger(__name__)


@dataclass
class Progress:
    """What one stage of a run did, counted from the published rows."""

    stage: str
    waves: int = 0
    rows: int = 0
    seconds: float = 0.0
    by_status: dict[str, int] = field(default_factory=dict)

    def add(self, published: DataFrame, seconds: float) -> None:
        status = F.col("status") if "status" in published.columns else F.lit("ok")
        found = published.groupBy(status.alias("status")).agg(F.count("*").alias("rows"))
        counts = {row["status"]: row["rows"] for row in found.collect()}
        self.waves += 1
        self.seconds += seconds
        self.rows += sum(counts.values())
        for status, rows in counts.items():
            self.by_status[status] = self.by_status.get(status, 0) + rows
        log.info(
            "%s wave %d: %d rows in %.1f s (%.1f/s) %s",
            self.stage,
            self.waves,
            sum(counts.values()),
            seconds,
            sum(counts.values()) / max(seconds, 1e-9),
            dict(sorted(counts.items())),
        )


def waves(missing: Callable[[], DataFrame], key: str, size: int) -> Iterator[DataFrame]:
    """What is missing, in parts of about `size` rows by a hash of `key`.

    Asked anew for each part: publishing one may replace files that the question looks at.
    """
    parts = -(-missing().count() // size)
    for part in range(parts):
        yield missing().where(F.pmod(F.xxhash64(key), F.lit(parts)) == part)


def distinct_links(catalog: DataFrame) -> DataFrame:
    """The links worth asking for: each once, none blank."""
    return catalog.select("image_link").where(F.trim("image_link") != "").distinct()


def read_missing(
    lake: Lake, links: DataFrame, config: Config, *, reader_version: str, run_id: str
) -> Progress:
    """READ what the lake lacks of `links`, and what failed in a way that may pass."""
    progress = Progress("read")
    transient = [str(status) for status in schema.TRANSIENT]
    more = F.col("attempts") < config.fetch.max_attempts
    missing = partial(_unread, lake, links, reader_version)
    for number, wave in enumerate(waves(missing, "image_link", config.lake.wave_links)):
        start = time.monotonic()
        rows = read_images(wave, config, reader_version=reader_version)
        published = lake.images.publish(
            rows.withColumn("open", F.col("status").isin(transient) & more),
            f"{run_id}-{number:05d}",
            replace=False,
        )
        progress.add(published, time.monotonic() - start)
    return progress


def _unread(lake: Lake, links: DataFrame, reader_version: str) -> DataFrame:
    """(image_link, attempts so far) of links never read by this reader, or worth another try."""
    known = lake.images.read().where(F.col("reader_version") == reader_version)
    settled = known.where(~F.col("open")).select("image_link")
    tried = known.where("open").select("image_link", "attempts")
    return (
        links.join(settled, "image_link", "left_anti")
        .join(tried, "image_link", "left")
        .select("image_link", F.coalesce("attempts", F.lit(0)).alias("attempts"))
    )


def embed_missing(
    lake: Lake,
    links: DataFrame,
    config: Config,
    weights: Broadcast[bytes],
    *,
    reader_version: str,
    encoder_version: str,
    run_id: str,
) -> Progress:
    """EMBED the pictures of `links` that this encoder has not seen, each content once."""
    progress = Progress("embed")
    read = lake.images.read().where(
        (F.col("reader_version") == reader_version) & F.col("thumbnail").isNotNull()
    )
    asked = read.join(links, "image_link", "left_semi")
    missing = partial(_unseen, lake, asked, encoder_version)
    for number, wave in enumerate(waves(missing, "content_sha256", config.lake.wave_links)):
        start = time.monotonic()
        # The few links chosen go to the thumbnails, not the thumbnails through a shuffle.
        thumbnails = read.join(
            F.broadcast(wave.select("image_link")), "image_link", "left_semi"
        ).select("content_sha256", "thumbnail")
        rows = embed_images(
            thumbnails,
            weights,
            config.embed,
            encoder_version=encoder_version,
        )
        published = lake.embeddings.publish(
            rows.withColumn("open", F.lit(False)), f"{run_id}-{number:05d}", replace=False
        )
        progress.add(published, time.monotonic() - start)
    return progress


def _unseen(lake: Lake, asked: DataFrame, encoder_version: str) -> DataFrame:
    """(content_sha256, image_link), one link of each content this encoder has not embedded."""
    done = lake.embeddings.read().where(F.col("encoder_version") == encoder_version)
    return (
        asked.groupBy("content_sha256")
        .agg(F.min("image_link").alias("image_link"))
        .join(done, "content_sha256", "left_anti")
    )


def joined(
    lake: Lake, rows: DataFrame, *, reader_version: str, encoder_version: str | None
) -> DataFrame:
    """Catalog rows with what was read and seen in their pictures; every row stays, once.

    `open` says that a later run may read the picture after all.
    Pixels stay behind: the join carries words, strokes, sizes, hashes and embeddings.
    """
    read = (
        lake.images.read()
        .where(F.col("reader_version") == reader_version)
        .select("image_link", *schema.READING, "content_sha256", "phash", "open")
    )
    seen = (
        lake.embeddings.read()
        .where(F.col("encoder_version") == (encoder_version or ""))
        .select("content_sha256", "embedding")
    )
    blank = F.coalesce(F.trim("image_link"), F.lit("")) == ""
    whole = rows.join(read, "image_link", "left").join(seen, "content_sha256", "left")
    absent = F.when(blank, str(schema.Status.NO_LINK)).otherwise(str(schema.Status.NOT_READ))
    return whole.withColumn("status", F.coalesce("status", absent)).withColumn(
        "open", F.coalesce("open", ~blank)
    )


def answer_missing(
    lake: Lake,
    catalog: DataFrame,
    config: Config,
    bundle: Bundle,
    *,
    reader_version: str,
    run_id: str,
) -> Progress:
    """ASK for every catalog row that has no answer of this model and reader yet."""
    progress = Progress("answer")
    version = answer_version(bundle, config)
    questions = catalog.drop(catalogs.POSITION)
    missing = partial(_unanswered, lake, questions, version, reader_version)
    shared = lake.spark.sparkContext.broadcast(bundle)
    for number, wave in enumerate(waves(missing, catalogs.ROW_KEY, config.lake.wave_links)):
        start = time.monotonic()
        rows = joined(
            lake, wave, reader_version=reader_version, encoder_version=bundle.encoder_version
        )
        answers = answer_rows(
            spread(rows, catalogs.ROW_KEY, tasks_per_core=1),
            shared,
            min_confidence=config.predict.min_confidence,
            system=config.predict.system,
        )
        published = lake.predictions.publish(
            answers.select(
                "*",
                F.lit(version).alias("model_version"),
                F.lit(reader_version).alias("reader_version"),
                F.lit(run_id).alias("run_id"),
            ),
            f"{run_id}-{number:05d}",
            replace=True,
        )
        progress.add(published, time.monotonic() - start)
    return progress


def _unanswered(
    lake: Lake, questions: DataFrame, model_version: str, reader_version: str
) -> DataFrame:
    """The questions without an answer that stands."""
    keys = [catalogs.ROW_KEY, catalogs.ROW_COPY]
    current = lake.predictions.read().where(
        (F.col("model_version") == model_version)
        & (F.col("reader_version") == reader_version)
        & ~F.col("open")
    )
    return questions.join(current.select(*keys), keys, "left_anti")


def answer_version(bundle: Bundle, config: Config) -> str:
    """The model's version, and how it is asked where that is not the bundle's own way."""
    asked: list[str] = []
    if config.predict.system != "ranker":
        asked.append(config.predict.system)
    if config.predict.min_confidence is not None:
        asked.append(f"from{config.predict.min_confidence:g}")
    return "-".join([bundle.version, *asked])
