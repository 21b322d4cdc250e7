"""What further labelled rows teach without their pictures: gathered on executors, kept small."""

from collections.abc import Collection, Iterable

import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.pandas.functions import pandas_udf

from entity_extract import schema
from entity_extract.config import Domain, TeacherParams
from entity_extract.errors import UserError
from entity_extract.learning.features.category_priors import PARTS
from entity_extract.learning.features.frames import EXAMPLE_ROW
from entity_extract.learning.training.background import Background, fit_priors
from entity_extract.learning.training.learners.teacher import (
    fit_teacher,
    text_frame,
    texts_of_frame,
)
from entity_extract.spark.catalog.rows import read_catalog
from entity_extract.spark.driver_room import LABEL, require_room
from entity_extract.spark.pipeline import Pipeline
from entity_extract.spark.stages import spread

_LABEL = ("image_link", "entity_name", "group_id", "entity_value")
_LINK = "link_identity"


def further_background(
    pipeline: Pipeline,
    held_out_groups: Collection[str],
    *,
    labels: str | None,
    texts: str | None,
) -> Background:
    """What further labelled catalogs (paths) teach; their pictures are not looked at."""
    config, spark = pipeline.config, pipeline.lake.spark
    labelled, described = (
        None
        if path is None
        else read_catalog(
            spark, path, config.catalog.of_labels, entities=config.domain.entity_names
        )
        for path in (labels, texts)
    )
    return background_of(
        labelled,
        described,
        pipeline.catalog,
        config.learning.teacher,
        text_column=config.catalog.text_column,
        seed=config.learning.seed,
        domain=config.domain,
        held_out_groups=held_out_groups,
    )


def background_of(
    labels: DataFrame | None,
    texts: DataFrame | None,
    catalog: DataFrame,
    params: TeacherParams,
    *,
    text_column: str,
    seed: int,
    domain: Domain,
    held_out_groups: Collection[str] = (),
) -> Background:
    """Priors from `labels`, a teacher from `texts`; both are catalogs as `read_catalog` gives them.

    Rows whose link is in `catalog`, in whatever spelling, are left out: their labels are learned
    from, or scored. So are all rows of `held_out_groups` (see split_table.held_out_groups): of a
    category that is scored as one never seen, nothing is known. Raises UserError where no text is
    left to learn from.
    """
    own = catalog.select(_identity("image_link").alias(_LINK)).distinct()
    labels, texts = (
        None if rows is None else _others(rows, own, held_out_groups) for rows in (labels, texts)
    )
    counted = None if labels is None else _counted(labels)
    priors = None if counted is None else fit_priors(counted, domain)
    rows = 0 if counted is None else int(counted["rows"].sum())
    if texts is None:
        return Background(priors, labels=rows)
    known = priors or fit_priors(_counted(texts), domain)
    examples = texts_of_frame(_text_examples(texts, params, text_column, domain), domain)
    if not len(examples):
        beyond = " and of another category than those held out" if held_out_groups else ""
        raise UserError(
            f"--texts holds no labelled text of another picture than the catalog's{beyond}"
        )
    teacher = fit_teacher(examples, known, params, seed=seed)
    return Background(priors, teacher, labels=rows, texts=len(examples))


def _others(rows: DataFrame, own: DataFrame, held_out_groups: Collection[str]) -> DataFrame:
    """Labelled rows of links that the catalog does not have, however spelled, and of no category
    that is held out; a row without a link stays, one without a category is of the category ""."""
    labelled = rows.where(F.col("entity_value").isNotNull())
    told = labelled.withColumn(_LINK, _identity("image_link"))
    others = told.join(own, _LINK, "left_anti").drop(_LINK)
    held_out = rows.sparkSession.createDataFrame(
        [(name,) for name in held_out_groups], "held_out_group string"
    )
    group = F.coalesce(others["group_id"], F.lit(""))
    return others.join(F.broadcast(held_out), group == held_out["held_out_group"], "left_anti")


def _identity(name: str) -> Column:
    """What the spellings of a column's links have in common, see links.identity."""

    def run(links: pd.Series) -> pd.Series:
        from entity_extract.fetching.links import identity

        return links.map(identity, na_action="ignore")

    udf = pandas_udf(run, "string")  # type: ignore[call-overload]  # stubs want a type of pyspark's
    told: Column = udf(name)
    return told


def _counted(rows: DataFrame) -> pd.DataFrame:
    """Equal labels once, with their number: categories times sizes, however many rows there are.
    Raises UserError where these are too many for the driver.

    One part of a cross-fit stays apart from another (see category_priors.part_of, the same CRC), so
    any of its links can stand for all.
    """
    link = F.coalesce("image_link", F.lit(""))
    part = F.pmod(F.crc32(link), F.lit(PARTS))
    keys = ["entity_name", "group_id", "entity_value", "part"]
    counted = (
        rows.withColumn("part", part)
        .groupBy(*keys)
        .agg(F.min(link).alias("image_link"), F.count("*").alias("rows"))
    )
    counted = counted.persist()
    less = "give it more, or leave out labels: as many as these seldom say the same of a category"
    require_room(counted.count(), LABEL, "counting labels", less)
    found = counted.toPandas().sort_values(keys, ignore_index=True)  # sums are equal to the bit
    counted.unpersist()
    return found.assign(group_id=found["group_id"].fillna(""))


def _text_examples(
    texts: DataFrame, params: TeacherParams, text_column: str, domain: Domain
) -> pd.DataFrame:
    """At most params.max_texts rows of EXAMPLE_ROW, by a hash of the row, so always the same."""
    if text_column not in texts.columns:
        raise UserError(
            f"--texts: no column {text_column!r}; found {', '.join(texts.columns)}. "
            "Name it: --set catalog.text_column=..."
        )
    # A text is a row of its own: of products without a picture many are asked the same.
    row = F.sha2(F.concat("row_key", F.hex("details_hash")), 256).alias("row_key")
    asked = (
        texts.where(F.col(text_column).isNotNull())
        .select(row, "row_copy", *_LABEL, F.col(text_column).cast("string").alias("text"))
        .orderBy("row_key", "row_copy")
        .limit(params.max_texts)
    )

    def run(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            yield text_frame(batch, domain)

    made = spread(asked, "row_key").mapInPandas(run, schema.ddl(EXAMPLE_ROW)).toPandas()
    return made.sort_values(["row_key", "row_copy"], ignore_index=True)
