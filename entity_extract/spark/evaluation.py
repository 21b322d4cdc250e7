"""Published answers against the labels: splits, metrics.json and the report."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract import schema
from entity_extract.config import Config, Domain
from entity_extract.errors import UserError
from entity_extract.judging.gallery import choose, gallery_rows
from entity_extract.judging.metrics import score
from entity_extract.judging.points import points_of_silence
from entity_extract.judging.report import write_report
from entity_extract.learning.bundle import Bundle
from entity_extract.schema import Status
from entity_extract.spark import catalog as catalogs
from entity_extract.spark.tables.lake import Lake

# In the order in which one of them stands for the whole: the honest ones first.
SPLITS = ("validation", "new", "train")
_OWN = ("image_link", "entity_name", "entity_value")
_JUDGED = (*_OWN, *schema.ANSWER)


def judged_rows(lake: Lake, catalog: DataFrame) -> pd.DataFrame:
    """Labelled catalog rows with their published answers and `split`, on the driver.

    A row without an answer is there, silent, with status not_read. `split` is train or validation
    where the model that answered was trained on this lake, else new. Raises UserError when the
    lake has no answer to any row of the catalog, or the catalog has no label.
    """
    keys = [catalogs.ROW_KEY, catalogs.ROW_COPY]
    labelled = catalog.where(F.col("entity_value").isNotNull()).select(*keys, *_OWN)
    answers = lake.predictions.read().select(
        *keys, "model_version", "reader_version", *schema.ANSWER
    )
    splits = lake.splits.read().select(
        "image_link", "split", F.col("model_version").alias("trained_version")
    )
    rows = labelled.join(answers, keys, "left")
    answered_by = F.regexp_extract("model_version", "^[^-]*", 0)
    rows = rows.join(
        splits,
        (rows["image_link"] == splits["image_link"]) & (answered_by == F.col("trained_version")),
        "left",
    ).select(*keys, "model_version", "reader_version", "split", *(rows[c] for c in _JUDGED))
    found = rows.toPandas().sort_values(keys, ignore_index=True)
    if not len(found):
        raise UserError("the catalog has no labelled row (entity_value) to evaluate on")
    if found["model_version"].isna().all():
        raise UserError("the lake has no answer to any row of this catalog; run jobs.predict first")
    absent = found["prediction"].isna()
    found.loc[absent, ["prediction", "source"]] = ["", "none"]
    found.loc[absent, "status"] = Status.NOT_READ.value
    found["split"] = found["split"].fillna("new")
    return found


def evaluate(
    lake: Lake, catalog: DataFrame, config: Config, out: Path, model: Bundle | None = None
) -> dict[str, Any]:
    """Writes out/metrics.json and out/report.html; returns what metrics.json holds.

    Each split has its own figures under its name; those of the headline split, and what other
    points of silence would score on it (trade_off), stand at the top level, too. With a model the
    report says how it learned.
    """
    rows = judged_rows(lake, catalog)
    splits = {str(name): part for name, part in rows.groupby("split", sort=True)}
    metrics = {name: score(part, config.domain, config.evaluate) for name, part in splits.items()}
    headline = next(name for name in SPLITS if name in splits)
    metrics[headline]["trade_off"] = points_of_silence(
        splits[headline], config.domain, config.evaluate
    )
    versions = {
        name: sorted(rows[name].dropna().unique()) for name in ("model_version", "reader_version")
    }
    whole = {**metrics[headline], "headline": headline, **versions, **metrics}
    out.mkdir(parents=True, exist_ok=True)
    (out / "metrics.json").write_text(json.dumps(whole, indent=1), "utf-8")
    write_report(
        out,
        splits,
        metrics,
        _gallery(lake, splits[headline], config.domain, config),
        {key.replace("_", " "): ", ".join(found) for key, found in versions.items()},
        domain=config.domain,
        config=config.evaluate,
        model=model.about if model else None,
        answered_by=versions["model_version"],
    )
    return whole


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
