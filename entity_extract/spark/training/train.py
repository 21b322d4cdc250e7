"""The train job's learning half: table, model, held-out figures, bundle, splits."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import functions as F

from entity_extract.embedding.chosen import ChosenEncoder
from entity_extract.errors import TooLittle, UserError
from entity_extract.evaluation.split_metrics import metrics_of
from entity_extract.learning.prediction.bundle import Bundle, make_bundle
from entity_extract.learning.prediction.saved import save_bundle
from entity_extract.learning.training.leakage import rows_seen
from entity_extract.learning.training.model_card import model_card
from entity_extract.learning.training.orchestrator import BackgroundOf
from entity_extract.learning.training.orchestrator import train as train_on
from entity_extract.learning.training.split_table import SplitRows
from entity_extract.spark.pipeline import Pipeline
from entity_extract.spark.training.backends import BACKENDS


def train(
    pipeline: Pipeline,
    encoder: ChosenEncoder | None,
    *,
    backend: str,
    folder: Path,
    background: BackgroundOf,
) -> Bundle:
    """Fits on the training side by the `backend` of that name, scores both sides, saves the bundle,
    publishes the split."""
    config = pipeline.config
    try:
        trained = train_on(
            BACKENDS[backend].made(pipeline, encoder),
            config.learning,
            config.domain,
            background_of=background,
            min_confidence=config.predict.min_confidence,
            seen=encoder.weights.seen if encoder else (),
        )
    except TooLittle as err:
        raise UserError(f"cannot train on this catalog: {err}") from err
    split = trained.split
    about_weights: dict[str, object] = {"weights_origin": "none"}
    if encoder is not None:
        saw = rows_seen(split, encoder.weights.seen)
        about_weights = {**encoder.about(), "weights_saw_rows": saw}
        pipeline.run.versions |= about_weights
    about = {
        "backend": backend,
        "background": trained.background.about(),
        "metrics": metrics_of(split, trained.answers, config),
        "curves": trained.curves,
        "split": _fingerprint(split),
        "dropped": split.dropped,
        "config": config.model_dump(mode="json", include={"learning", "ocr", "image", "embed"}),
        **about_weights,
    }
    bundle = make_bundle(
        trained.model,
        encoder_version=encoder.version if encoder else None,
        reader_version=pipeline.reader_version,
        about=about,
    )
    save_bundle(bundle, folder, model_card(bundle.about))
    _publish_split(pipeline, split, bundle)
    return bundle


def _fingerprint(split: SplitRows) -> dict[str, Any]:
    return {
        "train_rows": int((~split.validation).sum()),
        "validation_rows": int(split.validation.sum()),
        "train_pictures": len(set(split.picture[~split.validation])),
        "validation_pictures": len(set(split.picture[split.validation])),
    }


def _publish_split(pipeline: Pipeline, split: SplitRows, bundle: Bundle) -> None:
    side = np.where(split.validation, "validation", "train")
    sides = pd.DataFrame({"image_link": split.rows["image_link"], "split": side})
    sides = sides.dropna().drop_duplicates("image_link")
    rows = pipeline.lake.spark.createDataFrame(sides, "image_link string, split string")
    pipeline.lake.splits.publish(
        rows.withColumn("model_version", F.lit(bundle.version)).withColumn("open", F.lit(False)),
        f"{bundle.version}-{pipeline.run.id}",
        replace=True,
    )
