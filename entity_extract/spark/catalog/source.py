"""The files or the table that a catalog lies in, opened by Spark, wherever they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from py4j.protocol import Py4JJavaError
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import DataFrame, SparkSession

from entity_extract.catalog.files import (
    TEXT,
    file_format,
    format_by_name,
    glob_of,
    local_path,
    named_table,
    names_in,
    warn_of_superseded,
)
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError
from entity_extract.spark.catalog.text import text_frame
from entity_extract.spark.session.failures import root_cause
from entity_extract.spark.session.refusals import refusal
from entity_extract.spark.tables.delta import check_delta
from entity_extract.spark.tables.storage import Storage


@dataclass(frozen=True)
class Source:
    """A catalog found: what Spark is to load, and how. `version` is of a Delta table, or None."""

    path: str
    url: str
    format: str
    version: int | None = None
    glob: str | None = None  # of the files that count in a folder

    def rows(self, spark: SparkSession, config: CatalogConfig) -> DataFrame:
        """Raises CatalogError."""
        reader = spark.read
        if self.glob is not None:
            reader = reader.option("pathGlobFilter", self.glob)
        with _explained(self.path):
            if self.format in TEXT:
                return text_frame(spark, self.path, self.url, self.glob, self.format, config)
            if self.format == "delta":
                if self.version is not None:
                    reader = reader.option("versionAsOf", self.version)
                return reader.format("delta").load(self.url)
            return reader.parquet(self.url, mergeSchema=True)

    @property
    def name(self) -> str:
        """What to give as --catalog to read the very same rows again."""
        return self.path if self.version is None else f"{self.path}@v{self.version}"


def source_of(spark: SparkSession, path: str, config: CatalogConfig) -> Source:
    """Looks where it lies; a Delta table's latest version is settled here. Raises UserError."""
    table, version = named_table(path, config)
    local = local_path(table)
    if local is not None:  # checked, and warned of, before Spark was started
        names, url, is_folder = names_in(local), f"file://{local.resolve()}", local.is_dir()
    else:
        with _explained(path):
            names = Storage(spark, table).names("")
        url, is_folder = table, format_by_name(table) is None
        if is_folder and not names and config.format == "auto":
            raise CatalogError(f"{path}: no such file or folder, or an empty one")
        warn_of_superseded(path, config, names)
    found = file_format(path, config, names)
    if found == "delta":
        check_delta(spark, f"{path}, a Delta table,")
        return Source(table, url, found, _latest(spark, path, url) if version is None else version)
    filtered = is_folder and config.format == "auto"
    return Source(path, url, found, glob=glob_of(found) if filtered else None)


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
        if isinstance(err, AnalysisException) and err.getErrorClass() == "PATH_NOT_FOUND":
            raise CatalogError(f"{path}: no such file or folder") from err
        reason = refusal(err) or f"cannot be read: {root_cause(err)}"
        raise CatalogError(f"{path}: {' '.join(reason.split())}") from err
