"""Reading the catalog: rows identified, none lost, whatever its columns are called."""

import logging
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import reduce
from operator import and_

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F
from pyspark.sql.types import IntegerType, LongType, StructField, StructType

from entity_extract import schema
from entity_extract.catalog.entities import respelled
from entity_extract.catalog.headers import require_columns, say_where_no_group
from entity_extract.catalog.ids import EXACT, NAN, WITH_EXPONENT, WITH_FRACTION, told_of_ids
from entity_extract.catalog.names import OWN, chosen_names, kept_names
from entity_extract.catalog.row_names import (
    CATALOG_KEY,
    DETAILS_HASH,
    POSITION,
    ROW_COPY,
    ROW_KEY,
    TAKEN,
)
from entity_extract.config import CatalogConfig
from entity_extract.spark.catalog.asked import asked_of_each
from entity_extract.spark.catalog.columns_text import as_text, quoted
from entity_extract.spark.catalog.corrections import corrected
from entity_extract.spark.catalog.source import TABLE, Source, source_of
from entity_extract.spark.few_rows import are_here, counted_where, held_here
from entity_extract.spark.session.kept import kept

log = logging.getLogger(__name__)

_COUNTED = (StructField(POSITION, LongType()), StructField(ROW_COPY, IntegerType()))
_NAMES_LOOKED_AT = 10_000  # of entities that are not asked by any name of the domain
_IDS = (schema.GROUP_ID, schema.SAMPLE_ID)


def read_catalog(
    spark: SparkSession, path: str, config: CatalogConfig, *, entities: Collection[str] = ()
) -> DataFrame:
    """All rows, with the columns of `identified`, theirs as text: our own, those of catalog.key,
    and of the further ones those of catalog.keep. The files of a folder follow one another by
    their names.

    catalog.columns says which columns are ours, and catalog.entities what is asked of rows that
    name no entity: each becomes several, one after another. `index` becomes sample_id; whole
    numbers among ids lose a fraction of zero. Another column named like one of ours is kept as
    `catalog_<name>`. Entity names in other letters than those of `entities` become one of these. In
    CSV an empty label says "the picture does not say"; elsewhere that is "" and null means
    unlabelled. Labels of catalog.corrections win. Raises CatalogError where it cannot be read.
    """
    source = source_of(spark, path, config)
    rows, names = _whole(source, source.parts(spark, config), config)
    changes = source.format == TABLE and source.version is None
    if (source.format in ("csv", "json") or changes) and not are_here(rows):
        # Text is parsed once, and of a table that others change meanwhile one state is read; a scan
        # of columns costs less than to keep them here.
        rows = kept(rows)
    if source.format in ("csv", "xlsx") and schema.ENTITY_VALUE in rows.columns:
        rows = rows.fillna("", subset=[schema.ENTITY_VALUE])
    for name in OWN:
        if name not in rows.columns:
            rows = rows.withColumn(name, F.lit(None).cast("string"))
    rows = _with_entities(_with_whole_ids(rows), entities)
    key = [names[name] for name in config.key]
    if config.corrections is not None:
        rows = corrected(rows, config.corrections, catalog_key=_catalog_key(key))
    return identified(rows, key)


