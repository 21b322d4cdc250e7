"""What Spark's catalog tells of a table: where it lies, for who knows it by its files."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from entity_extract.spark.catalog.columns_text import quoted

_DETAILS = "# Detailed "
_METASTORES = ("spark.hadoop.hive.metastore.uris", "spark.hive.metastore.uris")


def name_in_sql(parts: Sequence[str]) -> str:
    """Of a table of these parts."""
    return ".".join(map(quoted, parts))


def told_of(spark: SparkSession, name: str) -> Mapping[str, str]:
    """`Provider`, `Location` and the like of the table `name`, quoted as SQL has it; nothing of
    what is not there. Asks no job of Spark."""
    try:
        about = spark.sql(f"DESCRIBE TABLE EXTENDED {name}").collect()
    except AnalysisException:
        return {}
    found = [(row["col_name"], str(row["data_type"])) for row in about]
    details = [place for place, (name, _) in enumerate(found) if name.startswith(_DETAILS)]
    return dict(found[details[-1] :]) if details else {}  # before them stand columns


def location_of(spark: SparkSession, parts: Sequence[str]) -> str | None:
    """The URL of a table; None of a view, and of what is not there."""
    return told_of(spark, name_in_sql(parts)).get("Location")


def metastore_of(spark: SparkSession) -> str | None:
    """`host:port` of Hive's metastore, which knows the session's tables; None where none does."""
    for key in _METASTORES:
        if uris := spark.conf.get(key, None):
            return urlsplit(uris.partition(",")[0]).netloc
    return None
