"""The labels of corrected rows put in the place of the catalog's own."""

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.catalog.corrections import (
    CATALOG_KEY,
    Corrections,
    RowId,
    read_corrections,
    say_corrected,
)
from entity_extract.spark.few_rows import are_here, counted_where, held_here

_SAID, _KEY = "corrected_value", "correction_key"  # of a row, on its way


def corrected(rows: DataFrame, path: str, *, catalog_key: Column) -> DataFrame:
    """Catalog rows, as text, with the labels of the corrections at `path`, in the order they had.

    `catalog_key` as `identified` tells it. Raises CatalogError as `read_corrections`.
    """
    found = read_corrections(path)
    keyed = rows.withColumn(_KEY, catalog_key)
    said = _here(keyed, found) if are_here(rows) else _joined(keyed, found)
    value = F.col(_SAID)
    counts = counted_where(said, {"rows": value.isNotNull()})
    say_corrected(counts["rows"], len(found), path)
    label = F.coalesce(value, F.col(schema.ENTITY_VALUE))
    return said.withColumn(schema.ENTITY_VALUE, label).select(*rows.columns)


def _here(rows: DataFrame, found: Corrections) -> DataFrame:
    names = [*schema.QUESTION, _KEY]
    told = [
        (*row, found.get(RowId(*(row[name] or "" for name in names)))) for row in rows.collect()
    ]
    columns = rows.withColumn(_SAID, F.lit(None).cast("string")).schema
    return held_here(rows.sparkSession, told, columns)


def _joined(rows: DataFrame, found: Corrections) -> DataFrame:
    """People write thousands of them, not millions: they go to the rows, which stay in place."""
    names = [*schema.QUESTION, CATALOG_KEY]
    ours = {name: f"correction_{place}" for place, name in enumerate(names)}
    frame = pd.DataFrame(
        [(*row, value) for row, value in found.items()],
        columns=[*ours.values(), _SAID],
        dtype=object,
    )
    kinds = ", ".join(f"{name} string" for name in frame.columns)
    table = F.broadcast(rows.sparkSession.createDataFrame(frame, kinds))
    own = dict(zip(names, [*schema.QUESTION, _KEY], strict=True))
    same = [F.coalesce(rows[own[name]], F.lit("")) == table[ours[name]] for name in names]
    return rows.join(table, same, "left").drop(*ours.values())
