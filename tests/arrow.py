"""Arrow's types of the structs in the lake's schema."""

import pyarrow as pa

_KINDS = {"string": pa.string(), "float": pa.float32(), "int": pa.int32()}


def struct_of(ddl: str) -> pa.DataType:
    """`struct<name:kind,...>`, as schema.WORD is."""
    columns = ddl.removeprefix("struct<").removesuffix(">").split(",")
    return pa.struct([(name, _KINDS[kind]) for name, kind in (c.split(":") for c in columns)])
