"""Which kind of session it is: of a JVM in this process, or of Spark Connect, which has none."""

import os
from typing import Any

from pyspark.sql import SparkSession


def is_connect(spark: SparkSession) -> bool:
    """Asked of its class's name: to load that class takes what Connect's client takes."""
    return type(spark).__module__.startswith("pyspark.sql.connect.")


def connect_session() -> SparkSession | None:
    """The client of Spark Connect that this process has; None where there is none, or it ended."""
    if "SPARK_CONNECT_MODE_ENABLED" not in os.environ:
        return None
    from pyspark.sql.connect.session import SparkSession as Client

    found: Any = Client.getActiveSession() or Client._default_session
    return None if found is None or found.is_stopped else found
