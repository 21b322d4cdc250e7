"""What is missing in the lake, taken wave by wave: the one mechanism of resume and increment."""

import logging
from collections.abc import Sequence
from typing import Protocol

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.catalog.row_names import HELD, HOME
from entity_extract.config import Config
from entity_extract.lake.pace import EMBEDDED_PER_CORE, READ_PER_CORE
from entity_extract.lake.unread import warn_of_lost
from entity_extract.runs.progress import Progress
from entity_extract.spark.decided import asked_anew, decided_now, decided_otherwise
from entity_extract.spark.few_rows import are_here, held_here
from entity_extract.spark.pending import Pending, pace_of
from entity_extract.spark.reread import reread_words
from entity_extract.spark.session.kept import kept
from entity_extract.spark.session.shared import Shared
from entity_extract.spark.stages import (
    embed_images,
    has_thumbnail,
    read_images,
)
from entity_extract.spark.tables.lake import Lake
from entity_extract.status import TRANSIENT, Status

log = logging.getLogger(__name__)


def distinct_links(catalog: DataFrame) -> DataFrame:
    """The links worth asking for: each once, none blank. Kept for the stages of a run."""
    links = catalog.select("image_link").where(F.trim("image_link") != "")
    if are_here(links):
        found = dict.fromkeys(tuple(row) for row in links.collect())
        return held_here(links.sparkSession, list(found), links.schema)
    return kept(links.distinct())


class ReadStage(Protocol):
    """(image_link, attempts) rows, `count` of them -> rows of schema.IMAGES, as read_images."""

    def __call__(
        self, links: DataFrame, config: Config, *, reader_version: str, count: int
    ) -> DataFrame: ...


def read_missing(
    lake: Lake,
    links: DataFrame,
    config: Config,
    progress: Progress,
    *,
    reader_version: str,
    read: ReadStage = read_images,
) -> None:
    """READ what the lake lacks of `links`, and what failed in a way that may pass."""
    transient = [str(status) for status in TRANSIENT]
    more = F.col("attempts") < config.fetch.max_attempts
    anew = asked_anew(lake, config, reader_version)
    otherwise = decided_otherwise(config) if anew else None
    unread = _unread(lake, links, reader_version, otherwise)
    pace = pace_of(lake, config.lake, per_core=READ_PER_CORE)
    pending = Pending(lake, "read", unread, key="image_link", pace=pace, few=are_here(links))
    progress.begin(pending.total)
    for part in pending:
        with progress.wave(part.size) as publish:
            rows = read(part.rows, config, reader_version=reader_version, count=part.size)
            tried = rows.withColumns(
                {
                    "open": F.col("status").isin(transient) & more,
                    "decided_by": decided_now(config),
                }
            )
            published = lake.images.publish(
                tried, progress.next_wave, replace=anew, among=part.held
            )
            publish(published)
            warn_of_lost(published)


def _unread(
    lake: Lake, links: DataFrame, reader_version: str, otherwise: Column | None
) -> DataFrame:
    """(image_link, attempts so far) of links never read by this reader, or worth another try, with
    the wave in which that stands. Those decided `otherwise`, where there are some, are as good as
    never read."""
    of_reader = F.col("reader_version") == reader_version
    anew = F.lit(False) if otherwise is None else otherwise
    settled = lake.images.read(only_open=False).where(of_reader & ~anew).select("image_link")
    held = lake.images.read(only_open=True if otherwise is None else None).where(of_reader)
    tried = held.where(F.col("open") | anew).select(
        "image_link", F.when(~anew, F.col("attempts")).alias("attempts"), F.col("wave").alias(HELD)
    )
    return (
        links.join(settled, "image_link", "left_anti")
        .join(tried, "image_link", "left")
        .select("image_link", F.coalesce("attempts", F.lit(0)).alias("attempts"), HELD)
    )


