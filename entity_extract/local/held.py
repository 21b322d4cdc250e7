"""Answers that the lake has, by the keys of their rows."""

from collections.abc import Mapping, Sequence
from typing import Any

from entity_extract.catalog.row_names import DETAILS_HASH, ROW_COPY, ROW_KEY
from entity_extract.local.decided import Row, is_one_of
from entity_extract.local.lake import LocalLake
from entity_extract.local.table import Key, keys_of
from entity_extract.status import Status

KEYS = (ROW_KEY, ROW_COPY)
_HELD = (
    *KEYS,
    *(DETAILS_HASH, "image_link", "content_sha256", "status", "candidates", "decided_by"),
    *("model_version", "reader_version", "reread"),
)


def has_no_candidate(row: Mapping[str, Any]) -> bool:
    """Of a row of `predictions`: the picture was read, and answers nothing."""
    return row["status"] == Status.OK.value and not row["candidates"]


def held_answers(
    lake: LocalLake, keys: Sequence[Key], columns: Sequence[str] = _HELD
) -> dict[Key, Row]:
    """The answers that the lake has to rows of these keys: some columns, the wave, `open`."""
    where = is_one_of(ROW_KEY, {key[0] for key in keys})
    wanted = set(keys)
    rows = lake.predictions.read(columns=[*dict.fromkeys([*KEYS, *columns])], where=where)
    found = zip(keys_of(rows, KEYS), rows.to_pylist(), strict=True)
    return {key: row for key, row in found if key in wanted}
