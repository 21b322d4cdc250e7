"""Published answers against the labels: splits, metrics.json and the report."""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StringType, StructField, StructType

from entity_extract import schema
from entity_extract.catalog.row_names import CATALOG_KEY, ROW_COPY, ROW_KEY
from entity_extract.config import Config, Domain, LearningConfig
from entity_extract.errors import UserError
from entity_extract.evaluation.errors_file import ROW_ID
from entity_extract.evaluation.gallery import choose, gallery_rows
from entity_extract.evaluation.metrics import score
from entity_extract.evaluation.operating_points import operating_points
from entity_extract.evaluation.outcomes import CLUSTER
from entity_extract.evaluation.report import write_report
from entity_extract.evaluation.second_looks import second_looks
from entity_extract.fetching.redact import redact
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.learning.training.split_table import look_alikes_of
from entity_extract.reading.engine import OcrUnavailable
from entity_extract.reading.engines import chosen, reader_for
from entity_extract.reading.reader_version import reader_version
from entity_extract.spark.driver_room import EVALUATED, require_room
from entity_extract.spark.few_rows import counted, held_here
from entity_extract.spark.tables.lake import Lake
from entity_extract.status import Status
from entity_extract.version import __version__

log = logging.getLogger(__name__)

# In the order in which one of them stands for the whole: the honest ones first.
SPLITS = ("validation", "new", "train")
_OWN = ("image_link", "entity_name", "entity_value")
_JUDGED = (*_OWN, *schema.PREDICTION)


def evaluated_rows(lake: Lake, catalog: DataFrame) -> pd.DataFrame:
    """Labelled catalog rows with their published answers, row_id and `split`, on the driver.

    A row without an answer is there, silent, with status not_read. `split` is train or validation
    where the model that answered was trained on this lake with the row's picture, under this link
    or, byte for byte, under another; else new. A row without an answer counts as asked of the model
    that answered the others, if that is one. Raises UserError when the lake has no answer to any
    row of the catalog, or the catalog has no label.
    """
    keys = [ROW_KEY, ROW_COPY]
    row_id = _row_id(catalog).alias(ROW_ID)
    labelled = catalog.where(F.col("entity_value").isNotNull()).select(*keys, *_OWN, row_id)
    less = "give it more, or evaluate a part of the catalog's pictures"
    require_room(counted(labelled), EVALUATED, "evaluating", less)
    told = ("model_version", "reader_version", "reread", "content_sha256")
    answers = lake.predictions.read().select(*keys, *told, *schema.PREDICTION)
    rows = labelled.join(answers, keys, "left").select(*keys, *told, *_JUDGED, ROW_ID)
    found = rows.toPandas().sort_values(keys, ignore_index=True)
    if not len(found):
        raise UserError("the catalog has no labelled row (entity_value) to evaluate on")
    if found["model_version"].isna().all():
        raise UserError("the lake has no answer to any row of this catalog; run predict first")
    absent = found["prediction"].isna()
    found.loc[absent, ["prediction", "source"]] = ["", "none"]
    found.loc[absent, "status"] = Status.NOT_READ.value
    found["reread"] = found["reread"].eq(True)  # null of rows without an answer
    found["split"] = _splits_of(lake, found)
    return found.drop(columns="content_sha256")


def _row_id(catalog: DataFrame) -> Column:
    """The catalog's index, else its key, else the row_key."""
    names = [schema.SAMPLE_ID, CATALOG_KEY, ROW_KEY]
    return F.coalesce(*(F.col(name) for name in names if name in catalog.columns))


def _splits_of(lake: Lake, rows: pd.DataFrame) -> list[str]:
    """Of each row, by its link or its picture's bytes, as the model was trained that answered."""
    answered_by = rows["model_version"].str.extract("^([^-]*)", expand=False)
    versions = answered_by.dropna().unique().tolist()
    if len(versions) == 1:
        answered_by = answered_by.fillna(versions[0])
    pictures = lake.images.read().select("image_link", "content_sha256").distinct()
    learned = lake.splits.read().where(F.col("model_version").isin(versions))
    known = learned.join(pictures, "image_link", "left").toPandas()
    known = known.sort_values("split", ascending=False)  # who was trained with it, too: train
    side = {
        (version, name): split
        for names in (known["content_sha256"], known["image_link"])
        for version, name, split in zip(known["model_version"], names, known["split"], strict=True)
        if isinstance(name, str)
    }
    asked = zip(answered_by, rows["image_link"], rows["content_sha256"], strict=True)
    return [
        side.get((version, link)) or side.get((version, content), "new")
        for version, link, content in asked
    ]


