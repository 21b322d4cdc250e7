"""Plain Spark: an iterator of pandas frames through one UDF, Parquet out.

python -m tests.benchmarks.peers.with_spark --catalog FILE --out FOLDER [--psm 11]
"""

from collections.abc import Iterator

import pandas as pd
from pyspark.sql import SparkSession

from tests.benchmarks.peers.work import BATCH, SAID, WORD, fetched, options, worker_work

TYPES = {"text": "string", "conf": "double", "pass": "string", "engine": "string"}
FIELDS = ",".join(f"{name}:{TYPES.get(name, 'int')}" for name in (*WORD, *SAID))
SCHEMA = f"image_link string, words array<struct<{FIELDS}>>, embedding array<float>"
TASKS_PER_CORE = 4


def main() -> None:
    args = options(__doc__ or "")
    work = args.work

    def seen(frames: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for frame in frames:
            links = frame["image_link"].tolist()
            rows = worker_work(*work)(fetched(links))
            yield pd.DataFrame(rows).assign(image_link=links)[["image_link", "words", "embedding"]]

    spark = (
        SparkSession.builder.master(f"local[{args.cores}]")
        .config("spark.driver.memory", "3g")
        .config("spark.ui.enabled", "false")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.sql.execution.arrow.pyspark.enabled", "true")
        .config("spark.sql.execution.arrow.maxRecordsPerBatch", str(BATCH))
        .getOrCreate()
    )
    catalog = spark.read.csv(str(args.catalog), header=True).select("image_link")
    spread = catalog.repartition(args.cores * TASKS_PER_CORE)
    spread.mapInPandas(seen, SCHEMA).write.parquet(str(args.out))
    spark.stop()


if __name__ == "__main__":
    main()
