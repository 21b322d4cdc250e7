"""The train job's learning half: table, stack, held-out figures, bundle, splits."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.config import Config, Domain
from entity_extract.errors import UserError
from entity_extract.judging.metrics import score
from entity_extract.learning.answering import answers_of
from entity_extract.learning.background import Background
from entity_extract.learning.bundle import Bundle, make_bundle, save_bundle
from entity_extract.learning.card import model_card
from entity_extract.learning.curves import learning_curves
from entity_extract.learning.split import check_unseen
from entity_extract.learning.stack import Stack, fit_with_folds
from entity_extract.learning.table import TrainingTable, training_table
from entity_extract.schema import Status
from entity_extract.spark.distributed import distributed_trees, release_threads
from entity_extract.spark.encoding import Encoding
from entity_extract.spark.pipeline import Pipeline
from entity_extract.spark.training import example_rows
from entity_extract.spark.waves import joined


def labelled_examples(
    pipeline: Pipeline, encoding: Encoding | None
) -> tuple[DataFrame, TrainingTable]:
    """All that can be learned from, as persisted rows of EXAMPLE_ROW and as a table, split."""
    config, domain = pipeline.config, pipeline.config.domain
    read = joined(
        pipeline.lake,
        pipeline.catalog,
        reader_version=pipeline.reader_version,
        encoder_version=encoding.version if encoding else None,
    )
    examples = example_rows(read, domain).persist()
    table = training_table(examples.toPandas(), config.learning, domain)
    if encoding is not None:
        check_unseen(table.rows["content_sha256"].tolist(), table.validation, encoding.weights.seen)
    return examples, table


def train(
    pipeline: Pipeline,
    encoding: Encoding | None,
    *,
    backend: str,
    folder: Path,
    background: Background,
) -> Bundle:
    """Fits on the training side, scores both sides, saves the bundle, publishes the split."""
    config, domain = pipeline.config, pipeline.config.domain
    examples, table = labelled_examples(pipeline, encoding)
    learn_from = table.learn_from
    learned = table.examples.take(learn_from)
    fit_trees = (
        distributed_trees(
            examples, table, learn_from, pipeline.lake, config=config.learning, domain=domain
        )
        if backend == "distributed"
        else None
    )
    try:
        stack, out_of_fold = fit_with_folds(
            learned,
            table.clusters[learn_from],
            config=config.learning,
            domain=domain,
            background=background,
            fit_trees=fit_trees,
        )
    except ValueError as err:
        raise UserError(f"cannot train on this catalog: {err}") from err
    if backend == "distributed":
        release_threads(pipeline.lake.spark)
    metrics = held_out_metrics(stack, table, config, domain)
    about = {
        "backend": backend,
        "background": background.about(),
        "metrics": metrics,
        "curves": learning_curves(
            learned,
            out_of_fold,
            stack.learners.fusion.history,
            config.learning.ranker,
            seed=config.learning.seed,
        ),
        "split": _fingerprint(table),
        "dropped": table.dropped,
        "config": config.model_dump(mode="json", include={"learning", "ocr", "image", "embed"}),
        **(encoding.about() if encoding else {"weights_origin": "none"}),
    }
    bundle = make_bundle(
        stack,
        encoder_version=encoding.version if encoding else None,
        reader_version=pipeline.reader_version,
        about=about,
    )
    save_bundle(bundle, folder, model_card(bundle.about))
    _publish_split(pipeline, table, bundle)
    examples.unpersist()
    return bundle


def held_out_metrics(
    stack: Stack, table: TrainingTable, config: Config, domain: Domain
) -> dict[str, Any]:
    """The challenge's figures on each side; unreadable rows count, as silence."""
    answers = answers_of(stack, table.examples, config.predict.min_confidence)
    answers.loc[(table.rows["status"] != Status.OK).to_numpy(), "prediction"] = ""
    rows = pd.concat([table.rows.drop(columns=["status"]), answers], axis=1)
    rows["status"] = table.rows["status"]
    return {
        name: score(rows[side].reset_index(drop=True), domain, config.evaluate)
        for name, side in (("train", ~table.validation), ("validation", table.validation))
    }


def _fingerprint(table: TrainingTable) -> dict[str, Any]:
    return {
        "train_rows": int((~table.validation).sum()),
        "validation_rows": int(table.validation.sum()),
        "train_pictures": len(np.unique(table.clusters[~table.validation])),
        "validation_pictures": len(np.unique(table.clusters[table.validation])),
    }


def _publish_split(pipeline: Pipeline, table: TrainingTable, bundle: Bundle) -> None:
    side = np.where(table.validation, "validation", "train")
    split = pd.DataFrame({"image_link": table.rows["image_link"], "split": side})
    split = split.dropna().drop_duplicates("image_link")
    rows = pipeline.lake.spark.createDataFrame(split, "image_link string, split string")
    pipeline.lake.splits.publish(
        rows.withColumn("model_version", F.lit(bundle.version)).withColumn("open", F.lit(False)),
        f"{bundle.version}-{pipeline.run.id}",
        replace=True,
    )
