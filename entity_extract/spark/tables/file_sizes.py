"""A wave that too many tasks have written, put into fewer files."""

from pyspark.sql import SparkSession

from entity_extract.lake.file_sizes import SURPLUS, data_sizes, files_for
from entity_extract.spark.tables.storage import Storage


def merged(spark: SparkSession, storage: Storage, folder: str, *, file_bytes: int) -> None:
    """Puts the files of a folder that nobody reads yet together, where there are SURPLUS too many;
    without a shuffle, as rows stay in the order of their files."""
    sizes = data_sizes(storage, folder)
    wanted = files_for(sizes, file_bytes)
    if len(sizes) - wanted < SURPLUS:
        return
    aside = f"{folder}.merged"
    rows = spark.read.parquet(storage.pattern(folder))
    rows.coalesce(wanted).write.parquet(storage.url(aside))
    storage.remove(folder)
    storage.move(aside, folder)
