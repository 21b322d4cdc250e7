"""Catalogs of text in Spark: the bytes of each file, or of each part of it where it may be cut at
its lines, go to one Python task, which reads them as those do who read without Spark."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from io import BufferedReader
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple, cast

import pyarrow as pa
import pyarrow.compute as pc
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from entity_extract.catalog.headers import check_headers, with_folders
from entity_extract.catalog.text.local_text import looked_through
from entity_extract.catalog.text.text_files import (
    Scan,
    Uncut,
    columns_of,
    config_of_parts,
    opened,
    say_recognised,
    scanned,
    settled,
    stream_of,
    text_rows,
)
from entity_extract.config import CatalogColumns, CatalogConfig
from entity_extract.errors import CatalogError
from entity_extract.spark.few_rows import held_here
from entity_extract.spark.session.kind import is_connect

log = logging.getLogger(__name__)

_LINE = "value"  # as Spark calls it
_FROM = "from_byte"  # where in its file a partition begins
_MOST = "spark.sql.files.maxPartitionBytes"
_WHOLE = 2**50  # bytes
_SIZE = re.compile(r"(\d+)\s*([kmgtp]?)b?")
_UNITS = ("", "k", "m", "g", "t", "p")
_ROWS = 1024  # that go back to Spark at a time
Batches = Iterator[pa.RecordBatch]


def text_frame(
    spark: SparkSession,
    path: str,
    url: str,
    options: Mapping[str, str],
    found: str,
    config: CatalogConfig,
    files: Sequence[Path] | None,
) -> DataFrame:
    """All columns as text, those of the folders' names behind. In CSV an empty cell is null.

    Every row is looked at before: of this machine's `files` here, of others (None) by Spark.
    Raises CatalogError.
    """
    lines = _lines(spark, url, options)
    folders = [name for name in lines.columns if name not in (_LINE, _FROM)]
    scans: Sequence[Scan]
    if files is not None:
        config, scans = looked_through(files, found, config)
    else:
        config, scans = settled(found, config, lambda tried: _scans(lines, found, tried))
        say_recognised(scans)
    layout = _layout(columns_of(scans), folders, found, path, config)
    most = bytes_of(spark.conf.get(_MOST) or "")
    try:
        config = config_of_parts(scans, config)
        lines = _lines(spark, url, options, most)
    except Uncut as err:
        if files is None or any(file.stat().st_size > most for file in files):
            log.warning(
                "%s: each file is read by one task, since %s; many tasks read Parquet: "
                "pandas.read_csv(..., dtype=str).to_parquet(...)",
                path,
                err,
            )
    parse = partial(_parsed, found=found, config=config, layout=layout)
    return lines.mapInArrow(parse, layout.schema)


class _Layout(NamedTuple):
    """The columns of all files, places of those that go on, and by which names; those of the
    folders' names stand behind these."""

    columns: Sequence[str]
    kept: Sequence[int]
    names: list[str]

    @property
    def schema(self) -> T.StructType:
        return T.StructType([T.StructField(name, T.StringType()) for name in self.names])


def _layout(
    looked_at: Mapping[str, Sequence[str]],
    folders: Sequence[str],
    found: str,
    path: str,
    config: CatalogConfig,
) -> _Layout:
    """Raises CatalogError where the files have no such columns as a catalog has."""
    headers = {file: with_folders(own, folders) for file, own in looked_at.items() if own}
    check_headers(headers, found, path, config)
    columns = sorted({name for header in looked_at.values() for name in header})
    if found == "csv":
        columns = list(next(header for header in looked_at.values() if header))
    kept = [place for place, name in enumerate(columns) if name not in folders]
    own = distinguishable([columns[place] for place in kept], folders, config.columns)
    names = [*own, *folders]
    return _Layout(columns, kept, names)


def few_texts(
    spark: SparkSession, path: str, found: str, config: CatalogConfig, files: Sequence[Path]
) -> DataFrame:
    """As text_frame, of small files that lie in no folders with columns in their names: parsed by
    the driver, which has looked through them anyway."""
    config, scans = looked_through(files, found, config)
    layout = _layout(columns_of(scans), [], found, path, config)
    rows: list[tuple[str | None, ...]] = []
    for file in sorted(files, key=str):
        with opened(file) as stream:
            for batch in _batches(stream, [], found, config, layout):
                rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
    return held_here(spark, rows, layout.schema)


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


