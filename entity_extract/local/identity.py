"""Which row is which: the hashes of spark/catalog/rows.py, to the very same values."""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import xxhash

from entity_extract import schema
from entity_extract.catalog.row_names import CATALOG_KEY, DETAILS_HASH, ROW_COPY, ROW_KEY

Cells = Mapping[str, Sequence[str | None]]  # by column, as text

_SEED: Final = 42  # Spark's
# As the library by which Spark writes JSON escapes them.
_ESCAPES: Final = {letter: f"\\u{letter:04X}" for letter in range(32)} | {
    ord(letter): f"\\{name}" for letter, name in zip('\b\t\n\f\r"\\', 'btnfr"\\', strict=True)
}


def identified(cells: Cells, key: Sequence[str] = ()) -> dict[str, list[object]]:
    """(n,) each of row_key, catalog_key, details_hash and row_copy, of rows in the catalog's
    order. `key`: the columns of catalog.key."""
    own = list(dict.fromkeys([*schema.QUESTION, *key]))
    others = sorted(name for name in cells if name not in own)
    row_keys = [
        hashlib.sha256(text.encode()).hexdigest() for text in _each_as_json(cells, own, nulls=True)
    ]
    hashes = [hash_of(text) for text in _each_as_json(cells, others, nulls=False)]
    copies: Counter[str] = Counter()
    copy_of = [0] * len(row_keys)
    for place in sorted(range(len(row_keys)), key=hashes.__getitem__):
        copies[row_keys[place]] += 1
        copy_of[place] = copies[row_keys[place]]
    keys: list[object] = list(catalog_keys(cells, key))
    return {ROW_KEY: [*row_keys], CATALOG_KEY: keys, DETAILS_HASH: [*hashes], ROW_COPY: [*copy_of]}


def catalog_keys(cells: Cells, key: Sequence[str]) -> list[str | None]:
    """The columns `key` of each row as JSON, null where one of them is, or there are none."""
    names = list(dict.fromkeys(key))
    if not names:
        return [None] * len(cells[schema.IMAGE_LINK])
    whole = zip(*(cells[name] for name in names), strict=True)
    texts = _each_as_json(cells, names, nulls=True)
    return [None if None in row else text for row, text in zip(whole, texts, strict=True)]


def hash_of(text: str) -> int:
    """xxhash64 of a column of text, as Spark has it: a signed number."""
    found = xxhash.xxh64_intdigest(text.encode(), seed=_SEED)
    return found - 2**64 if found >= 2**63 else found


def _each_as_json(cells: Cells, names: Sequence[str], *, nulls: bool) -> Iterator[str]:
    """Of each row one object with these columns; where not `nulls`, with those that are there."""
    if not names:
        yield from ["{}"] * len(cells[schema.IMAGE_LINK])
        return
    heads = [f"{_quoted(name)}:" for name in names]
    for row in zip(*(cells[name] for name in names), strict=True):
        fields = (
            f"{head}{'null' if cell is None else _quoted(cell)}"
            for head, cell in zip(heads, row, strict=True)
            if nulls or cell is not None
        )
        yield f"{{{','.join(fields)}}}"


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
