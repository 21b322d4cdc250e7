"""JSON lines as rows of text."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from entity_extract.catalog.column_text import text_of_float
from entity_extract.catalog.text.csv_rows import undecodable

Row = dict[str, str | None]


def json_rows(lines: Iterable[str]) -> Iterator[Row]:
    """An object of each line that is not blank. Its numbers and truth values are text, and what is
    nested is its JSON. NaN and Infinity, which are no JSON but what Python writes, are null.

    Raises ValueError for a line that is not one JSON object, with its number.
    """
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield _row(line, number)
    except UnicodeDecodeError as err:
        raise ValueError(undecodable(err, number)) from None


def _row(line: str, number: int) -> Row:
    try:
        row = json.loads(line, parse_constant=_null)
    except json.JSONDecodeError as err:
        said = f"line {number}, column {err.colno}: {err.msg}"
        raise ValueError(f"{said}{_advice(line, number)}") from None
    except (RecursionError, ValueError) as err:  # nested too deeply, too many digits
        raise ValueError(f"line {number}: {err}") from None
    if not isinstance(row, dict):
        raise ValueError(f"line {number}: not one JSON object{_advice(line, number)}")
    cells = {key: _text(cell) for key, cell in row.items()}
    return cells if "\\u" not in line else {_whole(key): _whole(cells[key]) for key in cells}


def _null(_: str) -> None:
    """For json.loads: what NaN and Infinity are."""


def _advice(line: str, number: int) -> str:
    """For an array, and for objects that go over several lines."""
    text = line.strip()
    if number > 1 or not (text.startswith("[") or text == "{"):
        return ""
    every = ".[]" if text.startswith("[") else "."
    return f"; one object per line is wanted: jq -c '{every}' catalog.json > catalog.jsonl"


def _text(cell: Any) -> str | None:
    if cell is None or isinstance(cell, str):
        return cell
    if isinstance(cell, float):
        return text_of_float(repr(cell))
    return json.dumps(cell, ensure_ascii=False, separators=(",", ":"))


def _whole(text: Any) -> Any:
    """Half a character, of a pair that `\\u` names in two halves, is none: U+FFFD instead."""
    if not isinstance(text, str):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
