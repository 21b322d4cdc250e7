"""READ and EMBED as Spark runs them: one row out for each row in, and the same as without Spark."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import DataType

from entity_extract import schema
from entity_extract.config import Config
from entity_extract.embedding.encoder import ImageEncoder
from entity_extract.embedding.weights import load_weights
from entity_extract.errors import UserError
from entity_extract.learning.features.frames import KEPT
from entity_extract.reading.engines import reader_for
from entity_extract.reading.images import decode
from entity_extract.reading.reader_version import reader_version
from entity_extract.records import Word, record_of, words_of
from entity_extract.spark.session.access import access_to
from entity_extract.spark.stages import embed_images, example_rows, read_images, spread
from entity_extract.status import Status
from tests.server import ShopServer, encoded
from tests.unit.learning_cases import printed


def version_of(config: Config) -> str:
    return reader_version(config.ocr, config.image, config.domain)


def columns_of(rows: DataFrame) -> list[tuple[str, DataType]]:
    return [(column.name, column.dataType) for column in rows.schema]


def test_every_link_is_one_row_of_the_images_table_whatever_it_gives(
    spark: SparkSession, config: Config, shop: ShopServer
) -> None:
    expected = {
        shop.url("/a.jpg"): Status.OK,
        shop.url("/b.jpg"): Status.OK,
        shop.url("/no.jpg"): Status.HTTP_ERROR,
        shop.url("/status?code=503"): Status.SERVER_ERROR,
        shop.url("/reset.jpg"): Status.UNREACHABLE,
        shop.url("/html.jpg"): Status.NOT_AN_IMAGE,
        shop.url("/truncated.jpg"): Status.BROKEN_IMAGE,
        shop.url("/pixel.jpg"): Status.TOO_SMALL,
        "ftp://shop/a.jpg": Status.BAD_LINK,
        "not a link": Status.BAD_LINK,
    }
    links = spark.createDataFrame(
        [(link, made) for made, link in enumerate(expected)], "image_link string, attempts int"
    )
    read = read_images(links, config, reader_version=version_of(config))
    assert columns_of(read) == columns_of(
        spark.createDataFrame([], schema.ddl(schema.IMAGES.columns))
    )
    rows = read.collect()
    assert {row.image_link: row.status for row in rows} == expected
    assert len(rows) == len(expected)
    made = {link: number for number, link in enumerate(expected)}
    assert all(row.attempts == made[row.image_link] + 1 for row in rows)
    assert {row.reader_version for row in rows} == {version_of(config)}
    assert all((row.thumbnail is None) == (row.width is None) for row in rows)


def test_tasks_that_run_at_once_share_the_rate_at_which_a_host_may_be_asked(
    spark: SparkSession, config: Config, shop: ShopServer
) -> None:
    assert access_to(spark).tasks_at_once() == 2
    asked = pd.DataFrame({"image_link": [shop.url(f"/{n}.jpg") for n in range(400)], "attempts": 0})
    hashed = spread(spark.createDataFrame(asked), "image_link").withColumn(
        "part", F.spark_partition_id()
    )
    together = hashed.where("part = 0").drop("part").limit(3)  # one task's
    shared = config.fetch.model_copy(update={"host_rate_total": 4.0, "per_host_rate": 0.0})
    slow = config.model_copy(update={"fetch": shared})
    shop.asked_at.clear()
    assert read_images(together, slow, reader_version=version_of(slow)).count() == 3
    gaps = np.diff(shop.asked_at)
    assert len(gaps) == 2
    assert gaps.min() > 0.45  # half of four a second


@contextmanager
def configured(spark: SparkSession, settings: Mapping[str, str]) -> Iterator[None]:
    """The session's own configuration, as if it had been started with these."""
    conf = spark.sparkContext._conf
    before = {key: conf.get(key) for key in settings}
    try:
        conf.setAll(list(settings.items()))
        yield
    finally:
        for key, value in before.items():
            if value is None:
                conf._jconf.remove(key)
            else:
                conf.set(key, value)


def test_tasks_at_once_are_those_of_all_executors_that_may_come(spark: SparkSession) -> None:
    with configured(spark, {"spark.default.parallelism": "64"}):
        assert access_to(spark).tasks_at_once() == 2
    executors = {"spark.executor.cores": "5", "spark.task.cpus": "2"}
    with configured(spark, executors | {"spark.executor.instances": "3"}):
        assert access_to(spark).tasks_at_once() == 6
    dynamic = executors | {"spark.dynamicAllocation.enabled": "true"}
    with configured(spark, dynamic | {"spark.dynamicAllocation.maxExecutors": "4"}):
        assert access_to(spark).tasks_at_once() == 8
        assert tasks_of(spark, tasks_per_core=1) == 8  # though two cores are all there is now
    with configured(spark, dynamic):
        assert tasks_of(spark, tasks_per_core=1) == 2
    with configured(spark, dynamic), pytest.raises(UserError, match="maxExecutors"):
        access_to(spark).tasks_at_once()


