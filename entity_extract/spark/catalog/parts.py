"""Parquet files that Spark does not read as one: read in parts that have the same columns, each
without what Spark knows no type for."""

import json
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import Column, DataFrame, DataFrameReader, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType, TimestampType

from entity_extract.lake.file_systems import opened
from entity_extract.spark.catalog.columns_text import quoted, text_of
from entity_extract.spark.session.failures import error_class, root_cause
from entity_extract.spark.session.kind import is_connect

log = logging.getLogger(__name__)

_OF_PATTERNS = frozenset("{}[]*?\\")
_NANOS_AS_LONG = "spark.sql.legacy.parquet.nanosAsLong"
# Dates before 1582, in files that Spark has not written, are of the calendar that pandas has, too.
_CALENDAR = {"datetimeRebaseMode": "CORRECTED", "int96RebaseMode": "CORRECTED"}


@dataclass(frozen=True)
class _Columns:
    """What a file has: fields to be read, nanoseconds among them (by name, with whether they are of
    UTC), and names of what is left out."""

    fields: tuple[StructField, ...]
    nanoseconds: Mapping[str, bool]
    left_out: tuple[str, ...]


def parquet_parts(spark: SparkSession, url: str, options: Mapping[str, str]) -> list[DataFrame]:
    """The rows of a Parquet file, or of a folder: one frame where Spark can read them as one.

    Columns that Spark cannot read are left out, and that is said; times in nanoseconds are text, of
    microseconds. Raises Spark's exceptions where a file is none; and, over Spark Connect, where it
    has a column that Spark cannot read.
    """
    options = {**options, **_CALENDAR}
    spark.conf.set(_NANOS_AS_LONG, "false")  # else they would be numbers, and nobody would know
    try:
        rows = spark.read.options(**options).parquet(url, mergeSchema=True)
        _ = rows.schema  # over Spark Connect nothing is looked at before
        return [rows]
    except (PySparkException, Py4JJavaError) as err:
        if isinstance(err, AnalysisException) and error_class(err) == "PATH_NOT_FOUND":
            raise
        log.info("the catalog's files are read in parts: %s", root_cause(err))
    finally:
        spark.conf.set(_NANOS_AS_LONG, "true")  # until rows are read, whenever that is
    parts = _parts(spark, url, options)
    if left_out := sorted({name for columns, _ in parts for name in columns.left_out}):
        log.warning("columns that Spark cannot read are left out: %s", ", ".join(left_out))
    if any(files != [_by_its_letters(spark, url)] for _, files in parts):
        options["basePath"] = url  # of a folder: those in it may have columns in their names
    return [
        _read(spark.read.options(**options), columns, files)
        for columns, alike in parts
        for files in _apart(alike)
    ]


def _parts(
    spark: SparkSession, url: str, options: Mapping[str, str]
) -> list[tuple[_Columns, list[str]]]:
    """Files with the same columns together, by their names."""
    look = _by_server if is_connect(spark) else _by_jvm
    found: dict[str, tuple[_Columns, list[str]]] = {}
    columns_of = look(spark, options)
    for file in _files(spark, url, options):
        text, columns = columns_of(file)
        if text not in found:
            found[text] = columns(), []
        found[text][1].append(file)
    return list(found.values())


# Of a file: a text that is that of others with the same columns, and what tells these columns.
_Look = Callable[[str], tuple[str, Callable[[], _Columns]]]


def _by_jvm(spark: SparkSession, options: Mapping[str, str]) -> _Look:
    jvm = cast(Any, spark.sparkContext._jvm)
    state = cast(Any, spark)._jsparkSession.sessionState()
    hadoop = state.newHadoopConf()
    for key, value in options.items():
        hadoop.set(key, value)

    def look(file: str) -> tuple[str, Callable[[], _Columns]]:
        path = jvm.org.apache.hadoop.fs.Path(file)
        footer = jvm.org.apache.parquet.hadoop.ParquetFileReader.readFooter(hadoop, path)
        schema = footer.getFileMetaData().getSchema()
        return str(schema.toString()), lambda: _columns_of(jvm, state.conf(), schema)

    return look


