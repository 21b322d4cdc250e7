"""What the Spark operator's custom resources may hold, and what an object has against that."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SCHEMA = json.loads(Path(__file__).with_name("spark_operator.json").read_text())
TYPES = {"string": str, "integer": int, "boolean": bool, "object": dict, "array": list}


def faults(value: object, schema: Mapping[str, Any], at: str = "spec") -> Iterator[str]:
    """Fields that the schema does not know, lacks, or has of another type."""
    if "$ref" in schema:
        schema = SCHEMA[schema["$ref"]]
    kind = TYPES.get(schema.get("type", ""), object)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        yield f"{at} is no {schema['type']}"
    elif "enum" in schema and value not in schema["enum"]:
        yield f"{at} is none of {schema['enum']}"
    elif isinstance(value, dict) and "properties" in schema:
        known = schema["properties"]
        yield from (f"{at}.{name} is not known" for name in value if name not in known)
        yield from (
            f"{at} lacks {name}" for name in schema.get("required", ()) if name not in value
        )
        for name in value.keys() & known.keys():
            yield from faults(value[name], known[name], f"{at}.{name}")
    elif isinstance(value, dict) and isinstance(schema.get("additionalProperties"), dict):
        for name, held in value.items():
            yield from faults(held, schema["additionalProperties"], f"{at}.{name}")
    elif isinstance(value, list):
        for place, held in enumerate(value):
            yield from faults(held, schema.get("items", {}), f"{at}[{place}]")
