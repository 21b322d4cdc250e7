"""Reading the catalog: rows identified, none lost, whatever its columns are called."""

import logging
from collections import Counter
from collections.abc import Collection, Sequence
from functools import reduce

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, LongType, StructField, StructType

from entity_extract import schema
from entity_extract.catalog.entities import matched, told_of_entities
from entity_extract.catalog.files import require_columns
from entity_extract.catalog.ids import EXACT, NAN, WITH_EXPONENT, WITH_FRACTION, told_of_ids
from entity_extract.catalog.names import OWN, kept_names
from entity_extract.config import CatalogConfig
from entity_extract.spark.catalog.columns_text import as_text, quoted
from entity_extract.spark.catalog.source import Source, source_of
from entity_extract.spark.few_rows import are_here, counted_where, held_here
from entity_extract.spark.pending import PENDING

log = logging.getLogger(__name__)

ROW_KEY, ROW_COPY, POSITION = "row_key", "row_copy", "row_position"
_COUNTED = (StructField(POSITION, LongType()), StructField(ROW_COPY, IntegerType()))
_NAMES_LOOKED_AT = 10_000  # of entities that are not asked by any name of the domain
_IDS = (schema.GROUP_ID, schema.SAMPLE_ID)
# Columns that a row gets on its way to an answer; Spark does not tell names apart by case.
_TAKEN = {name for table in schema.TABLES if table.joined for name in table.columns} | {
    "wave",
    "open",
    "answer",
    POSITION,
    *PENDING,
}


def read_catalog(
    spark: SparkSession, path: str, config: CatalogConfig, *, entities: Collection[str] = ()
) -> DataFrame:
    """All rows, with row_key, row_copy and row_position (see `identified`), all columns as text.
    The files of a folder follow one another by their names.

    The challenge's `index` becomes sample_id; whole numbers among ids lose a fraction of zero. A
    column named like one of ours is kept as `catalog_<name>`. Entity names in other letters than
    those of `entities` become one of these. In CSV an empty label says "the picture does not say";
    elsewhere that is "" and null means unlabelled. Raises CatalogError where it cannot be read.
    """
    source = source_of(spark, path, config)
    rows = _whole(source, source.parts(spark, config))
    if source.format in ("csv", "json") and not are_here(rows):
        rows = rows.persist()  # parsed once; a scan of columns costs less than to keep them here
    if source.format in ("csv", "xlsx") and schema.ENTITY_VALUE in rows.columns:
        rows = rows.fillna("", subset=[schema.ENTITY_VALUE])
    for name in OWN:
        if name not in rows.columns:
            rows = rows.withColumn(name, F.lit(None).cast("string"))
    return identified(_with_entities(_with_whole_ids(rows), entities))


def _whole(source: Source, parts: Sequence[DataFrame]) -> DataFrame:
    """The parts as one frame of text, with their place where several files have one."""
    names = [name for part in parts for name in part.columns]
    require_columns(list(dict.fromkeys(names)), source.path)
    kept = kept_names(names, _TAKEN)
    for name, other in kept.items():
        if name != other and name != "index":
            log.warning("catalog column %s is kept as %s: we have one of that name", name, other)
    # A Delta table's files have no order.
    placed = source.format != "delta" and sum(len(part.inputFiles()) for part in parts) > 1
    texts = []
    for part in parts:
        named = part.toDF(*(kept[name] for name in part.columns))
        text = as_text(named, frozenset(OWN))
        if placed:
            text = text.withColumn(POSITION, F.struct(_file().alias("file"), _place()))
        texts.append(text)
    return reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), texts)


def _with_whole_ids(rows: DataFrame) -> DataFrame:
    """See catalog.ids; said once all rows were looked at for it."""
    whole = {name: _whole_id(F.col(name)) for name in _IDS}
    changed = counted_where(rows, {name: whole[name] != F.col(name) for name in _IDS})
    for name in _IDS:
        if changed[name]:
            log.warning(told_of_ids(name, changed[name]))
    return rows.withColumns(whole)


