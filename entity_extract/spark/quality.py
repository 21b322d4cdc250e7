"""What [quality] counts of a catalog's answers: one pass over their narrow columns."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from entity_extract.catalog.row_names import ROW_COPY, ROW_KEY
from entity_extract.config import Config
from entity_extract.quality.figures import BINS, CANDIDATES, OTHER, Figures, Group, figures_of
from entity_extract.schema import ENTITY_NAME, IMAGE_LINK
from entity_extract.spark.few_rows import are_here, counted
from entity_extract.spark.tables.lake import Lake
from entity_extract.status import Status

_KEYS = [ROW_KEY, ROW_COPY]


def answered_figures(
    lake: Lake, catalog: DataFrame, config: Config, *, rows: int, links: int, read: int
) -> Figures:
    """Of the answers that the catalog's rows have in the lake."""
    few = are_here(catalog)
    asked = catalog.select(*_KEYS)
    answers = lake.predictions.read().join(F.broadcast(asked) if few else asked, _KEYS)
    alike = answers.select(*(held.alias(name) for name, held in _figures(config).items()))
    if not few:  # a shuffle costs more than few rows do
        by = [name for name in Group._fields if name not in ("rows", "confidence_sum")]
        sums = (F.sum(name).alias(name) for name in ("rows", "confidence_sum"))
        alike = alike.groupBy(*by).agg(*sums)
    groups = (Group(**group.asDict()) for group in alike.collect())
    return figures_of(groups, rows=rows, links=links, links_read=read)


def _figures(config: Config) -> dict[str, Column]:
    """The fields of Group, of a row of `predictions`."""
    known = F.col(ENTITY_NAME).isin(list(config.domain.entity_names))
    confidence = F.col("confidence")
    place = F.least(F.floor(confidence * BINS).cast("int"), F.lit(BINS - 1))  # passes over nulls
    number = F.when(F.col("candidates").isNull(), 0).otherwise(F.size("candidates"))
    answered = F.col("prediction") != ""
    # Where there is nothing to be sure of it is 0.
    sure = confidence.isNotNull() & (answered | (number > 0))
    return {
        "entity": F.when(known, F.col(ENTITY_NAME)).otherwise(OTHER),
        "status": F.col("status"),
        "unit": F.when(answered, F.coalesce("unit", F.lit(""))),
        "confidence_bin": F.when(sure, place),
        "candidates": F.least(number, F.lit(CANDIDATES[-1])),
        "rows": F.lit(1),
        "confidence_sum": F.when(sure, confidence).otherwise(0.0),
    }


def links_read(lake: Lake, links: DataFrame, reader_version: str) -> int:
    """How many of the distinct `links` have a reading by this reader."""
    of_reader = (F.col("reader_version") == reader_version) & (F.col("status") == Status.OK.value)
    return counted(lake.images.read().where(of_reader).join(links, IMAGE_LINK, "left_semi"))
