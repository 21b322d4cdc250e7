"""What the user reads when a file system refuses or an executor lacks something."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError
from entity_extract.reading.engine import OcrUnavailable
from entity_extract.spark.catalog.rows import read_catalog
from entity_extract.spark.session.refusals import lacking, refusal


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("nosuch://shop/catalog.csv", "Spark knows no such kind of path"),
        ("s3a://shop/catalog.csv", "s3a.toml"),
        ("hdfs://name.invalid/catalog.csv", "no such host"),
    ],
)
def test_a_catalog_on_a_file_system_that_cannot_be_reached_is_a_message(
    spark: SparkSession, path: str, said: str
) -> None:
    with pytest.raises(CatalogError) as caught:
        read_catalog(spark, path, CatalogConfig())
    assert path in str(caught.value)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_catalog_that_goes_while_it_is_read_is_a_message(
    spark: SparkSession, tmp_path: Path
) -> None:
    catalog = str(tmp_path / "catalog")
    spark.range(3).write.parquet(catalog)
    rows = spark.read.parquet(catalog)
    for file in tmp_path.glob("catalog/*.parquet"):
        file.unlink()
    with pytest.raises((Py4JJavaError, PySparkException)) as caught:
        rows.collect()
    said = refusal(caught.value)
    assert said is not None
    assert said.startswith("a file is gone")
    assert said.rstrip(".").endswith("does not exist")


def _failure(spark: SparkSession, kind: type[Exception]) -> Py4JJavaError | PySparkException:
    def fail(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        raise kind("there is no tesseract here")

    with pytest.raises((Py4JJavaError, PySparkException)) as caught:
        spark.range(1).mapInPandas(fail, "id long").collect()
    return caught.value


def test_what_an_executor_lacks_is_told_in_its_own_words(spark: SparkSession) -> None:
    err = _failure(spark, OcrUnavailable)
    assert lacking(err) == "on an executor: there is no tesseract here"
    assert refusal(err) is None


def test_a_bug_on_an_executor_keeps_its_traceback(spark: SparkSession) -> None:
    assert lacking(_failure(spark, ValueError)) is None