def bytes_of(said: str) -> int:
    """What a setting of Spark's says of a size: 128MB, 134217728b, 4096."""
    found = _SIZE.fullmatch(said.strip().lower())
    if found is None:
        raise CatalogError(f"{_MOST} = {said!r}: no size, as 128m is one")
    return int(found[1]) << 10 * _UNITS.index(found[2])


def _lines(
    spark: SparkSession, url: str, options: Mapping[str, str], most: int = _WHOLE
) -> DataFrame:
    """The bytes between line feeds, in `value`, where in the file their partition begins, and
    columns of folders; each file a partition, or, of more than `most` bytes, several in order."""
    here = _apart(spark, most, lambda own: own.read.options(**options).text(url, lineSep="\n"))
    others = [f"`{name}`" for name in here.columns if name != _LINE]
    start = F.input_file_block_start().alias(_FROM)
    return here.select(F.col(_LINE).cast("binary"), start, *others)


def _apart(spark: SparkSession, most: int, read: Callable[[SparkSession], DataFrame]) -> DataFrame:
    """What `read` gives, read by a session whose files are not put together, whenever it reads."""
    # Over Spark Connect rows of two sessions do not meet: until the run ends this one is such.
    own = spark if is_connect(spark) else spark.newSession()
    own.conf.set(_MOST, str(most))
    own.conf.set("spark.sql.files.openCostInBytes", str(_WHOLE))
    own.conf.set("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
    rows = read(own)
    if own is spark:
        return rows
    sql, session = cast(Any, spark)._jvm.org.apache.spark.sql, cast(Any, spark)._jsparkSession
    # Spark 4 has a class of that name for Connect, and this one in a package of its own.
    datasets = sql.Dataset if spark.version.startswith("3.") else sql.classic.Dataset
    return DataFrame(datasets.ofRows(session, cast(Any, rows)._jdf.logicalPlan()), spark)


def _scans(lines: DataFrame, found: str, config: CatalogConfig) -> list[Scan]:
    scan = partial(_scanned, found=found, config=config)
    told = lines.select(_LINE).mapInArrow(scan, "told string")
    rows = told.select(F.input_file_name().alias("file"), "told").orderBy("file").collect()
    return [Scan(row["file"], **json.loads(row["told"])) for row in rows]


def _scanned(batches: Batches, *, found: str, config: CatalogConfig) -> Batches:
    scan = asdict(scanned(stream_of(_pieces(batches)), "", found, config))
    del scan["file"]
    yield pa.RecordBatch.from_arrays([pa.array([json.dumps(scan)])], ["told"])


def _parsed(batches: Batches, *, found: str, config: CatalogConfig, layout: _Layout) -> Batches:
    first = next(batches, None)
    if first is None:
        return
    start, *folders = (first.column(place)[0].as_py() for place in range(1, first.num_columns))
    stream = stream_of(_pieces(chain([first], batches)))
    yield from _batches(stream, folders, found, config, layout, below_header=start > 0)


def _batches(
    stream: BufferedReader,
    folders: Sequence[str | None],
    found: str,
    config: CatalogConfig,
    layout: _Layout,
    *,
    below_header: bool = False,
) -> Batches:
    """The rows of a file, or of what was cut from it; each has the values of its folders."""
    _, rows = text_rows(stream, found, config, layout.columns, below_header=below_header)
    while block := list(islice(rows, _ROWS)):
        by_column = list(zip(*block, strict=True))
        cells = [pa.array(by_column[place], pa.string()) for place in layout.kept]
        if found == "csv":
            cells = [pc.if_else(pc.equal(column, ""), None, column) for column in cells]
        where = [pa.array([value] * len(block), pa.string()) for value in folders]
        yield pa.RecordBatch.from_arrays([*cells, *where], layout.names)


def _pieces(batches: Batches) -> Iterator[bytes]:
    """The bytes of the file that the lines were cut from. Whether it ends in a line feed is not
    known any more; an odd number of bytes needs one, if characters have two or four."""
    size, between = 0, b""
    for batch in batches:
        piece = between + b"\n".join(batch.column(0).to_pylist())
        size, between = size + len(piece), b"\n"
        yield piece
    if size % 2:
        yield b"\n"
