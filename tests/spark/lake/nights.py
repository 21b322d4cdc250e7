"""A catalog that comes again every night, with further columns of other types, and a lake's
predictions of it. For test_nights.py, and for catalog/test_delta.py, whose session has the jars."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.config import CatalogConfig, LakeConfig
from entity_extract.spark.catalog.rows import POSITION, read_catalog
from entity_extract.spark.tables.lake import Lake

PRICES = [
    pa.array([1, None]),
    pa.array([1.5, 2.0]),
    pa.nulls(2),
    pa.array(["2 for 1", "7"]),
    pa.array([[1], None]),
    pa.array([{"usd": 1}, {"usd": 2}]),
]
NAMES = ("price in $", "price_in_$", "", "Size", "a.b`c")  # what Delta allows, or does not
AS_TEXT = ["1", None, "1.5", "2.0", None, None, "2 for 1", "7", "[1]", None]
AS_TEXT += ['{"usd":1}', '{"usd":2}']


def enriched_every_night(spark: SparkSession, root: Path) -> Lake:
    """Publishes the rows of each night, without answers, some in place of an earlier row."""
    lake = Lake(
        spark, str(root), LakeConfig(format="parquet" if "parquet" in root.name else "delta")
    )
    for night, prices in enumerate(PRICES):
        path = root.parent / f"{root.name}-{night}.parquet"
        columns = {
            "image_link": [f"l{night}-0", f"l{night}-1"],
            "group_id": ["1", "1"],
            "entity_name": ["width", "width"],
            "price": prices,
        }
        columns |= {name: pa.array([name, None]) for name in NAMES}
        pq.write_table(pa.table(columns), path)
        rows = read_catalog(spark, str(path), CatalogConfig()).drop(POSITION)
        for name, kind in schema.PREDICTIONS.columns.items():
            if name not in rows.columns:
                rows = rows.withColumn(name, F.lit(None).cast(kind))
        rows = rows.withColumn("open", F.lit(False))
        with lake.writing(f"night{night}", "tests"):
            lake.predictions.publish(rows, f"n{night}-predict00000", replace=True)
            lake.predictions.publish(rows, f"n{night}-again00000", replace=True)
    return lake
