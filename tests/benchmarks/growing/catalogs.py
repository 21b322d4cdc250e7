"""Catalogs of millions of links, written block by block."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

_BLOCK = 500_000  # rows in hand
_SHOPS, _CATEGORIES = 97, 750
ROWS_A_LINK = 10  # of a catalog of text, whose rows are what is heavy
_ROW_BYTES = 1_000


def write_parquet(path: Path, links: range, *, one_host: float = 0.0) -> Path:
    """A question about each link; a share of them, `one_host`, on one host."""
    writer = None
    for block in _blocks(links):
        table = pa.table(
            {
                "image_link": [_link(number, one_host) for number in block],
                "group_id": [f"{number % _CATEGORIES}" for number in block],
                "entity_name": ["item_weight"] * len(block),
                "nth": np.arange(block.start, block.stop),
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()
    return path


def write_csv(path: Path, links: int, *, lines_in_cells: bool = False) -> Path:
    """One file, a kilobyte a row, ten rows a link, with commas and quotes in its cells; and line
    feeds, for which it cannot be cut."""
    letters = list('abcdefgh ,"' + "\n" * lines_in_cells)
    drawn = np.random.default_rng(0).choice(letters, 3 * _ROW_BYTES)
    filler = "".join(drawn).replace('"', '""')
    texts = [filler[cut : cut + _ROW_BYTES - 80].strip('"') for cut in range(_ROW_BYTES)]
    with path.open("w") as file:
        file.write("image_link,group_id,entity_name,nth,description\n")
        for row in range(links * ROWS_A_LINK):
            link, text = _link(row // ROWS_A_LINK, 0.0), texts[row % _ROW_BYTES]
            file.write(f'{link},{row % _CATEGORIES},item_weight,{row},"{text}"\n')
    return path


def links_of(gigabytes: float) -> int:
    """That such a CSV has."""
    return round(gigabytes * 1e9 / _ROW_BYTES / ROWS_A_LINK)


def _blocks(links: range) -> Iterator[range]:
    for start in range(links.start, links.stop, _BLOCK):
        yield range(start, min(links.stop, start + _BLOCK))


def _link(number: int, one_host: float) -> str:
    shop = 0 if number % 100 < one_host * 100 else number % _SHOPS
    return f"https://shop{shop}.example/pictures/{number:09d}.jpg"
