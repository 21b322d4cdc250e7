"""What a person is told of a configuration that cannot be used: which key, from where, what stands
there, what is wanted, and an example."""

import json
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any, Final

from pydantic import ValidationError

from entity_extract.config.keys import Key, key_at, names_in, of_name
from entity_extract.config.secrets import MASK, is_secret, masked
from entity_extract.errors import meant

Problem = Mapping[str, Any]  # as pydantic tells it: its `type`, `loc`, `msg`, `input` and `ctx`
_SHOWN: Final = 60  # letters of a value
SET: Final = "--set "  # how the source of an assignment begins
# By pydantic's name of what is wrong; in braces what it knows of it.
_WANTED: Final = {
    "bool": "true or false",
    "int": "a whole number",
    "float": "a number",
    "finite_number": "a number that is finite",
    "string": "text, in quotes",
    "tuple": "a list",
    "dict": "a section of names and values",
    "model": "a section",
    "literal_error": "{expected}",
    "greater_than": "more than {gt:g}",
    "greater_than_equal": "at least {ge:g}",
    "less_than": "less than {lt:g}",
    "less_than_equal": "at most {le:g}",
    "string_pattern_mismatch": "text of the form {pattern}",
    "string_too_short": "text that is not empty",
    "too_short": "a list of at least {min_length}",
}


def complaints(err: ValidationError, sources: Mapping[tuple[str, ...], str]) -> list[str]:
    """A line for each key. `sources` has where each key, and each section, was set."""
    by_path: dict[tuple[str, ...], list[Problem]] = {}
    for problem in err.errors():
        location = tuple(str(part) for part in problem["loc"])
        by_path.setdefault(key_at(location).path, []).append(problem)
    lines = []
    for path, problems in by_path.items():
        key, source = key_at(path), _source(path, sources)
        lines.append(f"{source}: {str(key) or 'entities'}: {_told(key, problems, source)}")
    return lines


def _source(path: tuple[str, ...], sources: Mapping[tuple[str, ...], str]) -> str:
    above = (path[:depth] for depth in range(len(path), 0, -1))
    return next((sources[path] for path in above if path in sources), "configuration")


def _told(key: Key, problems: Sequence[Problem], source: str) -> str:
    last = problems[-1]
    if last["type"] == "extra_forbidden":
        return f"unknown key{_meant(key.path)}"
    if last["type"] == "value_error":
        return str(last["ctx"]["error"])
    if key.path[:1] == ("spark",) and isinstance(last["input"], dict):
        return 'keys of Spark stand in quotes, as in "spark.executor.memory" = "4g"'
    wanted = " or ".join(dict.fromkeys(map(_wanted, problems)))
    return f"{_shown(key, last['input'])} is not {wanted}{_example(key, source)}"


def _meant(path: Sequence[str]) -> str:
    *section, name = path
    like, elsewhere = meant(name, names_in(section)), of_name(name)
    if elsewhere and not (section and like):
        return f"; did you mean {' or '.join(elsewhere)}?"
    return like


def _wanted(problem: Problem) -> str:
    kind, known = problem["type"], problem.get("ctx", {})
    form = _WANTED.get(kind) or _WANTED.get(kind.partition("_")[0])
    return problem["msg"].removeprefix("Input should be ") if form is None else form.format(**known)


def _shown(key: Key, value: object) -> str:
    if is_secret(str(key)):
        return MASK
    text = masked(repr(value))
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _example(key: Key, source: str) -> str:
    """As it would be written where the wrong one stands; the default, where there is no other."""
    if key.field is None or key.field.is_required():
        return ""
    value = next(iter(key.field.examples or ()), key.field.get_default(call_default_factory=True))
    if value is None or isinstance(value, dict):
        return ""
    how = f"{SET}{quote(f'{key}={_bare(value)}')}" if source.startswith(SET) else _toml(key, value)
    return f"; such as {how}"


def _bare(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ",".join(map(_bare, value))
    return value if isinstance(value, str) else json.dumps(value)


def _toml(key: Key, value: Any) -> str:
    return f"{key.path[-1]} = {json.dumps(value, ensure_ascii=False)}"