def embed_missing(
    lake: Lake,
    links: DataFrame,
    config: Config,
    weights: Shared[bytes],
    progress: Progress,
    *,
    reader_version: str,
    encoder_version: str,
) -> None:
    """EMBED the pictures of `links` that this encoder has not seen, each content once."""
    unseen = _unseen(lake, links, reader_version, encoder_version)
    few, pace = are_here(links), pace_of(lake, config.lake, per_core=EMBEDDED_PER_CORE)
    pending = Pending(lake, "embed", unseen, key="content_sha256", pace=pace, few=few)
    progress.begin(pending.total)
    for part in pending:
        with progress.wave(part.size) as publish:
            # The few links chosen go to the thumbnails, not the thumbnails through a shuffle.
            chosen = F.broadcast(part.rows.select("image_link"))
            thumbnails = (
                lake.images.read(part.homes)
                .where(F.col("reader_version") == reader_version)
                .join(chosen, "image_link", "left_semi")
                .select("content_sha256", "thumbnail")
            )
            rows = embed_images(thumbnails, weights, config.embed, encoder_version=encoder_version)
            settled = rows.withColumn("open", F.lit(False))
            publish(lake.embeddings.publish(settled, progress.next_wave, replace=False))


def _unseen(lake: Lake, links: DataFrame, reader_version: str, encoder_version: str) -> DataFrame:
    """(content_sha256, image_link, home_wave): one link of each content not embedded yet."""
    read = lake.images.read().where((F.col("reader_version") == reader_version) & has_thumbnail())
    done = lake.embeddings.read().where(F.col("encoder_version") == encoder_version)
    one = F.min(F.struct("wave", "image_link"))  # of the earliest wave, where the others are, too
    return (
        read.join(links, "image_link", "left_semi")
        .groupBy("content_sha256")
        .agg(one.alias("one"))
        .join(done, "content_sha256", "left_anti")
        .select("content_sha256", "one.image_link", F.col("one.wave").alias(HOME))
    )


def joined(
    lake: Lake,
    rows: DataFrame,
    *,
    reader_version: str,
    encoder_version: str | None,
    reread_version: str | None = None,
    homes: Sequence[str] | None = None,
    seen: Sequence[str] | None = None,
    looked: Sequence[str] | None = None,
) -> DataFrame:
    """Catalog rows with what was read and seen in their pictures; every row stays, once.

    With `reread_version` the words of second looks stand behind those of the first, and `reread`
    says whether there was one.

    `open` says that a later run may read the picture after all, or embed it where there is an
    encoder. `homes` are the waves of `images` that hold the rows' links, `seen` those of
    `embeddings` and `looked` those of `rereadings` that hold their pictures, where that is known:
    no other file is opened.
    Pixels stay behind: the join carries words, strokes, sizes, hashes and embeddings.
    """
    read = (
        lake.images.read(homes)
        .where(F.col("reader_version") == reader_version)
        .select("image_link", *schema.READING, "content_sha256", "phash", "decided_by", "open")
    )
    embedded = (
        lake.embeddings.read(seen if encoder_version else ())
        .where(F.col("encoder_version") == (encoder_version or ""))
        .select("content_sha256", "embedding")
    )
    blank = F.coalesce(F.trim("image_link"), F.lit("")) == ""
    whole = rows.join(read, "image_link", "left").join(embedded, "content_sha256", "left")
    absent = F.when(blank, str(Status.NO_LINK)).otherwise(str(Status.NOT_READ))
    to_embed = has_thumbnail() & F.col("embedding").isNull() & F.lit(encoder_version is not None)
    if reread_version is None:
        whole = whole.withColumn("reread", F.lit(False))
    else:
        whole = _with_reread(whole, reread_words(lake, reread_version, looked))
    return whole.withColumn("status", F.coalesce("status", absent)).withColumn(
        "open", F.coalesce("open", ~blank) | to_embed
    )


def _with_reread(rows: DataFrame, found: DataFrame) -> DataFrame:
    *picture, words = found.columns
    rows = rows.join(found, picture, "left").withColumn("reread", F.col(words).isNotNull())
    both = F.when(F.col("reread"), F.concat("words", words)).otherwise(F.col("words"))
    return rows.withColumn("words", both).drop(words)
