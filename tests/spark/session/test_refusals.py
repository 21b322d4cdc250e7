"""What the user reads when a file system refuses or an executor lacks something."""

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from py4j.protocol import Py4JJavaError
from pyspark.errors import PySparkException
from pyspark.errors.exceptions.connect import SparkConnectGrpcException
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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "(org.apache.hadoop.fs.s3a.UnknownStoreException) `s3a://gone/': getFileStatus: "
            "software.amazon.awssdk.services.s3.model.NoSuchBucketException (Service: S3, Status)",
            "no such bucket: `s3a://gone/': getFileStatus",
        ),
        (
            "(org.apache.spark.SparkException) Job aborted due to stage failure: Task 0 in stage "
            "3.0 failed 4 times, most recent failure: Lost task 0.3 in stage 3.0 (TID 9) (host1 "
            "executor 2): java.net.UnknownHostException: store.example\n\tat java.base/a(b)",
            "no such host: store.example",
        ),
        (
            "<_MultiThreadedRendezvous of RPC that terminated with:\n"
            '\tstatus = StatusCode.UNAVAILABLE\n\tdetails = "Socket closed"\n\tdebug = 1\n>',
            "the server of Spark Connect is gone: Socket closed",
        ),
        ("(org.apache.spark.SparkException) a bug of ours", None),
    ],
)
def test_what_a_server_of_spark_connect_tells_is_told_as_well(text: str, said: str | None) -> None:
    found = refusal(SparkConnectGrpcException(text))
    assert found == said or (said is not None and str(found).startswith(said))


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
