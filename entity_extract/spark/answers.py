"""PREDICT, and what else keeps the answers those of the catalog: what rides along is brought up to
date without asking, and rows that left the catalog go to the history."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.catalog.row_names import (
    ANSWERED,
    DETAILS_HASH,
    HELD,
    HELD_HASH,
    HOME,
    POSITION,
    ROW_COPY,
    ROW_KEY,
    SEEN,
)
from entity_extract.config import Config
from entity_extract.lake.pace import ANSWERED_PER_CORE, ROWS_PER_LINK, Pace
from entity_extract.learning.prediction.asked import prediction_version
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.runs.progress import Progress, StageOf
from entity_extract.spark.decided import decided_otherwise
from entity_extract.spark.earlier import keep_earlier
from entity_extract.spark.few_rows import are_here, brought_here, counted_where
from entity_extract.spark.pending import Pending, pace_of
from entity_extract.spark.reread import has_no_candidate, looked_again
from entity_extract.spark.session.access import access_to
from entity_extract.spark.stages import predict_rows, spread
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.waves import joined

_ROWS_PER_TASK = 20_000  # half a minute of work, should it have to be done again
_KEYS = [ROW_KEY, ROW_COPY]


def predict_missing(
    lake: Lake,
    catalog: DataFrame,
    config: Config,
    bundle: Bundle,
    stage: StageOf,
    *,
    reader_version: str,
    reread_version: str | None = None,
    name: str = "predict",
) -> None:
    """PREDICT for every catalog row that has no answer of this model and reader yet; an answered
    row whose other columns have changed takes these over, and keeps its answer.

    With `reread_version` a row without a candidate is asked again once there is a second look at
    its picture. `name` is the stage's.
    """
    version = prediction_version(bundle, config.predict)
    questions = catalog.drop(POSITION)
    few = are_here(questions)
    otherwise = decided_otherwise(config)
    news = _news(lake, questions, version, reader_version, reread_version, otherwise)
    news = brought_here(news)[1] if few else news.persist()
    counts = counted_where(news, {"changed": F.col(ANSWERED), "asked": ~F.col(ANSWERED)})
    if counts["changed"]:
        changed = news.where(ANSWERED).drop(ANSWERED, HELD)
        _update(lake, changed, stage("update"), pace=_pace(lake, config), few=few)
    if not counts["asked"]:  # then nobody need look where a million pictures stand
        news.unpersist()
        stage(name).begin(0)
        return
    asked = news.where(~F.col(ANSWERED)).drop(ANSWERED)
    if config.lake.keep_earlier_answers:
        keep_earlier(lake, asked, stage, model_version=version)
    homed = _with_homes(lake, asked, reader_version, bundle.encoder_version, reread_version)
    pending = Pending(lake, name, homed, key=ROW_KEY, pace=_pace(lake, config), few=few)
    news.unpersist()
    progress = stage(name)
    progress.begin(pending.total)
    shared = access_to(lake.spark).share(bundle)
    for part in pending:
        with progress.wave(part.size) as publish:
            rows = joined(
                lake,
                part.rows,
                reader_version=reader_version,
                encoder_version=bundle.encoder_version,
                reread_version=reread_version,
                homes=part.homes,
                seen=part.seen,
                looked=part.looked,
            )
            answers = predict_rows(
                spread(
                    rows, ROW_KEY, tasks_per_core=1, count=part.size, rows_per_task=_ROWS_PER_TASK
                ),
                shared,
                config.predict,
            ).withColumns(
                {
                    "model_version": F.lit(version),
                    "reader_version": F.lit(reader_version),
                    "run_id": F.lit(progress.run_id),
                }
            )
            here, wave = _here(answers), progress.next_wave
            publish(lake.predictions.publish(here, wave, replace=True, among=part.held))


def _pace(lake: Lake, config: Config) -> Pace:
    return pace_of(lake, config.lake, per_core=ANSWERED_PER_CORE, rows_per_link=ROWS_PER_LINK)


def _news(
    lake: Lake,
    questions: DataFrame,
    model_version: str,
    reader_version: str,
    reread_version: str | None,
    otherwise: Column,
) -> DataFrame:
    """The questions without an answer that stands, and those `answered` of which the catalog now
    says something else; with the wave of the answer that they have, whether it stands or not. No
    answer stands whose picture was decided `otherwise`, or without a candidate before a second look
    was there."""
    answers = lake.predictions.read()
    answered = (
        ~F.col("open")
        & (F.col("model_version") == model_version)
        & (F.col("reader_version") == reader_version)
        & ~otherwise
    )
    checked = (
        lake.checks.read()
        .where((F.col("reader_version") == reader_version) & F.col("content_sha256").isNotNull())
        .select("image_link", F.col("content_sha256").alias("held_sha256"))
    )
    # By `images`: a refresh has found another picture. One that was cut off is yet to put it there:
    # until then each run answers anew, from the picture before.
    held = F.col("held_sha256")
    current = held.isNull() | held.eqNullSafe(F.col("content_sha256"))
    if reread_version is not None:
        *picture, looked = (found := looked_again(lake, reread_version)).columns
        answers = answers.join(found, picture, "left")
        since = F.col(looked).isNotNull() & ~F.coalesce("reread", F.lit(False))
        answered &= ~F.coalesce(since & has_no_candidate(), F.lit(False))
    known = answers.join(checked, "image_link", "left").select(
        *_KEYS,
        F.when(answered & current, F.col(DETAILS_HASH)).alias(HELD_HASH),
        F.col("wave").alias(HELD),
    )
    return (
        questions.join(known, _KEYS, "left")
        .withColumn(ANSWERED, F.col(HELD_HASH).isNotNull())
        .where(~F.col(ANSWERED) | (F.col(DETAILS_HASH) != F.col(HELD_HASH)))
        .drop(HELD_HASH)
    )


def _update(lake: Lake, changed: DataFrame, progress: Progress, *, pace: Pace, few: bool) -> None:
    """Publishes answered rows anew: what the catalog says now, and the answer as it was."""
    held = lake.predictions.read(only_open=False)
    rows = changed.join(held.select(*_KEYS, *schema.ANSWER, F.col("wave").alias(HOME)), _KEYS)
    pending = Pending(lake, "update", rows, key=ROW_KEY, pace=pace, few=few)
    progress.begin(pending.total)
    for part in pending:
        with progress.wave(part.size) as publish:
            settled = _here(part.rows.withColumn("open", F.lit(False)))
            wave = progress.next_wave
            publish(lake.predictions.publish(settled, wave, replace=True, among=part.homes))


def _here(rows: DataFrame) -> DataFrame:
    """Of the catalog as it is."""
    return rows.withColumn("withdrawn_at", F.lit(None).cast("timestamp"))


def _with_homes(
    lake: Lake,
    questions: DataFrame,
    reader_version: str,
    encoder_version: str | None,
    reread_version: str | None,
) -> DataFrame:
    """Persisted `questions` with the wave that their picture is in, and those of its embedding,
    where there is an encoder, and of a second look at it, where these are wanted."""
    read = lake.images.read().where(F.col("reader_version") == reader_version)
    # Where few are asked their links are sent to the pictures, instead of sorting all of these.
    homes = read.join(questions.select("image_link"), "image_link", "left_semi").select(
        "image_link", "content_sha256", F.col("wave").alias(HOME)
    )
    if encoder_version is not None:
        embedded = lake.embeddings.read().where(F.col("encoder_version") == encoder_version)
        seen = embedded.select("content_sha256", F.col("wave").alias(SEEN))
        homes = homes.join(seen, "content_sha256", "left")
    if reread_version is not None:
        *picture, _ = (found := looked_again(lake, reread_version)).columns
        homes = homes.join(found, picture, "left")
    return questions.join(homes.drop("content_sha256"), "image_link", "left")
