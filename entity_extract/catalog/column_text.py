"""Columns as text, as Spark's cast writes them: two readers of one catalog must not differ, since
the order of its rows, and so the split, hangs on what they say."""

import json
import math
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa


def text_of(column: pa.ChunkedArray) -> list[str | None]:
    """(n,) cells, None where null. Raises ArrowException for what is no single value."""
    if pa.types.is_floating(column.type):
        kind = np.float64 if pa.types.is_float64(column.type) else np.float32
        return [None if c is None else text_of_float(str(kind(c))) for c in column.to_pylist()]
    found: list[str | None] = column.cast(pa.string()).to_pylist()
    return found


def text_of_float(shortest: str) -> str:
    """As Java writes the number that Python's or numpy's shortest text names."""
    number = float(shortest)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    exact = Decimal(shortest)
    if number == 0 or 1e-3 <= abs(number) < 1e7:
        text = f"{exact:f}"
        return text if "." in text else f"{text}.0"
    sign, digits, exponent = exact.normalize().as_tuple()
    first, *others = map(str, digits)
    return f"{'-' * sign}{first}.{''.join(others) or '0'}E{int(exponent) + len(digits) - 1}"


def json_rows(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """An object of each line that is not blank; its numbers and truth values are text.

    Raises ValueError for a line that is not one JSON object.
    """
    for line in lines:
        if not line.strip():
            continue
        row = json.loads(line, parse_float=_text_of_json, parse_int=str)
        if not isinstance(row, dict):
            raise ValueError("a line that is not one JSON object")
        yield {
            key: str(cell).lower() if isinstance(cell, bool) else cell for key, cell in row.items()
        }


def _text_of_json(number: str) -> str:
    return text_of_float(repr(float(number)))
