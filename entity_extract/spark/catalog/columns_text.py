"""Columns of any type as text, the same in every session, file format and night.

A lake's table is written for years: whoever reads it with pandas, or adds to it with Delta, needs a
further column of one type, and a catalog's may change from one night to the next.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql import types as T

_MICROSECONDS = "yyyy-MM-dd'T'HH:mm:ss.SSSSSS"
_JSON = {
    "ignoreNullFields": "false",
    "timeZone": "UTC",  # not the session's
    "timestampFormat": f"{_MICROSECONDS}XXX",
    "timestampNTZFormat": _MICROSECONDS,
}
_IN_JSON = (T.StructType, T.ArrayType, T.MapType, T.TimestampType, T.TimestampNTZType)


def quoted(name: str) -> str:
    """As SQL names a column, whatever is in its name."""
    return "`{}`".format(name.replace("`", "``"))


def as_text(rows: DataFrame, own: frozenset[str]) -> DataFrame:
    """All columns as text. Structs, lists and maps are JSON, times are ISO 8601 (in UTC where they
    have a zone), bytes base64; those of `own` are what Spark's cast makes of them."""
    return rows.select(
        *(
            (
                F.col(quoted(field.name)).cast("string")
                if field.name in own
                else text_of(F.col(quoted(field.name)), field.dataType)
            ).alias(field.name)
            for field in rows.schema.fields
        )
    )


def text_of(column: Column, kind: T.DataType) -> Column:
    if isinstance(kind, T.BinaryType):
        return F.base64(column)
    if isinstance(kind, _IN_JSON):
        held = F.to_json(F.struct(column.alias("v")), _JSON)
        return F.get_json_object(held, "$.v")
    return column.cast("string")
