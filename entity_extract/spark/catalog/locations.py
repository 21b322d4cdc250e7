"""Where a table of Spark's catalog lies, for who knows it by its files."""

from urllib.parse import urlsplit

from pyspark.errors import AnalysisException
from pyspark.sql import SparkSession

from entity_extract.catalog.table_names import table_parts
from entity_extract.spark.catalog.columns_text import quoted

_METASTORES = ("spark.hadoop.hive.metastore.uris", "spark.hive.metastore.uris")


def location_of(spark: SparkSession, named: str) -> str | None:
    """The URL of `table:…`; None of a view, and of what is not there. Asks no job of Spark."""
    name = ".".join(map(quoted, table_parts(named) or ()))
    try:
        about = spark.sql(f"DESCRIBE TABLE EXTENDED {name}").collect()
    except AnalysisException:
        return None
    found = [row["data_type"] for row in about if row["col_name"] == "Location"]
    return found[-1] if found else None


def metastore_of(spark: SparkSession) -> str | None:
    """`host:port` of Hive's metastore, which knows the session's tables; None where none does."""
    for key in _METASTORES:
        if uris := spark.conf.get(key, None):
            return urlsplit(uris.partition(",")[0]).netloc
    return None
