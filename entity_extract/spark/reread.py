"""A second look at pictures that hold no candidate for a question that was asked of them.

What it reads stands in `rereadings`, beside what READ made of the picture, and the rows without a
candidate are answered anew.
"""

from collections.abc import Callable, Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.catalog.row_names import HELD, LOOKED, ROW_COPY, ROW_KEY
from entity_extract.config import Config
from entity_extract.lake.pace import READ_PER_CORE
from entity_extract.runs.progress import Progress
from entity_extract.spark.few_rows import are_here, brought_here, counted
from entity_extract.spark.pending import Pending, pace_of
from entity_extract.spark.stages import read_images
from entity_extract.spark.tables.lake import Lake
from entity_extract.status import TRANSIENT, Status

_PICTURE = ["image_link", "content_sha256"]
_READ, _SEEN = "read_words", "seen_sha256"
_OTHER = "another picture than was read at first: its words are left out"
_BUCKETS = 1_000_000


def has_no_candidate() -> Column:
    """Of rows of `predictions`: the picture was read, and answers nothing."""
    return (F.col("status") == Status.OK.value) & (F.size("candidates") == 0)


def looked_again(lake: Lake, reread_version: str) -> DataFrame:
    """(image_link, content_sha256, looked_wave): at which pictures second looks of this version
    were taken, but for those that are tried again, and where they stand."""
    return _looks(lake, reread_version).select(*_PICTURE, F.col("wave").alias(LOOKED))


def reread_words(lake: Lake, reread_version: str, waves: Sequence[str] | None) -> DataFrame:
    """(image_link, content_sha256, read_words): what they have found, those of these waves."""
    return _looks(lake, reread_version, waves).select(*_PICTURE, F.col("words").alias(_READ))


def _looks(lake: Lake, reread_version: str, waves: Sequence[str] | None = None) -> DataFrame:
    held = lake.rereadings.read(waves, only_open=False)
    return held.where(F.col("reread_version") == reread_version)


def reread_unanswered(
    lake: Lake,
    catalog: DataFrame,
    links: DataFrame,
    config: Config,
    stage: Callable[[str], Progress],
    *,
    model_version: str,
    reread_version: str,
) -> bool:
    """Looks again at pictures of catalog rows that `model_version` found no candidate for, each
    once; at no more than reread.share of the catalog's `links`. Whether there was any.

    A picture that has changed since it was read gives no words: a refresh takes it over first.
    """
    asked = _asked(lake, catalog, config, model_version, reread_version)
    few = are_here(catalog)
    asked = brought_here(asked)[1] if few else asked.persist()
    total = counted(asked)
    if total:
        asked = _shared_out(lake, asked, total, links, config.reread.share, reread_version)
        total = counted(asked)
    if not total:
        asked.unpersist()
        return False
    progress = stage("reread")
    again = config.model_copy(update={"ocr": config.reread.of(config.ocr)})
    pace = pace_of(lake, config.lake, per_core=READ_PER_CORE)
    pending = Pending(lake, "reread", asked, key="image_link", pace=pace, few=few)
    asked.unpersist()
    progress.begin(pending.total)
    for part in pending:
        with progress.wave(part.size) as publish:
            tried = part.rows.select("image_link", "attempts")
            read = read_images(tried, again, reader_version=reread_version, count=part.size)
            rows = _of_asked(read, part.rows, config.fetch.max_attempts)
            wave = progress.next_wave
            publish(lake.rereadings.publish(rows, wave, replace=False, among=part.held))
    return True


def _asked(
    lake: Lake, catalog: DataFrame, config: Config, model_version: str, reread_version: str
) -> DataFrame:
    """(image_link, content_sha256, attempts) of pictures to be looked at again, each once, with the
    wave in which that stands."""
    answers = lake.predictions.read(only_open=False).where(
        (F.col("model_version") == model_version) & has_no_candidate()
    )
    silent = answers.select(ROW_KEY, ROW_COPY, *_PICTURE)
    pictures = (
        silent.join(catalog.select(ROW_KEY, ROW_COPY), [ROW_KEY, ROW_COPY], "left_semi")
        .select(*_PICTURE)
        .where(F.col("content_sha256").isNotNull())
        .distinct()
    )
    held = lake.rereadings.read().where(F.col("reread_version") == reread_version)
    tried = held.select(*_PICTURE, "attempts", "open", F.col("wave").alias(HELD))
    return (
        pictures.join(tried, _PICTURE, "left")
        .where(F.coalesce("open", F.lit(True)))
        .select(*_PICTURE, F.coalesce("attempts", F.lit(0)).alias("attempts"), HELD)
    )


def _shared_out(
    lake: Lake, asked: DataFrame, total: int, links: DataFrame, share: float, version: str
) -> DataFrame:
    """As many of `asked` as are left of a share of all links, chosen by a hash of the link."""
    held = lake.rereadings.read(only_open=False).where(F.col("reread_version") == version)
    done = counted(held.join(links, "image_link", "left_semi").select("image_link"))
    left = max(0.0, share * counted(links) - done)
    if left >= total:
        return asked
    bucket = F.pmod(F.xxhash64("image_link"), F.lit(_BUCKETS))
    return asked.where(bucket < round(_BUCKETS * left / total))


def _of_asked(read: DataFrame, asked: DataFrame, max_attempts: int) -> DataFrame:
    """Rows of READ as rows of schema.REREADINGS, under the picture that they were asked for."""
    known = asked.select("image_link", F.col("content_sha256").alias(_SEEN))
    other = F.col("content_sha256") != F.col(_SEEN)
    kind = schema.REREADINGS.columns["words"]
    rows = read.join(known, "image_link").withColumns(
        {
            "words": F.when(other, F.array().cast(kind)).otherwise(F.col("words")),
            "reason": F.when(other, F.lit(_OTHER)).otherwise(F.col("reason")),
            "reread_version": F.col("reader_version"),
        }
    )
    rows = rows.withColumn("content_sha256", F.col(_SEEN)).select(*schema.REREADINGS.columns)
    transient = F.col("status").isin([str(status) for status in TRANSIENT])
    return rows.withColumn("open", transient & (F.col("attempts") < max_attempts))
