"""The rows of an answer file: the columns that were asked for, in the catalog's order."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import ArrayType, StructType

from entity_extract.catalog.answer_columns import INDEX, KEYS, PREDICTION, meant_columns
from entity_extract.catalog.answers_file import is_parquet, write_answers, write_answers_parquet
from entity_extract.catalog.row_names import POSITION
from entity_extract.config import CatalogConfig
from entity_extract.schema import SAMPLE_ID
from entity_extract.spark.catalog.columns_text import quoted


def write_answer_rows(
    catalog: DataFrame,
    predictions: DataFrame,
    asked: Sequence[str],
    path: Path,
    config: CatalogConfig,
) -> None:
    """A row for each of the catalog's, in its order, as CSV or, by the name of `path`, Parquet.

    `index` is the catalog's, or the row's place in the catalog, from 0. Columns that
    catalog.columns names have the catalog's own headings. In CSV lists and structs are JSON. Rows
    come to the driver a partition at a time.
    """
    names = meant_columns(asked, catalog.columns, config.columns)
    rows = _rows(catalog, predictions, names).toDF(*asked)
    places = [place for place, name in enumerate(names) if name == INDEX]
    each = config.questions_per_row
    if is_parquet(path):
        columns = to_arrow_schema(rows.schema)
        write_answers_parquet(_cells(rows, places, each), path, columns)
    else:
        write_answers(_cells(_flat(rows), places, each), path, asked)


def answer_frame(
    catalog: DataFrame, predictions: DataFrame, asked: Sequence[str], config: CatalogConfig
) -> DataFrame:
    """The same rows for a table: KEYS, which tell them apart, and the columns asked for; `index` is
    null where the catalog has none."""
    headings = [name for name in asked if name not in KEYS]
    names = [*KEYS, *meant_columns(headings, catalog.columns, config.columns)]
    return _rows(catalog, predictions, names).toDF(*KEYS, *headings)


def _rows(catalog: DataFrame, predictions: DataFrame, asked: Sequence[str]) -> DataFrame:
    own = {name: F.col(quoted(name)) for name in catalog.columns}
    own[INDEX] = F.col(SAMPLE_ID)
    theirs = dict.fromkeys(name for name in asked if name not in own)
    answers = predictions.select(*KEYS, *theirs)
    joined = catalog.join(answers, list(KEYS), "left").orderBy(POSITION)
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


def _cells(rows: DataFrame, places: Sequence[int], each: int) -> Iterator[list[Any]]:
    """`places` are those of the index; `each` row of the catalog is so many of these."""
    for number, row in enumerate(rows.toLocalIterator()):
        cells = [cell.asDict(recursive=True) if isinstance(cell, Row) else cell for cell in row]
        for place in places:
            if cells[place] is None:
                cells[place] = str(number // each)
        yield cells
