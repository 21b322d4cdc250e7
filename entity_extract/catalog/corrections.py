"""What people said of rows in the review: a catalog of labels that wins over others."""

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd

from entity_extract import schema
from entity_extract.catalog.formats import file_format
from entity_extract.catalog.parquet import parquet_columns, parquet_frame
from entity_extract.catalog.paths import local_path
from entity_extract.catalog.text.local_text import looked_through, text_frame
from entity_extract.catalog.text.text_files import UNREADABLE
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError

log = logging.getLogger(__name__)

CATALOG_KEY: Final = "catalog_key"  # the row's columns catalog.key as JSON, "" where there are none
READ: Final = (*schema.QUESTION, CATALOG_KEY, schema.ENTITY_VALUE)
# As entity-extract review writes them, wherever a catalog's own format would be guessed.
CSV: Final = CatalogConfig(format="csv", encoding="utf-8", delimiter=",", escape="quote")


class RowId(NamedTuple):
    """Which row a correction is of: what its answer depends on. What is null is "" here."""

    image_link: str
    group_id: str
    entity_name: str
    catalog_key: str = ""


# The label of each corrected row; "" says that the picture does not give the value.
Corrections = dict[RowId, str]


def read_corrections(path: str) -> Corrections:
    """Of rows that stand there twice the last one holds. A column catalog_key may be absent.

    Raises CatalogError where `path` is no local CSV or Parquet file with the columns of a
    labelled catalog, each row labelled.
    """
    file = local_path(path)
    if file is None or not file.is_file():
        raise CatalogError(f"{path}: no such file of corrections on this machine")
    found = file_format(path, CatalogConfig(), [])
    if found not in ("csv", "parquet"):
        raise CatalogError(f"{path}: corrections are CSV or Parquet, as the review writes them")
    rows = _frame(file, found)
    missing = [name for name in READ if name not in rows and name != CATALOG_KEY]
    if missing:
        raise CatalogError(f"{path}: column {', '.join(missing)} is missing")
    if unlabelled := int(rows[schema.ENTITY_VALUE].isna().sum()):
        raise CatalogError(f"{path}: {unlabelled} rows have no entity_value, not even an empty one")
    cells = [_texts(rows, name) for name in READ]
    return {
        RowId(link, group, entity, key): value
        for link, group, entity, key, value in zip(*cells, strict=True)
    }


def _frame(file: Path, found: str) -> pd.DataFrame:
    try:
        if found == "parquet":
            parquet_columns(file, CSV.columns)
            return parquet_frame(file, READ)
        looked_through([file], found, CSV)
        return text_frame(file, found, CSV, READ)
    except UNREADABLE as err:
        raise CatalogError(f"{file}: not a readable file of corrections: {err}") from None


def _texts(rows: pd.DataFrame, name: str) -> Sequence[str]:
    if name not in rows:
        return [""] * len(rows)
    return ["" if pd.isna(cell) else str(cell) for cell in rows[name]]


def corrected_frame(
    rows: pd.DataFrame, path: str, key: Mapping[str, Sequence[str | None]]
) -> pd.DataFrame:
    """`rows` of a catalog, as text, with the labels of the corrections at `path`; says how many.

    `key` are the rows' columns of catalog.key. Raises CatalogError as `read_corrections`.
    """
    found = read_corrections(path)
    by_key = {row._replace(catalog_key=_key_told(row, path)): found[row] for row in found}
    own = [_texts(rows, name) for name in schema.QUESTION]
    keys = zip(*key.values(), strict=True) if key else [()] * len(rows)
    ids = [RowId(*cells) for cells in zip(*own, map(told, keys), strict=True)]
    labels = [
        by_key.get(row, label)
        for row, label in zip(ids, rows[schema.ENTITY_VALUE].tolist(), strict=True)
    ]
    say_corrected(sum(row in by_key for row in ids), len(found), path)
    return rows.assign(**{schema.ENTITY_VALUE: pd.Series(labels, rows.index, object)})


def say_corrected(rows: int, corrections: int, path: str) -> None:
    log.info("%s: %d corrections, labels of %d rows of this catalog", path, corrections, rows)


def told(values: Sequence[str | None]) -> str:
    """A row's columns catalog.key as one text, "" where one of them is null, or there are none."""
    return json.dumps(values) if values and None not in values else ""


def _key_told(row: RowId, path: str) -> str:
    """catalog_key is JSON as Spark writes it; by its values, as `told` has them."""
    if not row.catalog_key:
        return ""
    try:
        return told(list(json.loads(row.catalog_key).values()))
    except (ValueError, AttributeError):
        raise CatalogError(
            f"{path}: catalog_key {row.catalog_key!r} is no JSON object, as the review writes it"
        ) from None
