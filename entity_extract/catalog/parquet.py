"""Parquet files without Spark: their columns, and those that we read as text."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from entity_extract import schema
from entity_extract.catalog.column_text import text_of
from entity_extract.errors import CatalogError

_TOO_YOUNG = ("FLOAT16", "VARIANT", "GEOMETRY", "GEOGRAPHY")
_OURS = (*schema.REQUIRED, schema.ENTITY_VALUE)


def parquet_columns(file: Path) -> list[str]:
    """Raises CatalogError where one of ours holds more than one value in a cell, or stands twice
    but for its case, which Spark does not tell apart."""
    _require_known(file)
    found = pq.read_schema(file)
    for name in _OURS:
        alike = [other for other in found.names if other.lower() == name]
        if name in alike and len(alike) > 1:
            raise CatalogError(
                f"{file}: columns {' and '.join(alike)} differ in no more than case: rename one"
            )
        if name in alike and pa.types.is_nested(found.field(name).type):
            raise CatalogError(
                f"{file}: column {name} holds {found.field(name).type}, not one text a row"
            )
    return list(found.names)


def _require_known(file: Path) -> None:
    """Parquet's own reader in Spark 3.5 cannot open files that hold types younger than itself."""
    columns = pq.read_metadata(file).schema
    for place in range(len(columns)):
        column = columns.column(place)
        if column.logical_type.type in _TOO_YOUNG:
            top = column.path.split(".")[0]
            drop = f"pd.read_parquet('{file}').drop(columns='{top}').to_parquet('{file}')"
            raise CatalogError(
                f"{file}: column {top} ({column.logical_type.type}) keeps Spark from opening the "
                f'file: python -c "import pandas as pd; {drop}"'
            )


def parquet_frame(file: Path, columns: Collection[str]) -> pd.DataFrame:
    """Those of `columns` that the file has, as text."""
    with pq.ParquetFile(file) as opened:
        held = [name for name in opened.schema_arrow.names if name in columns]
        table = opened.read(held)
    return pd.DataFrame({name: text_of(table[name]) for name in held}, dtype=object)
