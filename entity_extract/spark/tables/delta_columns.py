"""Columns as Delta Lake has them: which names it allows, what MERGE makes of null."""

import logging
from functools import reduce
from operator import or_

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

log = logging.getLogger(__name__)

_FORBIDDEN = " ,;{}()\n\t="  # in names of columns, without Delta's column mapping


def or_none(rows: DataFrame, name: str) -> Column:
    """The column; null where it is a struct without a value in it, as MERGE makes of null."""
    column, kind = F.col(name), rows.schema[name].dataType
    if not isinstance(kind, StructType):
        return column
    some = reduce(or_, (column[field].isNotNull() for field in kind.names))
    return F.when(some, column).alias(name)


def with_all(rows: DataFrame, columns: StructType) -> DataFrame:
    """With null in the columns that only the table has: of a row whose place is taken nothing is
    left, as MERGE would leave it."""
    theirs = {name.lower() for name in rows.columns}
    lacking = (field for field in columns if field.name.lower() not in theirs)
    return rows.withColumns({field.name: F.lit(None).cast(field.dataType) for field in lacking})


def allowed(rows: DataFrame) -> DataFrame:
    """With names that Delta allows, and no two of them equal but for their case."""
    taken = {name.lower() for name in rows.columns if _letters(name) == name}
    names = []
    for name in rows.columns:
        allowed, number = _letters(name), 1
        while allowed != name and allowed.lower() in taken:
            number += 1
            allowed = f"{_letters(name)}_{number}"
        if allowed != name:
            log.warning("column %r is kept as %r: Delta allows no such name", name, allowed)
            taken.add(allowed.lower())
        names.append(allowed)
    return rows.toDF(*names)


def _letters(name: str) -> str:
    return "".join("_" if letter in _FORBIDDEN else letter for letter in name) or "_"
