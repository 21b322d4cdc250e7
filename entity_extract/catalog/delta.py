"""Delta tables without Spark or Java: through delta-rs, the extra `delta`."""

import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa

from entity_extract.catalog.column_text import text_of
from entity_extract.errors import UserError

DELTA_LOG = "_delta_log"  # the folder that makes a folder of Parquet files a Delta table


def table_of(path: str) -> tuple[str, int | None]:
    """Delta's own way to name a version: "shop/catalog@v12" -> ("shop/catalog", 12)."""
    named = re.fullmatch(r"(.+)@v(\d+)/?", path)
    return (named[1], int(named[2])) if named else (path, None)


def delta_columns(table: Path, version: int | None) -> list[str] | None:
    """None where delta-rs is absent, or cannot read the log: Spark's reader may know more."""
    try:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError
    except ImportError:
        return None
    try:
        return [field.name for field in DeltaTable(table, version).schema().fields]
    except DeltaError:
        return None


def delta_frame(table: Path, version: int | None, columns: Sequence[str]) -> pd.DataFrame:
    """Those of `columns` that the table has, as text. Raises UserError."""
    try:
        from deltalake import DeltaTable
        from deltalake.exceptions import DeltaError
    except ImportError:
        message = f'{table}: a catalog in Delta\'s format: pip install "entity-extract[delta]"'
        raise UserError(message) from None
    try:
        opened = DeltaTable(table, version)
        held = [field.name for field in opened.schema().fields if field.name in columns]
        rows = pa.table(opened.scan(held))
    except DeltaError as err:
        reason = str(err).partition("\n")[0]
        raise UserError(f"{table}: cannot be read without Spark: {reason}") from None
    return pd.DataFrame({name: text_of(rows[name]) for name in held}, dtype=object)
