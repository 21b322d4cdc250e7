"""The base learners of rows that stay on the executors."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.config import Domain, LearningConfig
from entity_extract.learning.features.category_priors import Labels, part_of
from entity_extract.learning.features.examples import allowed_units
from entity_extract.learning.features.transformer import FeatureTransformer
from entity_extract.learning.prediction.learners.base import BaseLearners, Learner
from entity_extract.learning.prediction.learners.forest import Forest
from entity_extract.learning.prediction.learners.unit_classifier import UnitClassifier
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learners.fitters import FITTERS
from entity_extract.learning.training.learners.rows import FitRows
from entity_extract.learning.training.split_table import SplitRows
from entity_extract.learning.training.transformer import targets, targets_of, transformer_of_labels
from entity_extract.spark.distributed.attempts import Attempts
from entity_extract.spark.distributed.forest import fit_forest
from entity_extract.spark.distributed.lightgbm import fit_booster
from entity_extract.spark.distributed.placed import Embeddings, examples_of_batch
from entity_extract.spark.tables.lake import Lake

_FEATURES = "place long, held_out boolean, features array<float>, label double, log_si double"


@dataclass(frozen=True)
class Training:
    """What every fit of one training needs beside its rows."""

    lake: Lake
    split: SplitRows
    images: Embeddings
    image_width: int
    config: LearningConfig
    domain: Domain
    background: Background
    feature_names: tuple[str, ...]  # of the ranker

    @property
    def attempts(self) -> Attempts:
        context = self.lake.spark.sparkContext
        return Attempts(context, self.config.fit_attempts, self.config.fit_timeout_s)


def fit_learners(rows: DataFrame, places: np.ndarray, training: Training) -> BaseLearners:
    """As `training.learners.base.fit_learners`; `rows` are placed, all labelled, `places` theirs.

    On the driver: labels, which the split brought there; embeddings of some pictures, for the
    principal components; the features of at most `driver_rows` rows, for learners that the cluster
    has no way to fit (see ON_EXECUTORS).
    """
    transformer = _fit_transformer(places, training)
    features = _transformed(rows, transformer, training).persist()
    try:
        fitted = {name: _fit_learner(name, features, places, training) for name in FITTERS}
    finally:
        features.unpersist()
    return BaseLearners(transformer.settled(), fitted, training.background.teacher)


def _fit_learner(name: str, features: DataFrame, places: np.ndarray, training: Training) -> Learner:
    """By the cluster's own fitter where there is one, else by the local one on a sample."""
    if name not in ON_EXECUTORS:
        sample = _sample(features, places[: training.config.driver_rows], training)
        return FITTERS[name](sample, training.config)
    what = ON_EXECUTORS[name]
    return training.attempts.run(what.called, lambda: what.fit(features, len(places), training))


def _fit_transformer(places: np.ndarray, training: Training) -> FeatureTransformer:
    split, config = training.split, training.config
    target = targets_of([split.labels[place] for place in places], training.domain)
    rows, picture = split.rows.iloc[places], split.picture[places]
    labels = Labels(
        entity=rows["entity_name"].to_numpy(object),
        group=rows["group_id"].fillna("").to_numpy(object),
        unit=target.unit,
        value=target.value,
        part=part_of(picture),
        rows=np.ones(len(places)),
    )
    return transformer_of_labels(
        labels,
        training.images.of(picture),
        components=config.image_components,
        seed=config.seed,
        domain=training.domain,
        further_priors=training.background.priors,
    )


def _transformed(rows: DataFrame, transformer: FeatureTransformer, training: Training) -> DataFrame:
    """Labelled placed rows -> _FEATURES, cross-fitted as in training."""
    shared = rows.sparkSession.sparkContext.broadcast(transformer)
    domain, width = training.domain, training.image_width

    def run(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            part = examples_of_batch(batch, domain, image_width=width)
            target = targets(part)
            features = shared.value.transform(part, training=True)
            yield pd.DataFrame(
                {
                    "place": batch["place"],
                    "held_out": batch["unit_held_out"],
                    "features": list(features),
                    "label": target.unit.astype(float),
                    "log_si": target.log_si,
                }
            )

    return rows.mapInPandas(run, _FEATURES)


def _fit_forest(features: DataFrame, rows: int, training: Training) -> Forest:
    return fit_forest(
        features,
        training.config.forest,
        rows=rows,
        width=len(features.select("features").take(1)[0]["features"]),
        seed=training.config.seed,
        lake=training.lake,
    )


def _fit_units(features: DataFrame, rows: int, training: Training) -> UnitClassifier:
    text = fit_booster(
        features.withColumn("at", F.lit(0)),  # one row of each place
        training.config.unit,
        config=training.config,
        objective="multiclass",
        classes=len(training.domain.unit_names),
    )
    return UnitClassifier.from_text(text)


class OnExecutors(NamedTuple):
    """How a learner is called in messages, and fitted: features, how many rows these are."""

    called: str
    fit: Callable[[DataFrame, int, Training], Learner]


# Of training's FITTERS those that the cluster has its own way for.
ON_EXECUTORS: Mapping[str, OnExecutors] = {
    "forest": OnExecutors("forest", _fit_forest),
    "unit": OnExecutors("unit classifier", _fit_units),
}


def _sample(features: DataFrame, places: np.ndarray, training: Training) -> FitRows:
    """On the driver, where torch and perhaps a GPU are: `places` are few, and a fair sample."""
    split, domain = training.split, training.domain
    sample = features.where(F.col("place") <= int(places[-1])).select("place", "features")
    found = sample.toPandas().sort_values("place")
    return FitRows(
        np.stack(found["features"].tolist()),
        targets_of([split.labels[place] for place in places], domain),
        allowed_units(split.rows["entity_name"].to_numpy(object)[places], domain),
        split.picture[places],
    )
