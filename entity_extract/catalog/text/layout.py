"""The columns of a catalog of text, all its files together, and its rows under their names."""

from collections.abc import Iterator, Mapping, Sequence
from io import BufferedReader
from itertools import islice
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from entity_extract.catalog.headers import check_headers, with_folders
from entity_extract.catalog.text.text_files import text_rows
from entity_extract.config import CatalogColumns, CatalogConfig

_ROWS: Final = 1024  # of a batch


class Layout(NamedTuple):
    """The columns of all files, places of those that go on, and by which names; those of the
    folders' names stand behind these."""

    columns: Sequence[str]
    kept: Sequence[int]
    names: list[str]


def layout_of(
    looked_at: Mapping[str, Sequence[str]],
    folders: Sequence[str],
    found: str,
    path: str,
    config: CatalogConfig,
) -> Layout:
    """Raises CatalogError where the files have no such columns as a catalog has."""
    headers = {file: with_folders(own, folders) for file, own in looked_at.items() if own}
    check_headers(headers, found, path, config)
    columns = sorted({name for header in looked_at.values() for name in header})
    if found == "csv":
        columns = list(next(header for header in looked_at.values() if header))
    kept = [place for place, name in enumerate(columns) if name not in folders]
    own = distinguishable([columns[place] for place in kept], folders, config.columns)
    names = [*own, *folders]
    return Layout(columns, kept, names)


def distinguishable(
    columns: Sequence[str], folders: Sequence[str], named: CatalogColumns
) -> list[str]:
    """Ours as they are, and of names that Spark, which knows no case, would take for the same the
    later ones with their place behind, as are those without a name."""
    kept = {*named.ours} & {*columns}
    taken = {name.lower() for name in (*kept, *folders)}
    names = []
    for place, name in enumerate(columns):
        chosen = name or f"_c{place}"
        while name not in kept and chosen.lower() in taken:
            chosen = f"{chosen}{place}"
        taken.add(chosen.lower())
        names.append(chosen)
    return names


def text_batches(
    stream: BufferedReader,
    folders: Sequence[str | None],
    found: str,
    config: CatalogConfig,
    layout: Layout,
    *,
    below_header: bool = False,
) -> Iterator[pa.RecordBatch]:
    """The rows of a file, or of what was cut from it; each has the values of its folders."""
    _, rows = text_rows(stream, found, config, layout.columns, below_header=below_header)
    while block := list(islice(rows, _ROWS)):
        by_column = list(zip(*block, strict=True))
        cells = [pa.array(by_column[place], pa.string()) for place in layout.kept]
        if found == "csv":
            cells = [pc.if_else(pc.equal(column, ""), None, column) for column in cells]
        where = [pa.array([value] * len(block), pa.string()) for value in folders]
        yield pa.RecordBatch.from_arrays([*cells, *where], layout.names)
