"""A DataFrame's way in: answers behind the rows of any DataFrame, in any session.

    from entity_extract.spark.extract import extracted

    answered = catalog.transform(extracted())

Plain `mapInArrow`: no lake, no session of ours, nothing of the JVM, so that it runs in a notebook
and on Spark Connect. Nothing is kept between runs; for a catalog that comes again, use the jobs.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import StructType

from entity_extract import schema
from entity_extract.config import Config
from entity_extract.extraction.extractor import Extractor
from entity_extract.extraction.questions import check_columns
from entity_extract.learning.prediction.bundle import Bundle

Batches = Iterable[pa.RecordBatch]
_ASKED = (schema.IMAGE_LINK, schema.ENTITY_NAME, schema.GROUP_ID)


def extracted(
    config: Config | None = None,
    model: Bundle | str | PathLike[str] | None = None,
    *,
    partitions: int | None = None,
) -> Callable[[DataFrame], DataFrame]:
    """For `DataFrame.transform`: rows of image_link, entity_name and maybe group_id, whatever else
    they have -> the same rows with the columns of schema.PREDICTION behind.

    Rows are hashed by link over `partitions` tasks (spark.sql.shuffle.partitions, if left out), and
    a task fetches and reads each of its links once for every batch of rows that Spark hands it.
    Executors need this package and its OCR engine. Raises UserError as Extractor does, and where
    columns are missing or taken, before anything runs.
    """
    extractor = Extractor(config, model)

    def transform(rows: DataFrame) -> DataFrame:
        check_columns(rows.columns)
        session = rows.sparkSession
        tasks = partitions or int(str(session.conf.get("spark.sql.shuffle.partitions")))
        # An empty frame parses the DDL in any session; the parser itself asks for a JVM.
        made = session.createDataFrame([], schema.ddl(schema.PREDICTION)).schema
        answering = _answering(extractor, rows.columns, to_arrow_schema(made))
        placed = rows.repartition(tasks, schema.IMAGE_LINK).sortWithinPartitions(schema.IMAGE_LINK)
        # Spark looks columns up by name here, and takes a dot in one for a field of a struct.
        plain = placed.toDF(*(f"column_{place}" for place in range(len(rows.columns))))
        return plain.mapInArrow(answering, StructType([*rows.schema.fields, *made.fields]))

    return transform


def _answering(
    extractor: Extractor, names: Sequence[str], made: pa.Schema
) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """What runs on executors. The rows' own columns, `names`, pass through as they came."""
    asked = [name for name in _ASKED if name in names]

    def run(batches: Batches) -> Iterator[pa.RecordBatch]:
        for batch in batches:
            columns = [batch.column(names.index(name)) for name in asked]
            questions = pa.RecordBatch.from_arrays(columns, asked).to_pandas()
            answers = extractor.extract_frame(questions)[made.names]
            added = pa.RecordBatch.from_pandas(answers, made, preserve_index=False)
            yield pa.RecordBatch.from_arrays(
                [*batch.columns, *added.columns], [*names, *made.names]
            )

    return run
