"""Candidates as learners see them that never saw their picture: a DataFrame, one row each."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.learning.features.examples import correct_candidates
from entity_extract.learning.prediction.evidence import Evidence
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.prediction.ranker_features import ranker_features
from entity_extract.learning.training.out_of_fold import OutOfFold
from entity_extract.spark.distributed.learners import Training
from entity_extract.spark.distributed.placed import examples_of_batch

# `at`: which of the row's candidates, in the order in which they were read.
_CANDIDATE = "place long, at int, fold int, held_out boolean, label double, features array<float>"


def candidates_of(rows: DataFrame, learners: BaseLearners, training: Training) -> DataFrame:
    """Placed rows -> their candidates, `label` 1 for a right one; `learners` must not know them."""
    shared = rows.sparkSession.sparkContext.broadcast(learners)
    domain, width, names = training.domain, training.image_width, training.feature_names

    def run(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            part = examples_of_batch(batch, domain, image_width=width)
            evidence = Evidence.of(shared.value, part)
            of_row = batch.iloc[part.owner]
            first = np.searchsorted(part.owner, part.owner)
            yield pd.DataFrame(
                {
                    "place": of_row["place"].to_numpy(),
                    "at": np.arange(len(part.owner)) - first,
                    "fold": of_row["fold"].to_numpy(),
                    "held_out": of_row["ranker_held_out"].to_numpy(),
                    "label": correct_candidates(part).astype(float),
                    "features": list(ranker_features(names, evidence)),
                }
            )

    return rows.mapInPandas(run, _CANDIDATE)


def sampled(candidates: DataFrame, last: int, training: Training) -> OutOfFold:
    """The candidates of the rows up to the place `last`, on the driver; `row` is within learn_from.

    The split is in the order of a hash, so these are a fair sample.
    """
    found = candidates.where(F.col("place") <= last).drop("held_out").toPandas()
    found = found.sort_values(["place", "at"], ignore_index=True)
    place = found["place"].to_numpy(int)
    features = np.array(found["features"].tolist(), np.float32)
    features = features.reshape(-1, len(training.feature_names))
    return OutOfFold(
        features=features,
        right=found["label"].to_numpy(float) > 0,
        row=np.searchsorted(training.split.learn_from, place),
        fold=found["fold"].to_numpy(int),
        picture=training.split.picture[place],
        names=training.feature_names,
    )
