"""The rows of an answer file, as spark/answer_rows.py writes them: in the catalog's order."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from entity_extract.catalog.answer_columns import INDEX, PREDICTION, meant_columns
from entity_extract.catalog.answers_file import is_parquet, write_answers, write_answers_parquet
from entity_extract.config import CatalogConfig
from entity_extract.local.arrow_types import arrow_type
from entity_extract.local.held import KEYS, held_answers
from entity_extract.local.lake import LocalLake
from entity_extract.local.table import keys_of
from entity_extract.schema import PREDICTIONS, SAMPLE_ID

Cells = list[Any]


def write_answer_rows(
    catalog: pa.Table, lake: LocalLake, asked: Sequence[str], path: Path, config: CatalogConfig
) -> None:
    """A row for each of the catalog's, in its order, as CSV or, by the name of `path`, Parquet.

    `index` is the catalog's, or the row's place in the catalog, from 0. Columns that
    catalog.columns names have the catalog's own headings. In CSV lists and structs are JSON.
    """
    names = meant_columns(asked, catalog.column_names, config.columns)
    columns = pa.schema([(h, _kind(name, catalog)) for h, name in zip(asked, names, strict=True)])
    cells = _cells(catalog, lake, names, config.questions_per_row)
    if is_parquet(path):
        write_answers_parquet(cells, path, columns)
    else:
        write_answers(map(_flat, cells), path, asked)


def _kind(name: str, catalog: pa.Table) -> pa.DataType:
    if name == INDEX:
        return pa.string()
    if name in catalog.column_names:
        return catalog.schema.field(name).type
    return arrow_type(PREDICTIONS.columns[name])


def _cells(catalog: pa.Table, lake: LocalLake, names: Sequence[str], each: int) -> Iterator[Cells]:
    """`each` row of the catalog is so many of these."""
    own = {*catalog.column_names, INDEX}
    theirs = [name for name in dict.fromkeys(names) if name not in own]
    keys = keys_of(catalog, KEYS)
    answers = held_answers(lake, keys, theirs)
    ours = {
        name: catalog[SAMPLE_ID if name == INDEX else name].to_pylist()
        for name in names
        if name in own
    }
    for place, key in enumerate(keys):
        answer = answers.get(key, {})
        cells = [ours[name][place] if name in own else answer.get(name) for name in names]
        for at, name in enumerate(names):
            if cells[at] is None and name == INDEX:
                cells[at] = str(place // each)
            elif cells[at] is None and name == PREDICTION:
                cells[at] = ""
        yield cells


def _flat(cells: Cells) -> Cells:
    return [_as_json(cell) if isinstance(cell, list | dict) else cell for cell in cells]


def _as_json(cell: list[Any] | dict[str, Any]) -> str:
    """As Spark writes it: without the fields of a struct that are null."""
    if isinstance(cell, dict):
        cell = {name: value for name, value in cell.items() if value is not None}
    return json.dumps(cell, ensure_ascii=False, separators=(",", ":"))
