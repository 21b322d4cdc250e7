"""Forest, unit classifier and fusion net of rows that stay on the executors."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.config import Domain, LearningConfig
from entity_extract.learning.features.category_priors import Labels, part_of
from entity_extract.learning.features.examples import allowed_units
from entity_extract.learning.features.transformer import FeatureTransformer
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.prediction.learners.fusion import Fusion
from entity_extract.learning.prediction.learners.unit_classifier import UnitClassifier
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learners.fusion_net import fit_fusion
from entity_extract.learning.training.table import SplitRows
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

    @property
    def attempts(self) -> Attempts:
        context = self.lake.spark.sparkContext
        return Attempts(context, self.config.fit_attempts, self.config.fit_timeout_s)


def fit_learners(rows: DataFrame, places: np.ndarray, training: Training) -> BaseLearners:
    """As `training.learners.base.fit_learners`; `rows` are placed, all labelled, `places` theirs.

    On the driver: labels, which the split brought there; embeddings of some pictures, for the
    principal components; the features of at most `driver_rows` rows, for the fusion net.
    """
    config = training.config
    encoder = _fit_transformer(places, training)
    features = _encoded(rows, encoder, training).persist()
    try:
        width = len(features.select("features").take(1)[0]["features"])
        forest = training.attempts.run(
            "forest",
            lambda: fit_forest(
                features,
                config.forest,
                rows=len(places),
                width=width,
                seed=config.seed,
                lake=training.lake,
            ),
        )
        units = training.attempts.run("unit classifier", lambda: _fit_units(features, training))
        net = _fit_fusion(features, places[: config.driver_rows], training)
    finally:
        features.unpersist()
    return BaseLearners(encoder.settled(), forest, units, net, training.background.teacher)


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


def _encoded(rows: DataFrame, encoder: FeatureTransformer, training: Training) -> DataFrame:
    """Labelled placed rows -> _FEATURES, cross-fitted as in training."""
    shared = rows.sparkSession.sparkContext.broadcast(encoder)
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


def _fit_units(features: DataFrame, training: Training) -> UnitClassifier:
    text = fit_booster(
        features.withColumn("at", F.lit(0)),  # one row of each place
        training.config.unit,
        config=training.config,
        objective="multiclass",
        classes=len(training.domain.unit_names),
    )
    return UnitClassifier.from_text(text)


def _fit_fusion(features: DataFrame, places: np.ndarray, training: Training) -> Fusion:
    """On the driver, where torch and perhaps a GPU are: `places` are few, and a fair sample."""
    split, domain = training.split, training.domain
    sample = features.where(F.col("place") <= int(places[-1])).select("place", "features")
    found = sample.toPandas().sort_values("place")
    target = targets_of([split.labels[place] for place in places], domain)
    return fit_fusion(
        np.stack(found["features"].tolist()),
        target.unit,
        target.log_si,
        allowed_units(split.rows["entity_name"].to_numpy(object)[places], domain),
        training.config.fusion,
        seed=training.config.seed,
        groups=split.picture[places],
    )