def tasks_of(spark: SparkSession, **asked: int) -> int:
    """Over which `spread` gives out the rows."""
    return spread(spark.range(1), "id", **asked).rdd.getNumPartitions()


@pytest.mark.parametrize(("rows", "tasks"), [(0, 8), (1, 4), (3, 8), (8_000, 8), (16_001, 9)])
def test_tasks_are_as_many_as_cores_and_rows_are_good_for(
    spark: SparkSession, rows: int, tasks: int
) -> None:
    assert tasks_of(spark, count=rows) == tasks


def test_words_pass_through_spark_as_the_reader_gave_them(
    spark: SparkSession, config: Config, shop: ShopServer
) -> None:
    expected = reader_for(config.ocr, config.domain).read(
        decode(shop.files["/a.jpg"], config.image)
    )
    assert [word.text for word in expected] == ["500", "grams"]
    links = spark.createDataFrame([(shop.url("/a.jpg"), 0)], "image_link string, attempts int")

    def again(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            yield pd.DataFrame({"words": [repr(words_of(found)) for found in batch["words"]]})

    read = read_images(links, config, reader_version=version_of(config))
    (row,) = read.select("words").mapInPandas(again, "words string").collect()
    rounded = [word._replace(conf=float(np.float32(word.conf))) for word in expected]
    assert row.words == repr(rounded)


def test_a_picture_without_words_has_none_after_spark_either() -> None:
    assert words_of(None) == []
    assert words_of(np.array([], object)) == []


def test_embeddings_are_those_of_the_encoder_and_stay_with_their_content(
    spark: SparkSession, config: Config
) -> None:
    colours = ("red", "green", "blue", "white", "black")
    thumbnails = {name: encoded(Image.new("RGB", (40, 30), name)) for name in colours}
    weights = load_weights(config.embed)
    expected = ImageEncoder(weights.content, config.embed).embed(list(thumbnails.values()))
    rows = spark.createDataFrame(
        list(thumbnails.items()), "content_sha256 string, thumbnail binary"
    ).repartition(2)
    shared = spark.sparkContext.broadcast(weights.content)
    made = embed_images(rows, shared, config.embed, encoder_version="v1")
    assert columns_of(made) == columns_of(
        spark.createDataFrame([], schema.ddl(schema.EMBEDDINGS.columns))
    )
    found = {row.content_sha256: row.embedding for row in made.collect()}
    assert set(found) == set(colours)
    for name, embedding in zip(colours, expected, strict=True):
        np.testing.assert_allclose(found[name], embedding, rtol=1e-4, atol=1e-4)
    assert np.abs(expected[0] - expected[1]).max() > 1e-2  # else a mix-up would not show


def read_by(engine: str, conf: float) -> list[Word]:
    return [word._replace(engine=engine, conf=conf) for word in printed("500 g", seen_by=engine)]


def test_rows_to_learn_from_have_the_confidence_of_every_engine_that_read_any_of_them(
    spark: SparkSession, config: Config
) -> None:
    pictures = [read_by("rapidocr", 60.0), read_by("my-ocr", 70.0), []]
    row = dict.fromkeys(KEPT) | {"row_copy": 1, "entity_name": "item_weight", "status": "ok"}
    row |= {"image_link": "a", "entity_value": "500 gram", "width": 100, "height": 100}
    rows = [
        {**row, "row_key": str(key), "words": [record_of(word) for word in words] or None}
        for key, words in enumerate(pictures)
    ]
    kinds = {**KEPT, **{name: schema.IMAGES.columns[name] for name in ("width", "height", "words")}}
    kinds |= {"strokes": schema.IMAGES.columns["strokes"], "embedding": "array<float>"}
    frame = spark.createDataFrame(
        [[row.get(name) for name in kinds] for row in rows], schema.ddl(kinds)
    )
    found = example_rows(frame, config.domain).toPandas().sort_values("row_key")
    (names,) = {text: tuple(text.split()) for text in found["candidate_names"]}.values()
    assert names[-1] == "conf_my-ocr"
    assert names.count("conf_rapidocr") == 1
    read = [candidate for candidate in found["candidate"] if len(candidate)]
    seen = [dict(zip(names, candidate, strict=True)) for candidate in read]
    assert [[row["conf_rapidocr"], row["conf_my-ocr"]] for row in seen] == [[60, -1], [-1, 70]]
