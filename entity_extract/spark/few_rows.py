"""Rows that are few: kept on the driver, as a relation whose rows are part of each plan.

To Spark a job costs more than thousands of rows do. Of such a relation it answers `collect` without
one, projections and filters included.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from pyspark.sql import Column, DataFrame, Row, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from entity_extract.spark.session.access import access_to
from entity_extract.spark.tables.table import no_rows


def are_here(rows: DataFrame) -> bool:
    """Whether they are such a relation, or are made from one by projections and filters alone."""
    return access_to(rows.sparkSession).is_local_relation(rows)


def held_here(spark: SparkSession, rows: Sequence[Sequence[Any]], schema: StructType) -> DataFrame:
    """The rows as such a relation, in this order."""
    if not rows:  # of none Spark would make an RDD
        return no_rows(spark, {field.name: field.dataType.simpleString() for field in schema})
    frame = pd.DataFrame(list(rows), columns=schema.names, dtype=object)
    return spark.createDataFrame(frame, schema)


def brought_here(rows: DataFrame) -> tuple[list[Row], DataFrame]:
    """Few rows, worked out once; and as such a relation."""
    found = rows.collect()
    return found, held_here(rows.sparkSession, found, rows.schema)


def counted(rows: DataFrame) -> int:
    if are_here(rows):
        return len(rows.select(F.lit(1)).collect())
    return int(rows.count())  # NumPy's number, over Spark Connect


def is_empty(rows: DataFrame) -> bool:
    return not counted(rows) if are_here(rows) else rows.isEmpty()


def counted_where(rows: DataFrame, conditions: dict[str, Column]) -> dict[str, int]:
    """How many rows each condition holds for."""
    named = {name: F.coalesce(held, F.lit(False)) for name, held in conditions.items()}
    if are_here(rows):
        found = rows.select(*(held.alias(name) for name, held in named.items())).collect()
        return {name: sum(row[name] for row in found) for name in named}
    sums = (F.count(F.when(held, 1)).alias(name) for name, held in named.items())
    return rows.agg(*sums).collect()[0].asDict()