def _all(pattern: str) -> str:
    """Matches where the whole text does."""
    return rf"\A(?:{pattern})\z"


def _whole_id(text: Column) -> Column:
    number = text.cast("decimal(38, 18)")
    exact = (number == F.floor(number)) & (F.abs(number) < EXACT)
    expanded = F.when(exact, F.floor(number).cast("decimal(16, 0)").cast("string"))
    return (
        F.when(text.rlike(_all(WITH_FRACTION)), F.regexp_replace(text, WITH_FRACTION, "$1"))
        .when(text.rlike(_all(WITH_EXPONENT)), F.coalesce(expanded, text))
        .when(text != NAN, text)
    )


def _with_entities(rows: DataFrame, entities: Collection[str]) -> DataFrame:
    """See catalog.entities. Of names that nobody knows the commonest are looked at."""
    if not entities:
        return rows
    name = F.col(schema.ENTITY_NAME)
    counts = _commonest(rows.where(~name.isin(list(entities))).select(name.alias("name")))
    found = matched(counts, entities)
    if not found:
        return rows
    log.warning(told_of_entities(found, counts))
    pairs = F.create_map(*(F.lit(text) for pair in found.items() for text in pair))
    return rows.withColumn(schema.ENTITY_NAME, F.coalesce(pairs[name], name))


def _commonest(names: DataFrame) -> dict[str, int]:
    """Each of these names with its rows, the commonest first."""
    if are_here(names):
        return dict(Counter(row["name"] for row in names.collect()).most_common(_NAMES_LOOKED_AT))
    counts = names.groupBy("name").agg(F.count("*").alias("rows"))
    common = counts.orderBy(F.desc("rows"), "name").limit(_NAMES_LOOKED_AT)
    return {row["name"]: row["rows"] for row in common.collect()}


def _file() -> Column:
    """The file's path by its letters: Spark escapes them, which changes their order."""
    return F.url_decode(F.replace(F.input_file_name(), F.lit("+"), F.lit("%2B")))


def _place() -> Column:
    """Grows along each file. Of several files Spark takes the largest first."""
    return F.monotonically_increasing_id().alias("place")


def identified(rows: DataFrame) -> DataFrame:
    """With row_key, a hash of the whole row, row_copy, 1, 2, … among rows equal in all, and
    row_position, where it is not there yet, which grows along the catalog. All rows are hashed
    once to look for equal ones.
    """
    theirs = sorted(name for name in rows.columns if name != POSITION)
    columns = [F.col(quoted(name)) for name in theirs]
    told = {"ignoreNullFields": "false", "timeZone": "UTC"}  # a null is not "", nor a zone's doing
    whole = F.to_json(F.struct(*columns), told)
    if are_here(rows):
        return _identified_here(rows.withColumn(ROW_KEY, F.sha2(whole, 256)))
    placed = rows if POSITION in rows.columns else rows.withColumn(POSITION, _place())
    hashed = placed.withColumn(ROW_KEY, F.sha2(whole, 256))
    if _are_distinct(hashed):  # as most catalogs' rows are: nothing to be sorted
        return hashed.withColumn(ROW_COPY, F.lit(1))
    copies = Window.partitionBy(ROW_KEY).orderBy(POSITION)
    return hashed.withColumn(ROW_COPY, F.row_number().over(copies)).persist()


def _identified_here(hashed: DataFrame) -> DataFrame:
    copies: Counter[str] = Counter()
    placed = []
    for position, row in enumerate(hashed.collect()):
        copies[row[ROW_KEY]] += 1
        placed.append((*row, position, copies[row[ROW_KEY]]))
    columns = StructType([*hashed.schema, *_COUNTED])
    return held_here(hashed.sparkSession, placed, columns)


def _are_distinct(hashed: DataFrame) -> bool:
    """Whether no two rows have the same key. A shorter hash will do: a collision costs time."""
    groups = hashed.groupBy(F.xxhash64(ROW_KEY)).agg(F.count("*").alias("rows"))
    return groups.where("rows > 1").isEmpty()
