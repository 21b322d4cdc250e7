"""The rows of an answer file: the columns that were asked for, in the catalog's order."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pyspark.sql import DataFrame, Row
from pyspark.sql import functions as F
from pyspark.sql.pandas.types import to_arrow_schema
from pyspark.sql.types import ArrayType, StructType

from entity_extract.catalog.answers_file import is_parquet, write_answers, write_answers_parquet
from entity_extract.config import CatalogColumns, CatalogConfig
from entity_extract.errors import UserError, meant
from entity_extract.schema import ENTITY_NAME, PREDICTIONS, QUESTION, SAMPLE_ID
from entity_extract.spark.catalog.columns_text import quoted
from entity_extract.spark.catalog.rows import POSITION, ROW_COPY, ROW_KEY

INDEX, PREDICTION = "index", "prediction"
KEYS = (ROW_KEY, ROW_COPY)


def default_columns(config: CatalogConfig) -> list[str]:
    """The challenge's; with the entity where a row of the catalog is asked several, and by the
    names that the catalog calls them."""
    named = config.columns.named
    entity = [named.get(ENTITY_NAME, ENTITY_NAME)] if config.entities else []
    return [named.get(INDEX, INDEX), *entity, PREDICTION]


def default_table_columns(config: CatalogConfig) -> list[str]:
    """Of a table: what was asked, and what of the answer a query wants."""
    ours = (INDEX, *QUESTION, PREDICTION, "value", "unit", "confidence", "status")
    return [config.columns.named.get(name, name) for name in ours]


def check_columns(asked: Sequence[str], catalog: DataFrame, columns: CatalogColumns) -> None:
    """Raises UserError where an answer file of these columns cannot be had: they are `index`, those
    of `predictions`, and those of the catalog, as they are kept or as `columns` calls them."""
    there = [INDEX, *PREDICTIONS.columns]
    there += [n for n in catalog.columns if n not in there and n != POSITION]
    theirs = [name for name in columns.named.values() if name not in there]
    for name in asked:
        if name not in there and name not in theirs:
            there = [*theirs, *there]
            raise UserError(
                f"--answers-columns: no column {name!r}{meant(name, there) or '.'} "
                f"There are {', '.join(there)}"
            )


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
    names = _meant(asked, catalog, config.columns)
    rows = _rows(catalog, predictions, names).toDF(*asked)
    places = [place for place, name in enumerate(names) if name == INDEX]
    each = max(1, len(config.entities))
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
    names = [*KEYS, *_meant(headings, catalog, config.columns)]
    return _rows(catalog, predictions, names).toDF(*KEYS, *headings)


def _meant(asked: Sequence[str], catalog: DataFrame, columns: CatalogColumns) -> list[str]:
    """The columns by the names that we have for them."""
    there = {INDEX, *PREDICTIONS.columns, *catalog.columns}
    return [name if name in there else columns.ours[name] for name in asked]


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
