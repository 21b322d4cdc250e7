"""Starting and stopping Spark, for plain `python -m` and for spark-submit alike."""

import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from pyspark.sql import SparkSession

log = logging.getLogger(__name__)

# What our own stages rely on; [spark] in a conf file may still say otherwise.
_DEFAULTS = {
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # A batch of the EMBED stage holds this many thumbnails (about 10 kB each) in a Python worker.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "512",
}


def under_spark_submit() -> bool:
    """Whether a JVM started us (spark-submit), and not we it."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


@contextmanager
def spark_session(name: str, settings: Mapping[str, str]) -> Iterator[SparkSession]:
    """A session with `settings` (the [spark] section), stopped at the end.

    Under spark-submit the master and the deploy mode are the command line's, not ours.
    """
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    os.environ.setdefault("PYSPARK_DRIVER_PYTHON", sys.executable)
    builder = SparkSession.builder.appName(f"entity-extract {name}")
    for key, value in {**_DEFAULTS, **settings}.items():
        if key == "spark.master" and under_spark_submit():
            log.info("spark.master = %s ignored: spark-submit chooses the master", value)
            continue
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel(settings.get("spark.log.level", "ERROR"))
    try:
        yield spark
    finally:
        spark.stop()
