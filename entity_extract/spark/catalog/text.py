"""Catalogs of text in Spark: the bytes of each file, or of each part of it where it may be cut at
its lines, go to one Python task, which reads them as those do who read without Spark."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql import types as T

from entity_extract.catalog.text.layout import Layout, layout_of, text_batches
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
)
from entity_extract.config import CatalogConfig
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
    layout = layout_of(columns_of(scans), folders, found, path, config)
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
    return lines.mapInArrow(parse, _schema(layout))


def _schema(layout: Layout) -> T.StructType:
    return T.StructType([T.StructField(name, T.StringType()) for name in layout.names])


def few_texts(
    spark: SparkSession, path: str, found: str, config: CatalogConfig, files: Sequence[Path]
) -> DataFrame:
    """As text_frame, of small files that lie in no folders with columns in their names: parsed by
    the driver, which has looked through them anyway."""
    config, scans = looked_through(files, found, config)
    layout = layout_of(columns_of(scans), [], found, path, config)
    rows: list[tuple[str | None, ...]] = []
    for file in sorted(files, key=str):
        with opened(file) as stream:
            for batch in text_batches(stream, [], found, config, layout):
                rows += zip(*(column.to_pylist() for column in batch.columns), strict=True)
    return held_here(spark, rows, _schema(layout))


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


def _parsed(batches: Batches, *, found: str, config: CatalogConfig, layout: Layout) -> Batches:
    first = next(batches, None)
    if first is None:
        return
    start, *folders = (first.column(place)[0].as_py() for place in range(1, first.num_columns))
    stream = stream_of(_pieces(chain([first], batches)))
    yield from text_batches(stream, folders, found, config, layout, below_header=start > 0)


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
