"""Reading the catalog: rows identified, none lost, whatever its columns are called."""

import logging

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.catalog.files import check_catalog, require_columns
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError
from entity_extract.spark.catalog.source import source_of
from entity_extract.spark.pending import PENDING

__all__ = ["CatalogError", "check_catalog", "identified", "read_catalog"]

log = logging.getLogger(__name__)

ROW_KEY, ROW_COPY, POSITION = "row_key", "row_copy", "row_position"
_OWN = (schema.SAMPLE_ID, *schema.REQUIRED, schema.ENTITY_VALUE)
# Columns that a row gets on its way to an answer; Spark does not tell names apart by case.
_TAKEN = {name for table in schema.TABLES if table.joined for name in table.columns} | {
    "wave",
    "open",
    "answer",
    POSITION,
    *PENDING,
}


def read_catalog(spark: SparkSession, path: str, config: CatalogConfig) -> DataFrame:
    """All rows, with row_key, row_copy and row_position (see `identified`), our columns as text.
    The files of a folder follow one another by their names.

    The challenge's `index` becomes sample_id. A column named like one of ours is kept as
    `catalog_<name>`. In CSV an empty label says "the picture does not say"; elsewhere that is ""
    and null means unlabelled. Raises CatalogError where it cannot be read.
    """
    source = source_of(spark, path, config)
    rows = source.rows(spark, config)
    require_columns(rows.columns, path)
    rows = _renamed(rows)
    if source.format != "delta" and len(rows.inputFiles()) > 1:  # a Delta table's have no order
        rows = rows.withColumn(POSITION, F.struct(F.input_file_name().alias("file"), _place()))
    if source.format in ("csv", "json"):
        rows = rows.persist()  # parsed once; a scan of columns costs less than to keep them here
    if source.format == "csv" and schema.ENTITY_VALUE in rows.columns:
        rows = rows.fillna("", subset=[schema.ENTITY_VALUE])
    for name in _OWN:
        value = F.col(name) if name in rows.columns else F.lit(None)
        rows = rows.withColumn(name, value.cast("string"))
    return identified(rows)


def _place() -> Column:
    """Grows along each file. Of several files Spark takes the largest first."""
    return F.monotonically_increasing_id().alias("place")


def _renamed(rows: DataFrame) -> DataFrame:
    if "index" in rows.columns:
        if schema.SAMPLE_ID in rows.columns:
            rows = rows.withColumnRenamed(schema.SAMPLE_ID, f"catalog_{schema.SAMPLE_ID}")
        rows = rows.withColumnRenamed("index", schema.SAMPLE_ID)
    for name in rows.columns:
        if name.lower() in _TAKEN and name not in _OWN:
            kept = f"catalog_{name}"
            log.warning("catalog column %s is kept as %s: we have one of that name", name, kept)
            rows = rows.withColumnRenamed(name, kept)
    return rows


def identified(rows: DataFrame) -> DataFrame:
    """With row_key, a hash of the whole row, row_copy, 1, 2, … among rows equal in all, and
    row_position, where it is not there yet, which grows along the catalog. All rows are hashed
    once to look for equal ones.
    """
    theirs = sorted(name for name in rows.columns if name != POSITION)
    columns = [F.col("`{}`".format(name.replace("`", "``"))) for name in theirs]
    told = {"ignoreNullFields": "false", "timeZone": "UTC"}  # a null is not "", nor a zone's doing
    whole = F.to_json(F.struct(*columns), told)
    placed = rows if POSITION in rows.columns else rows.withColumn(POSITION, _place())
    hashed = placed.withColumn(ROW_KEY, F.sha2(whole, 256))
    if _are_distinct(hashed):  # as most catalogs' rows are: nothing to be sorted
        return hashed.withColumn(ROW_COPY, F.lit(1))
    copies = Window.partitionBy(ROW_KEY).orderBy(POSITION)
    return hashed.withColumn(ROW_COPY, F.row_number().over(copies)).persist()


def _are_distinct(hashed: DataFrame) -> bool:
    """Whether no two rows have the same key. A shorter hash will do: a collision costs time."""
    groups = hashed.groupBy(F.xxhash64(ROW_KEY)).agg(F.count("*").alias("rows"))
    return groups.where("rows > 1").isEmpty()
