"""The challenge's figures on each side of a split."""

from typing import Any

import pandas as pd

from entity_extract.config import Config
from entity_extract.evaluation.metrics import score
from entity_extract.evaluation.outcomes import CLUSTER
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.predict import predictions_of
from entity_extract.learning.training.split_table import (
    SplitRows,
    TrainingTable,
)
from entity_extract.status import Status


def held_out_metrics(model: Model, table: TrainingTable, config: Config) -> dict[str, Any]:
    """`metrics_of` a model that is asked here."""
    return metrics_of(
        table, predictions_of(model, table.examples, config.predict.min_confidence), config
    )


def metrics_of(split: SplitRows, answers: pd.DataFrame, config: Config) -> dict[str, Any]:
    """The challenge's figures on each side; unreadable rows count, as silence. Intervals are over
    the clusters that the split keeps together."""
    said = answers["prediction"].where((split.rows["status"] == Status.OK).to_numpy(), "")
    answers = answers[["confidence", "candidates"]].assign(prediction=said)
    rows = pd.concat([split.rows, answers], axis=1).assign(**{CLUSTER: split.clusters})
    return {
        name: score(rows[side].reset_index(drop=True), config.domain, config.evaluate)
        for name, side in (("train", ~split.validation), ("validation", split.validation))
    }