def evaluate(
    lake: Lake,
    catalog: DataFrame,
    config: Config,
    out: Path,
    model: Bundle | None = None,
    named: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Writes out/metrics.json, out/report.html and out/errors.csv; returns what metrics.json holds.

    Each split has its own figures under its name; those of the headline split, and what other
    abstention thresholds would score on it (trade_off), stand at the top level, too, and `about`:
    when, and what of. `named` are names for that, as `catalog`. With a model the report says how it
    learned.
    """
    rows = evaluated_rows(lake, catalog)
    rows[CLUSTER] = _clusters(lake, rows, config.learning)
    splits = {str(name): part for name, part in rows.groupby("split", sort=True)}
    metrics = {name: score(part, config.domain, config.evaluate) for name, part in splits.items()}
    headline = next(name for name in SPLITS if name in splits)
    metrics[headline]["trade_off"] = operating_points(
        splits[headline], config.domain, config.evaluate
    )
    metrics[headline]["second_looks"] = _second_looks(lake, splits[headline], config)
    versions = {
        name: sorted(rows[name].dropna().unique()) for name in ("model_version", "reader_version")
    }
    about = _about(lake, config, versions, named or {})
    told = {"headline": headline, "about": about, **versions}
    whole = {**metrics[headline], **told, **metrics}
    out.mkdir(parents=True, exist_ok=True)
    (out / "metrics.json").write_text(json.dumps(whole, indent=1), "utf-8")
    write_report(
        out,
        splits,
        metrics,
        _gallery(lake, splits[headline], config.domain, config),
        about,
        domain=config.domain,
        config=config.evaluate,
        model=model.about if model else None,
        answered_by=versions["model_version"],
    )
    return whole


def _about(
    lake: Lake, config: Config, versions: Mapping[str, Sequence[str]], named: Mapping[str, str]
) -> dict[str, str]:
    """What was evaluated, when and by what, for whoever finds the report later."""
    return {
        "evaluated": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        **{name: redact(text) for name, text in named.items()},
        "OCR_engine": _engine(config, versions["reader_version"]),
        **{name: ", ".join(found) for name, found in versions.items()},
        "entity-extract": __version__,
        "Spark": lake.spark.version,
    }


def _engine(config: Config, versions: Sequence[str]) -> str:
    """What read the pictures. Only a hash of it is in the lake, so it is named where the
    configuration is that of the reading."""
    try:
        here = reader_version(config.ocr, config.image, config.domain)
        if [here] == list(versions):
            return reader_for(chosen(config.ocr), config.domain).version
    except OcrUnavailable:
        log.warning("the engine that read the pictures is not here: the report does not name it")
    return "another than this configuration or machine has; see the manifests in the lake's runs/"


def _second_looks(lake: Lake, rows: pd.DataFrame, config: Config) -> dict[str, Any]:
    """What they were worth on `rows`, and how many the lake holds, with the time of each."""
    looked, took = F.count("*").alias("pictures"), (F.avg("ocr_ms") / 1000).alias("seconds")
    (held,) = lake.rereadings.read().agg(looked, took).collect()
    worth = second_looks(rows, config.domain, config.evaluate.value_tolerance)
    return {**worth, **held.asDict()}


def _clusters(lake: Lake, rows: pd.DataFrame, config: LearningConfig) -> np.ndarray:
    """(n,) which rows are on one picture, as a split by pictures tells them apart."""
    of_picture = ["image_link", "reader_version"]
    links = rows[["image_link"]].dropna().drop_duplicates()
    names = StructType([StructField("image_link", StringType())])
    asked = held_here(lake.spark, links.to_numpy().tolist(), names)
    pictures = lake.images.read().select(*of_picture, "content_sha256", "phash")
    held = pictures.join(F.broadcast(asked), "image_link", "left_semi").toPandas()
    return look_alikes_of(rows.merge(held, on=of_picture, how="left", validate="m:1"), config)


def _gallery(lake: Lake, rows: pd.DataFrame, domain: Domain, config: Config) -> list[Any]:
    """The pictures of a few rows: only these leave the lake."""
    chosen = choose(rows, domain, config.evaluate)
    links = chosen["image_link"].dropna().unique().tolist()
    pictures = (
        lake.images.read()
        .where(F.col("image_link").isin(links))
        .select("image_link", "reader_version", "thumbnail", "width", "height")
        .toPandas()
        .dropna(subset=["thumbnail"])
    )
    return gallery_rows(
        chosen.merge(pictures, on=["image_link", "reader_version"], how="left", validate="m:1")
    )
