"""A lake's root is a name like any other, whatever Hadoop makes of its letters."""

import os
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from entity_extract import schema
from entity_extract.config import LakeConfig
from entity_extract.errors import UserError
from entity_extract.lake.file_systems import check_root
from entity_extract.lake.files import LakeFiles
from entity_extract.lake.pace import Pace
from entity_extract.spark.pending import Pending
from entity_extract.spark.tables.lake import Lake

COLUMNS = f"{schema.ddl(schema.SPLITS.columns)}, open boolean"


@pytest.mark.parametrize(
    "name", ["a[b]", "a{b", "a*b?", "a\\b", "2026-11-29T10:00:00", "100%20 #ä,b", "a+b'c`d"]
)
def test_any_name_holds_a_lake(spark: SparkSession, tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    relative = os.path.relpath(root)  # the JVM was started where we are
    lake = Lake(spark, relative, LakeConfig())
    with lake.writing("test", "tests"):
        for wave, links in enumerate([[("a", True), ("b", True)], [("b", False), ("c", False)]]):
            rows = spark.createDataFrame([(link, "1", "m", o) for link, o in links], COLUMNS)
            lake.splits.publish(rows, f"r{wave}-read00000", replace=False)
        pending = Pending(lake, "read", lake.splits.read(), key="image_link", pace=Pace(10))
        assert [part.rows.count() for part in pending] == [3]
    assert {row.image_link for row in lake.splits.read().collect()} == {"a", "b", "c"}
    dataset = LakeFiles(root).dataset("splits")
    assert dataset is not None
    assert dataset.count_rows() == 3


def test_what_hadoop_cannot_read_back_is_refused_before_spark_starts() -> None:
    with pytest.raises(UserError, match=r"both : and \["):
        check_root("lake[10:00]")
    for root in ("hdfs://host:9000/a[b]", "s3a://shop/10:00", "file:///a[b]"):
        assert check_root(root) == root