def _by_server(spark: SparkSession, options: Mapping[str, str]) -> _Look:
    """Over Spark Connect: what is in a file is read here, and what Spark makes of it asked of the
    server, file by file. It says nothing of one that has a column for which it knows no type."""

    def look(file: str) -> tuple[str, Callable[[], _Columns]]:
        fs, path = opened(file)
        with fs.open_input_file(path) as stream:
            schema = pq.read_schema(stream)

        def columns() -> _Columns:
            fields = spark.read.options(**options).parquet(file).schema.fields
            nanoseconds = {
                field.name: field.type.tz is not None
                for field in schema
                if pa.types.is_timestamp(field.type) and field.type.unit == "ns"
            }
            return _Columns(tuple(fields), nanoseconds, ())

        return schema.to_string(show_schema_metadata=False), columns

    return look


def _apart(files: Sequence[str]) -> list[list[str]]:
    """What can be read at once. Spark 3.5 reads all files once more for each whose name would be a
    pattern, had it not been told to take names by their letters."""
    patterns = [file for file in files if set(file) & _OF_PATTERNS]
    plain = [file for file in files if file not in patterns]
    return [*([plain] if plain else []), *([file] for file in patterns)]


def _files(spark: SparkSession, url: str, options: Mapping[str, str]) -> Iterator[str]:
    listed = spark.read.options(**options).format("binaryFile").load(url).inputFiles()
    for file in sorted(listed):
        yield _by_its_letters(spark, file, escaped=True)


def _by_its_letters(spark: SparkSession, url: str, *, escaped: bool = False) -> str:
    """A URL as Hadoop names its path: nothing in it is escaped."""
    if is_connect(spark):
        scheme, colon, path = (unquote(url) if escaped else url).partition(":")
        local = scheme == "file"
        return f"file:/{path.lstrip('/')}" if local else f"{scheme}{colon}{path}"
    jvm = cast(Any, spark.sparkContext._jvm)
    return str(jvm.org.apache.hadoop.fs.Path(jvm.java.net.URI(url) if escaped else url).toString())


def _columns_of(jvm: Any, conf: Any, schema: Any) -> _Columns:
    """Asks Spark of each column alone. Of two that differ in case alone it can read neither."""
    fields: list[StructField] = []
    nanoseconds, left_out = {}, []
    columns = {str(column.getName()): column for column in schema.getFields()}
    low = [name.lower() for name in columns]
    for name, column in columns.items():
        field = _field_of(jvm, conf, column) if low.count(name.lower()) == 1 else None
        if field is None:
            left_out.append(name)
            continue
        fields.append(field)
        if (unit := f"{column.getLogicalTypeAnnotation()}").startswith("TIMESTAMP(NANOS"):
            nanoseconds[name] = unit.endswith("true)")
    return _Columns(tuple(fields), nanoseconds, tuple(left_out))


def _field_of(jvm: Any, conf: Any, column: Any) -> StructField | None:
    converter = jvm.org.apache.spark.sql.execution.datasources.parquet.ParquetToSparkSchemaConverter
    alone = jvm.java.util.ArrayList()
    alone.add(column)
    try:
        made = converter(conf).convert(jvm.org.apache.parquet.schema.MessageType("one", alone))
    except (PySparkException, Py4JJavaError):
        return None
    return StructType.fromJson(json.loads(str(made.json()))).fields[0]


def _read(reader: DataFrameReader, columns: _Columns, files: Sequence[str]) -> DataFrame:
    rows = reader.schema(StructType(list(columns.fields))).parquet(*files)
    moments = {name: _moment(name, is_utc) for name, is_utc in columns.nanoseconds.items()}
    return rows.withColumns(moments) if moments else rows


def _moment(name: str, is_utc: bool) -> Column:
    microseconds = F.expr(
        f"timestamp_micros(({quoted(name)} - pmod({quoted(name)}, 1000)) div 1000)"
    )
    text = text_of(microseconds, TimestampType())
    return text if is_utc else F.regexp_replace(text, "Z$", "")
