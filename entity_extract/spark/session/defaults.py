"""What our stages rely on in any session; [spark] in a conf file may still say otherwise."""

from typing import Final

DEFAULTS: Final = {
    # What cannot be cast is null, as Spark 3.5 has it; Spark 4 would end the run.
    "spark.sql.ansi.enabled": "false",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # A batch of the EMBED stage holds this many thumbnails (about 10 kB each) in a Python worker.
    "spark.sql.execution.arrow.maxRecordsPerBatch": "512",
    # Rows that a task decodes at a time, all the words of each: of pictures full of text, of which
    # one has 3,000, Spark's own 4,096 rows are 0.7 GB. So few cost no more time.
    "spark.sql.parquet.columnarReaderBatchSize": "128",
    # Spark's own pattern does not know keys of accounts, as of Azure's storage.
    "spark.redaction.regex": r"(?i)secret|passw|passphrase|token|credential|[._-]key([._-]|$)",
}
# Of a session that is running already Spark takes those of SQL alone.
OF_RUNNING: Final = {key: value for key, value in DEFAULTS.items() if key.startswith("spark.sql.")}