def _whole(
    source: Source, parts: Sequence[DataFrame], config: CatalogConfig
) -> tuple[DataFrame, Mapping[str, str]]:
    """The parts as one frame of text, with their place where several files have one; and the names
    of its columns, by those that the catalog has."""
    names = [name for part in parts for name in part.columns]
    require_columns(list(dict.fromkeys(names)), source.path, config)
    if source.files is None and source.format != "delta":  # else it was said before
        say_where_no_group(names, source.path, config)
    kept = chosen_names(kept_names(names, TAKEN, config.columns), config)
    in_order = source.format not in ("delta", TABLE)  # a table's files have none
    placed = in_order and sum(len(part.inputFiles()) for part in parts) > 1
    texts = []
    for part in parts:
        named = part.drop(*(F.col(quoted(name)) for name in part.columns if name not in kept))
        named = named.toDF(*(kept[name] for name in named.columns))
        text = asked_of_each(as_text(named, frozenset(OWN)), config.entities)
        if placed:
            text = text.withColumn(POSITION, F.struct(_file().alias("file"), _place()))
        texts.append(text)
    return reduce(lambda a, b: a.unionByName(b, allowMissingColumns=True), texts), kept


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
    said = F.coalesce(name, F.lit(""))
    counts = _commonest(rows.where(~said.isin(list(entities))).select(said.alias("name")))
    found = respelled(counts, entities)
    if not found:
        return rows
    pairs = F.create_map(*(F.lit(text) for pair in found.items() for text in pair))
    return rows.withColumn(schema.ENTITY_NAME, F.coalesce(F.try_element_at(pairs, name), name))


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


def identified(rows: DataFrame, key: Sequence[str] = ()) -> DataFrame:
    """With columns that tell what a row is:

    row_key, a hash of what its answer depends on, image_link, group_id and entity_name, and of the
    columns `key`; row_copy, 1, 2, … among rows that are equal in these; catalog_key, the columns
    `key` as JSON, null where one of them is; details_hash, of all that rides along; row_position,
    where it is not there yet, which grows along the catalog. All rows are hashed once to look for
    equal ones, which are numbered by what rides along, in whatever order they come.
    """
    own = dict.fromkeys([*schema.QUESTION, *key])
    others = sorted(name for name in rows.columns if name not in own and name != POSITION)
    hashed = rows.withColumns(
        {
            ROW_KEY: F.sha2(_json(own), 256),
            CATALOG_KEY: _catalog_key(key),
            # A column that is null says what one that is absent does.
            DETAILS_HASH: F.xxhash64(_json(others, nulls=False)),
        }
    )
    if are_here(rows):
        return _identified_here(hashed)
    if POSITION not in rows.columns:
        hashed = hashed.withColumn(POSITION, _place())
    if _are_distinct(hashed, own):  # as most catalogs' rows are: nothing to be sorted
        return hashed.withColumn(ROW_COPY, F.lit(1))
    copies = Window.partitionBy(ROW_KEY).orderBy(DETAILS_HASH, POSITION)
    return kept(hashed.withColumn(ROW_COPY, F.row_number().over(copies)))


def _catalog_key(key: Sequence[str]) -> Column:
    """The columns `key` as JSON, null where one of them is, or there are none."""
    whole = reduce(and_, (F.col(quoted(n)).isNotNull() for n in key), F.lit(bool(key)))
    return F.when(whole, _json(dict.fromkeys(key)))


def _json(names: Iterable[str], *, nulls: bool = True) -> Column:
    """With `nulls`, null is not ""; times do not hang on the session's zone."""
    told = {"ignoreNullFields": str(not nulls).lower(), "timeZone": "UTC"}
    columns = [F.col(quoted(name)) for name in names]
    return F.to_json(F.struct(*columns), told) if columns else F.lit("{}")


def _identified_here(hashed: DataFrame) -> DataFrame:
    found = hashed.collect()
    copies: Counter[str] = Counter()
    copy_of: dict[int, int] = {}
    for position in sorted(range(len(found)), key=lambda place: found[place][DETAILS_HASH]):
        copies[found[position][ROW_KEY]] += 1
        copy_of[position] = copies[found[position][ROW_KEY]]
    placed = [(*row, position, copy_of[position]) for position, row in enumerate(found)]
    columns = StructType([*hashed.schema, *_COUNTED])
    return held_here(hashed.sparkSession, placed, columns)


def _are_distinct(rows: DataFrame, names: Iterable[str]) -> bool:
    """Whether no two rows are equal in these columns. A short hash will do, though it cannot tell
    null from nothing: a collision costs time."""
    short = F.xxhash64(*(F.col(quoted(name)) for name in names))
    groups = rows.groupBy(short).agg(F.count("*").alias("rows"))
    return groups.where("rows > 1").isEmpty()
