"""What becomes of a catalog's further columns in a lake of plain Parquet, night after night."""

from pathlib import Path

import pandas as pd
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from entity_extract.lake.files import LakeFiles
from entity_extract.spark.tables.vacuum import forget
from entity_extract.status import Status
from tests.spark.lake.nights import AS_TEXT, NAMES, enriched_every_night


def test_a_column_whose_type_changes_stays_readable_and_loses_nothing(
    spark: SparkSession, tmp_path: Path
) -> None:
    root = tmp_path / "parquet"
    lake = enriched_every_night(spark, root)
    assert lake.predictions.read().count() == len(AS_TEXT)
    dataset = LakeFiles(root).dataset("predictions")
    assert dataset is not None
    by_pyarrow = dataset.to_table().to_pandas()
    for rows in (by_pyarrow, pd.read_parquet(root / "predictions")):
        rows = rows.sort_values("image_link")
        assert [None if pd.isna(cell) else cell for cell in rows["price"]] == AS_TEXT
        assert set(NAMES) < set(rows.columns)
    with lake.writing("vacuum", "tests"):
        lake.predictions.compact("compact", rows=1000)
        assert len(pd.read_parquet(root / "predictions")) == len(AS_TEXT)
        timed_out = lake.predictions.read().where("image_link LIKE 'l3-%'").drop("wave")
        timed_out = timed_out.withColumn("status", F.lit("timeout"))
        lake.predictions.publish(timed_out, "timed-out00000", replace=True)
        assert forget(lake, "retry", [Status.TIMEOUT]) == ["predictions: 2 rows forgotten"]
    assert len(pd.read_parquet(root / "predictions")) == len(AS_TEXT) - 2
