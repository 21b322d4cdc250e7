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
from entity_extract.errors import UserError
from entity_extract.extraction.extractor import Extractor, Readings
from entity_extract.extraction.questions import ASKED, check_columns
from entity_extract.learning.prediction.bundle import Bundle

Batches = Iterable[pa.RecordBatch]
_TASKS = 200  # Spark's own default
_TEXT = ("string",)
_KINDS = {
    schema.IMAGE_LINK: _TEXT,
    schema.ENTITY_NAME: _TEXT,
    schema.GROUP_ID: (*_TEXT, "tinyint", "smallint", "int", "bigint", "void"),
}


def extracted(
    config: Config | None = None,
    model: Bundle | str | PathLike[str] | None = None,
    *,
    partitions: int | None = None,
) -> Callable[[DataFrame], DataFrame]:
    """For `DataFrame.transform`: rows of image_link, entity_name and maybe group_id, whatever else
    they have -> the same rows with the columns of schema.PREDICTION behind.

    Rows are hashed by link over `partitions` tasks (spark.sql.shuffle.partitions, if left out), so
    that each link is fetched and read once. Executors need this package and its OCR engine. Raises
    UserError as Extractor does, and where columns are missing, taken, or no text, before anything
    runs.
    """
    if partitions is not None and partitions < 1:
        raise UserError(f"partitions = {partitions}: it takes one at least")
    extractor = Extractor(config, model)

    def transform(rows: DataFrame) -> DataFrame:
        _check_names(rows)
        _check_types(rows)
        session = rows.sparkSession
        tasks = partitions or tasks_of(session.conf.get("spark.sql.shuffle.partitions"))
        # An empty frame parses the DDL in any session; the parser itself asks for a JVM.
        made = session.createDataFrame([], schema.ddl(schema.PREDICTION)).schema
        answering = _answering(extractor, rows.columns, to_arrow_schema(made))
        # Spark looks columns up by name here, and takes a dot in one for a field of a struct.
        plain = rows.toDF(*(f"column_{place}" for place in range(len(rows.columns))))
        link = f"column_{rows.columns.index(schema.IMAGE_LINK)}"
        placed = plain.repartition(tasks, link).sortWithinPartitions(link)
        return placed.mapInArrow(answering, StructType([*rows.schema.fields, *made.fields]))

    return transform


def tasks_of(setting: str | None) -> int:
    """What spark.sql.shuffle.partitions says: a number, or on Databricks "auto"."""
    return int(setting) if setting is not None and setting.isdecimal() else _TASKS


def _check_names(rows: DataFrame) -> None:
    """Raises UserError where a column is missing, there twice or taken; unless the session tells
    upper from lower case, also by one that differs in no more."""
    check_columns(rows.columns)
    if rows.sparkSession.conf.get("spark.sql.caseSensitive") != "true":
        check_columns(name.lower() for name in rows.columns)


def _check_types(rows: DataFrame) -> None:
    for field in rows.schema.fields:
        kinds, kind = _KINDS.get(field.name), field.dataType.simpleString()
        if kinds is not None and kind not in kinds:
            raise UserError(f"column {field.name} is {kind}, not {' or '.join(kinds)}")


def _answering(
    extractor: Extractor, names: Sequence[str], made: pa.Schema
) -> Callable[[Batches], Iterator[pa.RecordBatch]]:
    """What runs on executors. The rows' own columns, `names`, pass through as they came."""
    asked = [name for name in ASKED if name in names]

    def run(batches: Batches) -> Iterator[pa.RecordBatch]:
        readings: Readings = {}
        for batch in batches:
            columns = [batch.column(names.index(name)) for name in asked]
            questions = pa.RecordBatch.from_arrays(columns, asked).to_pandas()
            # Rows come by link: those of the last one may go on in the next batch.
            readings = extractor.read(questions[schema.IMAGE_LINK], known=readings)
            answers = extractor.answer(questions, readings)[made.names]
            added = pa.RecordBatch.from_pandas(answers, made, preserve_index=False)
            yield pa.RecordBatch.from_arrays(
                [*batch.columns, *added.columns], [*names, *made.names]
            )

    return run
