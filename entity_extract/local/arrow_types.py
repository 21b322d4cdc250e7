"""Spark's types as pyarrow's, and a schema as Spark writes it beside rows."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pyarrow as pa

from entity_extract.schema import Column

_SIMPLE: Final = {
    "string": pa.string(),
    "int": pa.int32(),
    "bigint": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "binary": pa.binary(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
_NAMES: Final = {kind: name for name, kind in _SIMPLE.items()} | {
    pa.int32(): "integer",
    pa.int64(): "long",
}
# Where Spark looks for what Parquet's own types leave open, comments of columns among them.
_SPARK: Final = b"org.apache.spark.sql.parquet.row.metadata"


def arrow_type(kind: str) -> pa.DataType:
    """`array<struct<text:string,conf:float>>`, for example. Raises KeyError for one unknown."""
    outer, _, inner = kind.removesuffix(">").partition("<")
    if not inner:
        return _SIMPLE[kind]
    if outer == "array":
        return pa.list_(pa.field("element", arrow_type(inner)))
    fields = (field.partition(":") for field in _apart(inner))
    return pa.struct([(name, arrow_type(field)) for name, _, field in fields])


def arrow_schema(columns: Mapping[str, str]) -> pa.Schema:
    return pa.schema([(name, arrow_type(kind)) for name, kind in columns.items()])


def _apart(fields: str) -> Iterator[str]:
    """At the commas that stand in no brackets."""
    depth = start = 0
    for place, letter in enumerate(fields):
        depth += (letter == "<") - (letter == ">")
        if letter == "," and not depth:
            yield fields[start:place]
            start = place + 1
    yield fields[start:]


def as_of_spark(rows: pa.Table, described: Mapping[str, Column]) -> pa.Table:
    """`rows` with the schema that Spark would write, with each column's sentence as its comment."""
    fields = [_field(field) for field in rows.schema]
    for field in fields:
        if field["name"] in described:
            field["metadata"] = {"comment": described[field["name"]].about}
    told = json.dumps({"type": "struct", "fields": fields}, ensure_ascii=False)
    return rows.replace_schema_metadata({_SPARK: told.encode()})


def _field(field: pa.Field) -> dict[str, Any]:
    return {"name": field.name, "type": _told(field.type), "nullable": True, "metadata": {}}


def _told(kind: pa.DataType) -> object:
    if pa.types.is_list(kind):
        return {"type": "array", "elementType": _told(kind.value_type), "containsNull": True}
    if pa.types.is_struct(kind):
        fields = [_field(kind.field(place)) for place in range(kind.num_fields)]
        return {"type": "struct", "fields": fields}
    return _NAMES[kind]
