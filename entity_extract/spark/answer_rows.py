"""The rows of an answer file: the columns that were asked for, in the catalog's order."""

import difflib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import ArrayType, StructType

from entity_extract.catalog.answers_file import is_parquet, write_answers, write_answers_parquet
from entity_extract.errors import UserError
from entity_extract.schema import PREDICTIONS, SAMPLE_ID
from entity_extract.spark.catalog.columns_text import quoted
from entity_extract.spark.catalog.rows import POSITION, ROW_COPY, ROW_KEY

INDEX, PREDICTION = "index", "prediction"
_KEYS = (ROW_KEY, ROW_COPY)


def check_columns(asked: Sequence[str], catalog: DataFrame) -> None:
    """Raises UserError where an answer file of these columns cannot be had: they are `index`, those
    of `predictions`, and those of the catalog, as they are kept."""
    there = [INDEX, *PREDICTIONS.columns]
    there += [n for n in catalog.columns if n not in there and n != POSITION]
    for name in asked:
        if name not in there:
            like = difflib.get_close_matches(name, there, n=1)
            meant = f"; did you mean {like[0]}?" if like else ""
            raise UserError(
                f"--answers-columns: no column {name!r}{meant} There are {', '.join(there)}"
            )


def write_answer_rows(
    catalog: DataFrame, predictions: DataFrame, asked: Sequence[str], path: Path
) -> None:
    """A row for each of the catalog's, in its order, as CSV or, by the name of `path`, Parquet.

    `index` is the catalog's, or the row's place in the catalog, from 0. In CSV lists and structs
    are JSON. Rows come to the driver a partition at a time.
    """
    rows = _rows(catalog, predictions, asked)
    if is_parquet(path):
        columns = to_arrow_schema(rows.schema)
        write_answers_parquet(_cells(rows, asked), path, columns)
    else:
        write_answers(_cells(_flat(rows), asked), path, asked)


def _rows(catalog: DataFrame, predictions: DataFrame, asked: Sequence[str]) -> DataFrame:
    own = {name: F.col(quoted(name)) for name in catalog.columns}
    own[INDEX] = F.col(SAMPLE_ID)
    theirs = [name for name in asked if name not in own]
    answers = predictions.select(*_KEYS, *theirs)
    joined = catalog.join(answers, list(_KEYS), "left").orderBy(POSITION)
    columns = own | {name: F.col(name) for name in theirs}
    if PREDICTION in columns:
        columns[PREDICTION] = F.coalesce(PREDICTION, F.lit(""))
    return joined.select(*(columns[name].alias(name) for name in asked))


def _flat(rows: DataFrame) -> DataFrame:
    nested = {
        field.name: F.to_json(quoted(field.name))
        for field in rows.schema
        if isinstance(field.dataType, ArrayType | StructType)
    }
    return rows.withColumns(nested) if nested else rows


def _cells(rows: DataFrame, asked: Sequence[str]) -> Iterator[list[Any]]:
    place_of = asked.index(INDEX) if INDEX in asked else None
    for place, row in enumerate(rows.toLocalIterator()):
        cells = [cell.asDict(recursive=True) if isinstance(cell, Row) else cell for cell in row]
        if place_of is not None and cells[place_of] is None:
            cells[place_of] = str(place)
        yield cells
