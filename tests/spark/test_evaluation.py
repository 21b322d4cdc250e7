"""Which rows a model is evaluated on as seen and which as new: by the pictures that it was trained
with."""

from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.config import Config
from entity_extract.spark.catalog.rows import identified
from entity_extract.spark.evaluation import evaluate, evaluated_rows
from entity_extract.spark.tables.lake import Lake

CATALOG = "image_link string, group_id string, entity_name string, entity_value string"
SPLIT = f"{schema.ddl(schema.SPLITS.columns)}, open boolean"
# image_link -> what it shows, what it was to the model `m`, and to another one, `old`.
PICTURES = {
    "learned": ("tea", "train", "validation"),
    "held_out": ("mug", "validation", "train"),
    "learned_unanswered": ("jam", "train", None),
    "held_out_unanswered": ("oil", "validation", None),
    "copy_of_learned": ("tea", None, None),
    "copy_of_held_out": ("mug", None, "train"),
    "other": ("egg", None, "validation"),
}
EXPECTED = {
    "learned": "train",
    "held_out": "validation",
    "learned_unanswered": "train",
    "held_out_unanswered": "validation",
    "copy_of_learned": "train",
    "copy_of_held_out": "validation",
    "other": "new",
}


@pytest.fixture
def evaluated(lake: Lake, spark: SparkSession) -> pd.DataFrame:
    rows = [(link, "1", "item_weight", "5 gram") for link in (*PICTURES, "gone")]
    catalog = identified(spark.createDataFrame(rows, CATALOG))
    shown = [(link, content, False) for link, (content, *_) in PICTURES.items()]
    pictures = spark.createDataFrame(
        shown, "image_link string, content_sha256 string, open boolean"
    ).withColumn("reader_version", F.lit("r"))
    lake.images.publish(pictures, "i-0", replace=False)
    sides = [
        (link, side, version, False)
        for link, (_, *sides) in PICTURES.items()
        for side, version in zip(sides, ("m", "old"), strict=True)
        if side
    ]
    lake.splits.publish(spark.createDataFrame(sides, SPLIT), "s-0", replace=False)
    asked = catalog.where(
        ~F.col("image_link").contains("unanswered") & (F.col("image_link") != "gone")
    )
    publish_answers(lake, asked.join(pictures, "image_link"))
    return evaluated_rows(lake, catalog)


def publish_answers(lake: Lake, asked: DataFrame) -> None:
    """ "5 gram" to each of these rows."""
    answers = asked.withColumns(
        {"model_version": F.lit("m-0.5"), "prediction": F.lit("5 gram"), "source": F.lit("ranker")}
    )
    columns = {name: F.lit(None).cast(kind) for name, kind in schema.PREDICTIONS.columns.items()}
    lacking = {name: null for name, null in columns.items() if name not in answers.columns}
    answers = answers.withColumns(lacking).select(*schema.PREDICTIONS.columns, "open")
    lake.predictions.publish(answers, "p-0", replace=False)


def test_a_row_is_of_the_split_its_picture_was_in_under_any_link_answered_or_not(
    evaluated: pd.DataFrame,
) -> None:
    found = dict(zip(evaluated["image_link"], evaluated["split"], strict=True))
    assert found == {**EXPECTED, "gone": "new"}
    silent = evaluated["image_link"].isin(["learned_unanswered", "held_out_unanswered", "gone"])
    assert (evaluated["status"][silent] == "not_read").all()
    assert (evaluated["prediction"] == silent.map({True: "", False: "5 gram"})).all()


def test_pictures_that_look_alike_are_one_to_the_intervals(
    lake: Lake, spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    """Sixty links, two pictures: how often an answer is right is as good as unknown."""
    labels = {f"http://shop/{n}.jpg": "5 gram" if n % 2 else "6 gram" for n in range(60)}
    rows = [(link, "1", "item_weight", label) for link, label in labels.items()]
    catalog = identified(spark.createDataFrame(rows, CATALOG))
    looks = {"5 gram": 0x0F0F0F0F0F0F0F0F, "6 gram": 0x3333333333333333}
    shown = [
        (link, f"{n:064x}", f"{looks[label] ^ n % 2 << 7:016x}", False)
        for n, (link, label) in enumerate(labels.items())
    ]
    pictures = spark.createDataFrame(
        shown, "image_link string, content_sha256 string, phash string, open boolean"
    ).withColumn("reader_version", F.lit("r"))
    lake.images.publish(pictures, "i-0", replace=False)
    publish_answers(lake, catalog.join(pictures.drop("phash"), "image_link"))
    named = {"catalog": "s3a://me:secret@shop/c.csv", "lake": "lake"}
    figures = evaluate(lake, catalog, config, tmp_path / "out", named=named)
    assert figures["precision"] == 0.5
    assert figures["precision_interval"] == [0.0, 1.0]
    about = figures["about"]
    assert about.keys() >= {"evaluated", "lake", "OCR_engine", "model_version", "Spark"}
    assert about["catalog"] == "s3a://…@shop/c.csv"
    assert about["OCR_engine"].startswith("another")  # the pictures were read by `r`
    errors = pd.read_csv(tmp_path / "out" / "errors.csv")
    assert len(errors) == 30
    assert errors["row_id"].is_unique
