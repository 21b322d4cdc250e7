"""The train job's learning half: table, model, held-out figures, bundle, splits."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.embedding.chosen import ChosenEncoder
from entity_extract.errors import TooLittle, UserError
from entity_extract.evaluation.held_out import metrics_of
from entity_extract.learning.features.frames import KEPT
from entity_extract.learning.prediction.bundle import Bundle, make_bundle, save_bundle
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.predict import predictions_of
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.leakage import check_encoder, rows_seen
from entity_extract.learning.training.learning_curves import history_of, learning_curves
from entity_extract.learning.training.model import fit_with_folds
from entity_extract.learning.training.model_card import model_card
from entity_extract.learning.training.table import (
    SplitRows,
    TrainingTable,
    held_out_groups,
    split_rows,
    training_table,
)
from entity_extract.spark.distributed.lightgbm import release_threads
from entity_extract.spark.distributed.model import fit_distributed
from entity_extract.spark.pipeline import Pipeline
from entity_extract.spark.stages import example_rows
from entity_extract.spark.waves import joined

# Of the categories of which nothing may be learned.
BackgroundOf = Callable[[frozenset[str]], Background]


def example_rows_of(pipeline: Pipeline, encoding: ChosenEncoder | None) -> DataFrame:
    """All that can be learned from: rows of EXAMPLE_ROW, made on executors."""
    read = joined(
        pipeline.lake,
        pipeline.catalog,
        reader_version=pipeline.reader_version,
        encoder_version=encoding.version if encoding else None,
    )
    return example_rows(read, pipeline.config.domain)


def labelled_table(pipeline: Pipeline, encoding: ChosenEncoder | None) -> TrainingTable:
    """The same on the driver, split: for learning on one machine."""
    config = pipeline.config
    examples = example_rows_of(pipeline, encoding).toPandas()
    table = training_table(examples, config.learning, config.domain)
    if encoding is not None:
        check_encoder(table, encoding.weights.seen)
    return table


@dataclass(frozen=True)
class Fitted:
    """What either backend makes: the model, its `answers` to the rows of the split, in their order
    (prediction, confidence, candidates), how it learned, and what from without pictures."""

    model: Model
    split: SplitRows
    answers: pd.DataFrame
    curves: dict[str, Any]
    background: Background


def train(
    pipeline: Pipeline,
    encoding: ChosenEncoder | None,
    *,
    backend: str,
    folder: Path,
    background: BackgroundOf,
) -> Bundle:
    """Fits on the training side, scores both sides, saves the bundle, publishes the split."""
    config = pipeline.config
    fit = _fit_on_executors if backend == "distributed" else _fit_here
    try:
        fitted = fit(pipeline, encoding, background)
    except TooLittle as err:
        raise UserError(f"cannot train on this catalog: {err}") from err
    split = fitted.split
    about_weights: dict[str, object] = {"weights_origin": "none"}
    if encoding is not None:
        saw = rows_seen(split, encoding.weights.seen)
        about_weights = {**encoding.about(), "weights_saw_rows": saw}
        pipeline.run.versions |= about_weights
    about = {
        "backend": backend,
        "background": fitted.background.about(),
        "metrics": metrics_of(split, fitted.answers, config),
        "curves": fitted.curves,
        "split": _fingerprint(split),
        "dropped": split.dropped,
        "config": config.model_dump(mode="json", include={"learning", "ocr", "image", "embed"}),
        **about_weights,
    }
    bundle = make_bundle(
        fitted.model,
        encoder_version=encoding.version if encoding else None,
        reader_version=pipeline.reader_version,
        about=about,
    )
    save_bundle(bundle, folder, model_card(bundle.about))
    _publish_split(pipeline, split, bundle)
    return bundle


def _fit_here(
    pipeline: Pipeline, encoding: ChosenEncoder | None, background_of: BackgroundOf
) -> Fitted:
    config = pipeline.config
    table = labelled_table(pipeline, encoding)
    background = background_of(held_out_groups(table, config.learning))
    learned = table.examples.take(table.learn_from)
    model, out_of_fold = fit_with_folds(
        learned,
        table.clusters[table.learn_from],
        config=config.learning,
        background=background,
    )
    curves = learning_curves(
        learned.labelled,
        learned.picture,
        out_of_fold,
        history_of(model.learners),
        config.learning.ranker,
        seed=config.learning.seed,
    )
    answers = predictions_of(model, table.examples, config.predict.min_confidence)
    return Fitted(model, table, answers, curves, background)


def _fit_on_executors(
    pipeline: Pipeline, encoding: ChosenEncoder | None, background_of: BackgroundOf
) -> Fitted:
    """The rows are made once and stay where they are: only the split's columns come here."""
    config = pipeline.config
    examples = example_rows_of(pipeline, encoding).persist()
    split = split_rows(examples.select(*KEPT).toPandas(), config.learning, config.domain)
    if encoding is not None:
        check_encoder(split, encoding.weights.seen)
    background = background_of(held_out_groups(split, config.learning))
    model, answers, curves = fit_distributed(
        examples,
        split,
        pipeline.lake,
        config=config.learning,
        domain=config.domain,
        background=background,
        min_confidence=config.predict.min_confidence,
    )
    release_threads(pipeline.lake.spark)
    return Fitted(model, split, answers, curves, background)


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
