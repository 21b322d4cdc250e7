"""Columns as text, as Spark's cast writes them: two readers of one catalog must not differ, since
the order of its rows, and so the split, hangs on what they say."""

import math
from decimal import Decimal

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
