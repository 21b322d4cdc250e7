"""`--set section.key=value`, as a shell hands it over: its quotes may be gone."""

import tomllib
from typing import Any

from entity_extract.config.keys import key_at, takes_a_list, takes_text, takes_texts, words_of


def assigned(assignment: str) -> dict[str, Any]:
    """`fetch.threads=8` -> {"fetch": {"threads": 8}}.

    A value that is no TOML is text. Where the key takes a list, `a`, `a,b`, `[a, b]` and
    `["a", "b"]` are one. Raises ValueError for what is no assignment.
    """
    name, equals, text = assignment.partition("=")
    parts = tuple(name.strip().split("."))
    if not equals or not all(parts):
        raise ValueError("expected section.key=value")
    if parts[0] == "spark":  # Spark's own keys hold dots: spark.executor.memory is one key
        return {"spark": {name.strip(): text}}
    field = key_at(parts).field
    value = _value(text, field is not None and takes_text(field))
    if field is not None and takes_a_list(field) and value not in words_of(field):
        value = _listed(value, takes_texts(field))
    for part in reversed(parts):
        value = {part: value}
    return dict(value)


def _value(text: str, is_text: bool) -> Any:
    """`is_text`: a number, a date and the like are none there, but its letters."""
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return text if is_text and not isinstance(value, str) else value


def _listed(value: Any, of_texts: bool) -> Any:
    if not isinstance(value, str):
        return value if isinstance(value, list | dict) else [str(value) if of_texts else value]
    inner = value.strip()
    if inner.startswith("[") and inner.endswith("]"):
        inner = inner[1:-1]
    return [_value(item.strip(), of_texts) for item in inner.split(",") if item.strip()]
