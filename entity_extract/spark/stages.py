"""READ, EMBED and PREDICT: DataFrame in, DataFrame out. What happens to a row is in plain Python.

Each stage imports what it works with on the executor: a worker that reads carries no torch, and the
driver neither torch, LightGBM nor what fetches.
"""

from collections.abc import Iterable, Iterator

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf

from entity_extract import schema
from entity_extract.config import Config, Domain, EmbedConfig, PredictConfig
from entity_extract.learning.features.candidates.declared import candidate_feature_names
from entity_extract.learning.features.frames import EXAMPLE_ROW, LABELLED_ROW, example_frame
from entity_extract.learning.prediction.bundle import Bundle, worker_model
from entity_extract.quantities.candidates import DEFAULT_LIMITS, Limits
from entity_extract.spark.session.access import access_to
from entity_extract.spark.session.shared import Shared
from entity_extract.status import Status

# What the join with READ and EMBED adds to a catalog row, and an answer no longer needs.
_READ_COLUMNS = frozenset({*schema.READING, "embedding", "phash"})
# Tasks per core: links differ in cost by a factor of a hundred (a timeout, a poster), so that a
# core that drew cheap ones takes over work of another.
_TASKS_PER_CORE = 4
# A task that is lost is done again from its start: at half a second a picture, these take a
# quarter of an hour.
LINKS_PER_TASK = 2_000
# With as many tasks as rows a hash leaves a third of them empty, and gives others two or three.
_TASKS_PER_ROW = 4


def spread(
    rows: DataFrame,
    key: str,
    *,
    tasks_per_core: int = _TASKS_PER_CORE,
    count: int = 0,
    rows_per_task: int = LINKS_PER_TASK,
) -> DataFrame:
    """Rows hashed by `key` over enough tasks to keep every core busy to the end, those of executors
    to come included.

    `count` is how many rows there are, where the caller knows: then no task has many more than
    `rows_per_task`, and there are not thousands of tasks for a few rows.
    """
    tasks = access_to(rows.sparkSession).tasks_hoped_for() * tasks_per_core
    if count:
        tasks = min(max(tasks, -(-count // rows_per_task)), count * _TASKS_PER_ROW)
    return rows.repartition(tasks, key)


def read_images(
    links: DataFrame, config: Config, *, reader_version: str, count: int = 0
) -> DataFrame:
    """Rows (image_link, attempts) -> rows of schema.IMAGES, one each, in any order.

    Rows may have more of what an earlier reading left, see read_batches. Raises UserError where
    fetch.host_rate_total cannot be shared out.
    `count` is how many links there are, where the caller knows: see spread.
    """
    fetch_config, image_config, ocr_config = config.fetch, config.image, config.ocr
    if fetch_config.host_rate_total:
        fetch_config = fetch_config.shared_by(access_to(links.sparkSession).tasks_at_once())
    domain, isolation = config.domain, config.isolation

    def run(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        from entity_extract.reading.batches import read_batches

        return read_batches(
            iter(batches),
            fetch_config=fetch_config,
            image_config=image_config,
            ocr_config=ocr_config,
            domain=domain,
            reader_version=reader_version,
            isolation=isolation,
        )

    asked = spread(links, "image_link", count=count)
    return asked.mapInPandas(run, schema.ddl(schema.IMAGES.columns))


def has_thumbnail() -> Column:
    """Of rows of `images`. Told by the width, which is set with it: 4 bytes to scan, not 10 kB."""
    return F.col("width").isNotNull()


def embed_images(
    thumbnails: DataFrame,
    weights: Shared[bytes],
    config: EmbedConfig,
    *,
    encoder_version: str,
) -> DataFrame:
    """Rows (content_sha256, thumbnail) -> rows of schema.EMBEDDINGS, one each."""

    def run(batches: Iterator[pd.Series]) -> Iterator[pd.Series]:
        from entity_extract.embedding.encoder import ImageEncoder, encoder_for

        encoder = encoder_for(encoder_version, lambda: ImageEncoder(weights.value, config))
        for batch in batches:
            yield pd.Series(list(encoder.embed(batch.tolist())), index=batch.index)

    udf = pandas_udf(run, "array<float>")  # type: ignore[call-overload]  # stubs lack iterators
    return thumbnails.select(
        "content_sha256",
        udf("thumbnail").alias("embedding"),
        F.lit(encoder_version).alias("encoder_version"),
    )


def predict_rows(
    rows: DataFrame,
    bundle: Shared[Bundle],
    config: PredictConfig,
) -> DataFrame:
    """Catalog rows joined with what was read -> the same rows with the columns of an answer.

    The catalog's own columns never leave the JVM: only what an answer needs goes to Python.
    """

    def run(batches: Iterator[tuple[pd.Series, ...]]) -> Iterator[pd.DataFrame]:
        from entity_extract.learning.prediction.predict import predict_records

        model = worker_model(bundle.value)
        for columns in batches:
            frame = pd.DataFrame(dict(zip(PREDICT_FROM, columns, strict=True)))
            yield predict_records(model, frame, config)

    udf = pandas_udf(run, schema.ddl(schema.PREDICTION))  # type: ignore[call-overload]  # stubs lack iterators
    answered = rows.withColumn("answer", udf(*PREDICT_FROM)).drop(*_READ_COLUMNS)
    return answered.select("*", "answer.*").drop("answer")


PREDICT_FROM = ("entity_name", "group_id", *schema.READING, "embedding")


def example_rows(joined: DataFrame, domain: Domain, limits: Limits = DEFAULT_LIMITS) -> DataFrame:
    """Labelled rows with a link, joined with what was read -> rows of EXAMPLE_ROW.

    With the features that this process knows, and what is known of each engine that read.
    """
    names = candidate_feature_names(_engines(joined))

    def run(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            yield example_frame(batch, domain, names, limits)

    labelled = joined.where(
        F.col("entity_value").isNotNull()
        & F.col("entity_name").isin(list(domain.entity_names))
        & (F.col("status") != str(Status.NO_LINK))
    )
    asked = spread(labelled, "row_key").select(*LABELLED_ROW)
    return asked.mapInPandas(run, schema.ddl(EXAMPLE_ROW))


def _engines(read: DataFrame) -> list[str]:
    """The OCR engines whose words are there; no other part of the words is looked at."""
    found = read.select(F.explode(F.array_distinct("words.engine")).alias("engine")).distinct()
    return [row["engine"] for row in found.where("engine != ''").collect()]
