"""Training on the cluster: learners, out-of-fold base predictions and ranker where the rows are.

What comes to the driver, and no more: the columns of the split (keys, link, hashes, label, figures:
some 2 kB of its memory a row; refused where that is more than it has); score, rightness and number
of candidates of a row's best candidate, for calibration and abstention thresholds (16 bytes a row:
fewer than the split's, and exact, which bins would not be); the answers to be scored (some 50);
samples of features and embeddings (learning.driver_rows, learning.driver_pictures); and models.
Words and feature rows stay on the executors.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import pandas as pd
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from entity_extract.config import Domain, LearningConfig
from entity_extract.learning.features.frames import SPLIT_ROW
from entity_extract.learning.prediction.learners.base import BaseLearners
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.ranker_features import ranker_feature_names
from entity_extract.learning.training.backend import TaughtRows
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.split_table import SplitRows, split_rows
from entity_extract.spark.distributed.candidates import DistributedCandidates
from entity_extract.spark.distributed.learners import Training, fit_learners
from entity_extract.spark.distributed.placed import (
    NO_FOLD,
    candidate_names,
    image_width,
    placed_rows,
    sampled_embeddings,
)
from entity_extract.spark.distributed.predictions import predictions_on_executors
from entity_extract.spark.distributed.synapseml import release_threads
from entity_extract.spark.driver_room import SPLIT, require_room
from entity_extract.spark.tables.lake import Lake


@dataclass(frozen=True)
class DistributedBackend:
    """`examples` are rows of EXAMPLE_ROW, let go of where they were persisted. Its fits raise
    FitFailed when the cluster could not."""

    examples: DataFrame
    lake: Lake
    config: LearningConfig
    domain: Domain

    def split(self) -> SplitRows:
        """The rows stay where they are: only the split's columns come here. Raises UserError where
        these are too many."""
        less = "give it more, or train on a part of the catalog"
        require_room(self.examples.count(), SPLIT, "the split", less)
        return split_rows(self.examples.select(*SPLIT_ROW).toPandas(), self.config, self.domain)

    @contextmanager
    def fits(
        self, split: SplitRows, rows: TaughtRows, background: Background
    ) -> Iterator["DistributedFits"]:
        fold = np.full(len(split.labelled), NO_FOLD)
        fold[split.learn_from] = rows.fold
        with _kept(placed_rows(self.examples, split, fold, self.config)) as placed:
            self.examples.unpersist()  # `placed` hold all of them
            width = image_width(placed)
            images = sampled_embeddings(
                placed,
                split.learn_from[rows.labelled],
                split.picture,
                width=width,
                limit=self.config.driver_pictures,
            )
            names = ranker_feature_names(candidate_names(placed))
            known = (self.lake, split, images, width, self.config, self.domain, background, names)
            yield DistributedFits(placed, rows, Training(*known))
        release_threads(self.lake.spark)


@contextmanager
def _kept(rows: DataFrame) -> Iterator[DataFrame]:
    """Made once, and kept on the executors while the block lasts."""
    kept = rows.persist()
    try:
        kept.count()
        yield kept
    finally:
        kept.unpersist()


@dataclass(frozen=True)
class DistributedFits:
    """`placed` are all rows of the split, `rows` those that are learned from."""

    placed: DataFrame
    rows: TaughtRows
    training: Training

    @property
    def _teaching(self) -> DataFrame:
        return self.placed.where(F.col("fold") != NO_FOLD)

    def fit_learners(self, *, without: int | None = None) -> BaseLearners:
        labelled = self._teaching.where("labelled")
        learned = labelled if without is None else labelled.where(F.col("fold") != without)
        places = self.training.split.learn_from[self.rows.labelled_without(without)]
        return fit_learners(learned, places, self.training)

    @contextmanager
    def candidates(self) -> Iterator[DistributedCandidates]:
        candidates = DistributedCandidates(self._teaching, self.training)
        try:
            yield candidates
        finally:
            candidates.unpersist()

    def answers(self, model: Model, min_confidence: float | None) -> pd.DataFrame:
        width = self.training.image_width
        return predictions_on_executors(self.placed, model, min_confidence, image_width=width)
