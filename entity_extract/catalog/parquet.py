"""Parquet files without Spark: their columns, and those that we read as text."""

from collections.abc import Collection
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from entity_extract.catalog.column_text import text_of
from entity_extract.config import CatalogColumns
from entity_extract.errors import CatalogError

_UNKNOWN_TYPES = ("FLOAT16", "VARIANT", "GEOMETRY", "GEOGRAPHY")
_UNKNOWN_PACKING = ("BROTLI",)


def parquet_columns(file: Path, columns: CatalogColumns) -> list[str]:
    """Raises CatalogError where one of ours, as `columns` calls it, holds more than one value in a
    cell, or stands twice but for its case, which Spark does not tell apart."""
    _require_known(file)
    found = pq.read_schema(file)
    for name in (name for name, own in columns.ours.items() if own != "index"):
        alike = [other for other in found.names if other.lower() == name.lower()]
        if name in alike and len(alike) > 1:
            raise CatalogError(
                f"{file}: columns {' and '.join(alike)} differ in no more than case: rename one"
            )
        if name in alike and not _is_one_text(found.field(name).type):
            raise CatalogError(
                f"{file}: column {name} holds {found.field(name).type}, no text and no number"
            )
    return list(found.names)


def _is_one_text(kind: pa.DataType) -> bool:
    """Whether a cell is one text or number, which all readers write alike; moments they do not."""
    return not (pa.types.is_nested(kind) or (pa.types.is_temporal(kind) and kind != pa.date32()))


def _require_known(file: Path) -> None:
    """Raises CatalogError for what Spark's reader of Parquet does not know, and stops at."""
    found = pq.read_metadata(file)
    for place in range(found.num_columns):
        column = found.schema.column(place)
        groups = (found.row_group(number) for number in range(found.num_row_groups))
        packed = {group.column(place).compression for group in groups} & set(_UNKNOWN_PACKING)
        if packed:
            raise CatalogError(f"{file}: Spark cannot unpack {packed.pop()}: {_again(file, '')}")
        if (kind := column.logical_type.type) in _UNKNOWN_TYPES:
            top = column.path.split(".")[0]
            without = _again(file, f".drop(columns='{top}')")
            raise CatalogError(
                f"{file}: column {top} ({kind}) keeps Spark from opening the file: {without}"
            )


def _again(file: Path, change: str) -> str:
    """The command that writes the file anew."""
    written = f"pd.read_parquet('{file}'){change}.to_parquet('{file}')"
    return f'python -c "import pandas as pd; {written}"'


def parquet_frame(file: Path, columns: Collection[str]) -> pd.DataFrame:
    """Those of `columns` that the file has, as text."""
    with pq.ParquetFile(file) as opened:
        held = [name for name in opened.schema_arrow.names if name in columns]
        table = opened.read(held)
    return pd.DataFrame({name: text_of(table[name]) for name in held}, dtype=object)
