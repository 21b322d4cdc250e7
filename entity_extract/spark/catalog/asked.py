"""What a catalog asks: of each of its pictures, and whether anybody can answer it."""

from collections.abc import Collection, Sequence

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from entity_extract.catalog.entities import none_is_known
from entity_extract.errors import CatalogError
from entity_extract.schema import ENTITY_NAME
from entity_extract.spark.few_rows import are_here, counted, held_here, is_empty

_NAMES = 1_000  # of what is asked, looked at for the message


def asked_of_each(rows: DataFrame, entities: Sequence[str]) -> DataFrame:
    """Each row once for each of `entities`, one after another, with its entity_name; of none of
    these the rows as they are."""
    if not entities:
        return rows
    if are_here(rows):
        columns = StructType([*rows.schema, StructField(ENTITY_NAME, StringType())])
        asked = [(*row, name) for row in rows.collect() for name in entities]
        return held_here(rows.sparkSession, asked, columns)
    each = F.explode(F.array(*map(F.lit, entities)))
    return rows.withColumn(ENTITY_NAME, each)


def check_questions(catalog: DataFrame, entities: Collection[str]) -> None:
    """Raises CatalogError where the catalog has rows and none of them asks for one of `entities`:
    to read its pictures would be for nothing."""
    known = F.col(ENTITY_NAME).isin(list(entities))
    if not is_empty(catalog.where(known)) or not counted(catalog):
        return
    names = catalog.select(F.coalesce(ENTITY_NAME, F.lit(""))).distinct().limit(_NAMES).collect()
    raise CatalogError(none_is_known((row[0] for row in names), entities))
