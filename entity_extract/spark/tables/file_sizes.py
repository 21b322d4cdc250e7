"""How many files a wave has: of `lake.file_mib` each, however many tasks wrote them."""

from collections.abc import Sequence
from typing import Final

from pyspark.sql import SparkSession

from entity_extract.spark.tables.storage import Storage

# Files too many before what was just written is written once more for that. A few come of a few
# tasks, and compaction takes them; thousands a night come of a cluster.
SURPLUS: Final = 32


def files_for(sizes: Sequence[int], file_bytes: int) -> int:
    """How many files would do for what those of `sizes`, in bytes, hold; 1 at least."""
    return max(1, -(-sum(sizes) // file_bytes))


def data_sizes(storage: Storage, folder: str) -> list[int]:
    """The bytes of each Parquet file in a folder."""
    return [size for name, size in storage.sizes(folder).items() if name.endswith(".parquet")]


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
