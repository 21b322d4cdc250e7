"""Workbooks of Excel as catalogs: their first sheet, all cells as text. For small ones, read whole
on the driver, through the extra `xlsx`."""

import logging
import zipfile
import zlib
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd

from entity_extract.catalog.text.local_text import Stamped, stamped
from entity_extract.errors import CatalogError

log = logging.getLogger(__name__)

_LARGEST = 64 * 2**20  # bytes of a workbook: some million rows; a parser of XML takes many times it

_UNREADABLE = (
    ValueError,
    KeyError,
    TypeError,
    OSError,
    zipfile.BadZipFile,
    zlib.error,
    ElementTree.ParseError,
)


def _check(file: Path) -> None:
    """Raises CatalogError where it cannot be opened here."""
    if find_spec("openpyxl") is None:
        raise CatalogError(f'{file}: a workbook of Excel: pip install "entity-extract[xlsx]"')
    if file.stat().st_size > _LARGEST:
        raise CatalogError(f"{file}: too large for a workbook: save it as CSV, or write Parquet")


def spreadsheet_frame(file: Path) -> pd.DataFrame:
    """The first sheet; an empty cell, or one with an error, is "". Names may stand there twice.

    Parsed once in a process while the file stays as it is. Raises CatalogError where it is no
    workbook.
    """
    _check(file)
    return _first_sheet(stamped(file)).copy()


@lru_cache(maxsize=8)
def _first_sheet(stamp: Stamped) -> pd.DataFrame:
    file = stamp.file
    try:
        with pd.ExcelFile(file, engine="openpyxl") as book:
            first, *others = book.sheet_names
            cells = pd.read_excel(
                book, sheet_name=first, header=None, dtype=str, keep_default_na=False
            )
    except _UNREADABLE as err:
        raise CatalogError(f"{file}: not a readable xlsx catalog: {err}") from None
    cells = cells.fillna("")  # errors such as #N/A; blanks are "" already
    header = cells.iloc[0].tolist() if len(cells) else []
    if not any(header):
        raise CatalogError(f"{file}: the first row of {first} is empty; it must be the header")
    if others:
        log.warning("%s: only its first sheet, %s, is read", file, first)
    return cells.iloc[1:].set_axis(header, axis=1).reset_index(drop=True).astype(object)
