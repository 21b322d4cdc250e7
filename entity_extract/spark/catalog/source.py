"""The files or the table that a catalog lies in, opened by Spark, wherever they are."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from entity_extract.catalog.few_files import are_few
from entity_extract.catalog.files import TEXT, catalog_files
from entity_extract.catalog.formats import (
    file_format,
    named_table,
    require_visible,
    warn_of_superseded,
)
from entity_extract.catalog.paths import format_by_name, glob_of, local_path, names_in, remedy
from entity_extract.catalog.pictures import PICTURES, picture_frame
from entity_extract.catalog.spreadsheets import spreadsheet_frame
from entity_extract.catalog.table_names import table_parts, table_version, without_version
from entity_extract.catalog.text.layout import distinguishable
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError
from entity_extract.spark.catalog.columns_text import quoted
from entity_extract.spark.catalog.local_files import LITERAL, LOCAL, in_utf8, url_of
from entity_extract.spark.catalog.locations import name_in_sql
from entity_extract.spark.catalog.parts import parquet_parts
from entity_extract.spark.catalog.table_versions import at_version, latest_version
from entity_extract.spark.catalog.text import few_texts, text_frame
from entity_extract.spark.few_rows import held_here
from entity_extract.spark.session.failures import error_class, root_cause
from entity_extract.spark.session.refusals import refusal
from entity_extract.spark.tables.delta import check_delta
from entity_extract.spark.tables.storage import storage_of

TABLE = "table"  # of the session's catalog, by its name
_ABSENT = {
    "PATH_NOT_FOUND": "no such file or folder",
    "TABLE_OR_VIEW_NOT_FOUND": "the session's catalog has no such table",
    "SCHEMA_NOT_FOUND": "the session's catalog has no such schema",
}


@dataclass(frozen=True)
class Source:
    """A catalog found: what Spark is to load, and how; `url` is a name where the format is TABLE.
    `version` is of a Delta table, or of one by its name that keeps versions; else None.

    Of what lies on this machine: `files`, and `by_folder`, the columns in the names of folders.
    """

    path: str
    url: str
    format: str
    version: int | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    files: tuple[Path, ...] | None = None
    by_folder: tuple[str, ...] = ()

    def parts(self, spark: SparkSession, config: CatalogConfig) -> list[DataFrame]:
        """The rows, in one frame, or in several with other columns. Raises CatalogError."""
        # 007 in the name of a folder is not 7.
        spark.conf.set("spark.sql.sources.partitionColumnTypeInference.enabled", "false")
        with _explained(self.path):
            if self.format == "xlsx":
                return [_of_workbook(spark, file, config) for file in self.files or ()]
            if self.format == PICTURES:
                return [_of_pictures(spark, self.path, config)]
            if self.format == "parquet":
                return [self._unescaped(p) for p in parquet_parts(spark, self.url, self.options)]
            if self.format in TEXT and self.files and not self.by_folder and are_few(self.files):
                return [few_texts(spark, self.path, self.format, config, self.files)]
            if self.format in TEXT:
                where = self.path, self.url, self.options
                rows = text_frame(spark, *where, self.format, config, self.files)
                return [self._unescaped(rows)]
            rows = self._table(spark)
            _ = rows.schema  # over Spark Connect nothing is looked at before
            return [rows]

    def _table(self, spark: SparkSession) -> DataFrame:
        if self.format == TABLE and self.version is not None:
            return spark.sql(at_version(self.url, self.version))
        if self.format == TABLE:
            return spark.table(self.url)
        reader = spark.read.options(**self.options)
        if self.version is not None:
            reader = reader.option("versionAsOf", self.version)
        return reader.format("delta").load(self.url)

    def _unescaped(self, rows: DataFrame) -> DataFrame:
        columns = {name: in_utf8(F.col(quoted(name))) for name in self.by_folder}
        return rows.withColumns(columns) if columns else rows

    @property
    def name(self) -> str:
        """What to give as --catalog to read the very same rows again."""
        return self.path if self.version is None else f"{self.path}@v{self.version}"


def source_of(spark: SparkSession, path: str, config: CatalogConfig) -> Source:
    """Looks where it lies; the latest version of a table that keeps versions is settled here.
    Raises UserError."""
    if (parts := table_parts(path)) is not None:
        named, version = name_in_sql(parts), table_version(path)
        with _explained(path):
            version = latest_version(spark, named) if version is None else version
        return Source(without_version(path), named, TABLE, version)
    table, version = named_table(path, config)
    local = local_path(table)
    if local is not None:  # checked, and warned of, before Spark was started
        found, url = file_format(path, config, names_in(local)), url_of(local)
    else:
        found, url = _remote_format(spark, path, table, config), table
    if found == "delta":
        check_delta(spark, f"{path}, a Delta table,")
        return Source(table, url, found, _latest(spark, path, url) if version is None else version)
    if local is not None:
        return _local_source(path, local, found, config)
    if found == "xlsx":
        raise CatalogError(f"{path}: a workbook of Excel is read from this machine's disk: copy it")
    if found == PICTURES:
        raise CatalogError(f"{path}: pictures elsewhere want a catalog of their links")
    if format_by_name(table) is not None:
        require_visible(path, table.rstrip("/").rpartition("/")[2], found)
    options = LITERAL if storage_of(spark, path).exists("") else {}
    is_folder = format_by_name(table) is None
    return Source(path, url, found, options=options | _filter(is_folder, found, config))


def _local_source(path: str, local: Path, found: str, config: CatalogConfig) -> Source:
    files = catalog_files(local, config, found)
    return Source(
        path,
        url_of(local),
        found,
        options=LOCAL | _filter(local.is_dir(), found, config),
        files=tuple(files),
        by_folder=tuple(next(iter(files.values()))),  # the same of all files
    )


def _filter(is_folder: bool, found: str, config: CatalogConfig) -> dict[str, str]:
    """Which files of a folder count."""
    return {"pathGlobFilter": glob_of(found)} if is_folder and config.format == "auto" else {}


def _remote_format(spark: SparkSession, path: str, table: str, config: CatalogConfig) -> str:
    with _explained(path):
        names = storage_of(spark, table).names("")
    if format_by_name(table) is None and not names and config.format == "auto":
        if (told := remedy(table)) is not None:
            raise CatalogError(f"{path}: not a format that is read: {told}")
        raise CatalogError(f"{path}: no such file or folder, or an empty one")
    warn_of_superseded(path, config, names)
    return file_format(path, config, names)


def _text_columns(names: Sequence[str]) -> StructType:
    return StructType([StructField(name, StringType()) for name in names])


def _of_pictures(spark: SparkSession, path: str, config: CatalogConfig) -> DataFrame:
    place = local_path(path) or Path(path)
    rows = picture_frame(place, catalog_files(place, config, PICTURES), config.columns)
    return held_here(spark, rows.to_numpy().tolist(), _text_columns(list(rows.columns)))


def _of_workbook(spark: SparkSession, file: Path, config: CatalogConfig) -> DataFrame:
    rows = spreadsheet_frame(file)
    names = distinguishable(list(rows.columns), (), config.columns)
    return held_here(spark, rows.to_numpy().tolist(), _text_columns(names))


def _latest(spark: SparkSession, path: str, url: str) -> int:
    place = url.replace("`", "``")
    with _explained(path):
        latest = spark.sql(f"DESCRIBE HISTORY delta.`{place}` LIMIT 1").select("version").first()
    if latest is None:
        raise CatalogError(f"{path}: the Delta table has no commit")
    return int(latest["version"])


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """What Spark says against a catalog is for the user to mend."""
    try:
        yield
    except (PySparkException, Py4JJavaError) as err:
        kind = error_class(err) if isinstance(err, AnalysisException) else None
        if kind in _ABSENT:
            raise CatalogError(f"{path}: {_ABSENT[kind]}") from err
        reason = refusal(err) or f"cannot be read: {root_cause(err)}"
        raise CatalogError(f"{path}: {' '.join(reason.split())}") from err
