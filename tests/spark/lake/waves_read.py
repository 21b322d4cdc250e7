"""How many rows Spark reads for each part that a stage works on, in a lake of so many waves. For
test_waves_read.py; as a program of its own for Delta's format, whose jars its session needs.

python -m tests.spark.lake.waves_read FOLDER
"""

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.config import Config, load_config
from entity_extract.lake.files import LakeFormat
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.progress import Progress
from entity_extract.spark.answers import predict_missing
from entity_extract.spark.catalog.rows import identified
from entity_extract.spark.session.session import spark_session
from entity_extract.spark.tables.lake import Lake

ROWS = 60  # links of a wave of `images`, and questions about them
WAVES = (2, 6)
READER, ENCODER, REREADER = "reader", "encoder", "rereader"


@dataclass
class Counted:
    """Rows that came from files, or from what Spark keeps."""

    rows: int = field(default=0)


@contextmanager
def rows_read(spark: SparkSession) -> Iterator[Counted]:
    """By Spark's own count, in the block."""
    counted = Counted()
    context: Any = cast(Any, spark.sparkContext._jsc).sc()
    jvm: Any = spark.sparkContext._jvm

    def stages() -> dict[int, int]:
        context.listenerBus().waitUntilEmpty()
        none = spark.sparkContext._gateway.new_array(jvm.double, 0)
        found = context.statusStore().stageList(None, False, False, none, jvm.java.util.ArrayList())
        told = (found.apply(number) for number in range(found.size()))
        return {stage.stageId(): stage.inputRecords() for stage in told}

    before = stages()
    yield counted
    counted.rows = sum(rows for stage, rows in stages().items() if stage not in before)


def pictures(spark: SparkSession, wave: int) -> DataFrame:
    """Rows of `images` of one wave, as READ leaves those without a word in them."""
    columns = {
        "image_link": F.concat(F.lit(f"https://shop.example/{wave}-"), F.col("id")),
        "content_sha256": F.sha2(F.concat(F.lit(f"{wave}-"), F.col("id")), 256),
        "status": F.lit("ok"),
        "width": F.lit(100),
        "height": F.lit(100),
        "reader_version": F.lit(READER),
    }
    return settled(spark.range(ROWS), schema.IMAGES, columns)


def settled(rows: DataFrame, spec: schema.TableSpec, columns: Mapping[str, Column]) -> DataFrame:
    """Rows of a table, null in what is not told."""
    made = rows.select(
        *(
            columns.get(name, F.lit(None)).cast(kind).alias(name)
            for name, kind in spec.columns.items()
        )
    )
    return made.withColumn("open", F.lit(False))


def filled(lake: Lake, waves: int) -> None:
    for wave in range(waves):
        read = pictures(lake.spark, wave)
        lake.images.publish(read, f"r1-read{wave:05}", replace=False)
        seen = read.select(
            "content_sha256",
            F.array(F.lit(0.5).cast("float"), F.lit(float(wave)).cast("float")).alias("embedding"),
            F.lit(ENCODER).alias("encoder_version"),
            "open",
        )
        lake.embeddings.publish(seen, f"r1-embed{wave:05}", replace=False)
        known = {name: F.col(name) for name in ("image_link", "content_sha256", "status")}
        found = {"words": F.array(), "reread_version": F.lit(REREADER)}
        again = settled(read, schema.REREADINGS, known | found)
        lake.rereadings.publish(again, f"r1-reread{wave:05}", replace=False)


def questions(lake: Lake) -> DataFrame:
    """One about each link; not so few that the driver keeps them."""
    links = [row.image_link for row in lake.images.read().select("image_link").collect()]
    asked = [(link, "1", "item_weight", None, None) for link in sorted(links)]
    names = ("image_link", "group_id", "entity_name", "sample_id", "entity_value")
    rows = lake.spark.createDataFrame(asked, ", ".join(f"{name} string" for name in names))
    return identified(rows).persist()


def answered(lake: Lake, asked: DataFrame, config: Config, bundle: Bundle, run: str) -> Counted:
    stages = {name: Progress(name, run) for name in ("update", "predict")}
    with rows_read(lake.spark) as counted:
        predict_missing(
            lake,
            asked,
            config,
            bundle,
            stages.__getitem__,
            reader_version=READER,
            reread_version=REREADER,
        )
    rows = asked.count()
    assert lake.predictions.read().where("reread").count() == rows
    assert stages["predict"].rows == rows, stages["predict"]
    assert stages["predict"].waves == rows // ROWS, stages["predict"]
    assert lake.predictions.read().count() == rows
    return counted


def rows_a_part(spark: SparkSession, root: Path, held_as: LakeFormat, waves: int) -> list[float]:
    """Read by a first model for each part of its questions, and by a second one, whose answers
    take the place of the first one's."""
    config = load_config(
        [], [f"lake.wave_links={ROWS // 10}", "lake.wave_s=0", f"lake.format={held_as}"]
    )
    stricter = config.model_copy(
        update={"predict": config.predict.model_copy(update={"min_confidence": 0.9})}
    )
    looking = replace(default_bundle(), about=default_bundle().about | {"encoder_version": ENCODER})
    lake = Lake(spark, str(root), config.lake)
    with lake.writing("test", "tests"):
        filled(lake, waves)
        asked = questions(lake)
        first = answered(lake, asked, config, looking, "r2")
        second = answered(lake, asked, stricter, looking, "r3")
        asked.unpersist()
    return [first.rows / waves, second.rows / waves]


def main(folder: str) -> None:
    config = load_config(["conf/local.toml", "conf/delta.toml"])
    brief = {
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.sql.shuffle.partitions": "1",
    }
    with spark_session("tests", config.spark | brief, brief=True) as spark:
        found = [rows_a_part(spark, Path(folder) / str(n), "delta", n) for n in WAVES]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1])
