"""A fitted model's answers to labelled rows, given on the executors, for scoring."""

from collections.abc import Iterable

import pandas as pd
from pyspark.sql import DataFrame

from entity_extract.config import Domain
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.predict import predictions_of
from entity_extract.quantities.amounts import Amount, parse_amount
from entity_extract.spark.distributed.placed import examples_of_batch

_ANSWERS = "place long, prediction string, confidence double, candidates array<string>"


def predictions_on_executors(
    rows: DataFrame, model: Model, min_confidence: float | None, *, image_width: int
) -> pd.DataFrame:
    """Answers to placed rows, by place, on the driver: some 50 bytes each.

    Of the candidates only those come along that the score asks about: the best, and the right one.
    """
    shared = rows.sparkSession.sparkContext.broadcast(model)
    domain = model.domain

    def run(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
        for batch in batches:
            part = examples_of_batch(batch, domain, image_width=image_width)
            found = predictions_of(shared.value, part, min_confidence)
            telling = [
                _telling(texts, labels, entity, domain)
                for texts, labels, entity in zip(
                    found["candidates"], part.labels, part.entity, strict=True
                )
            ]
            yield pd.DataFrame(
                {
                    "place": batch["place"].to_numpy(),
                    "prediction": found["prediction"],
                    "confidence": found["confidence"],
                    "candidates": telling,
                }
            )

    answers = rows.mapInPandas(run, _ANSWERS).toPandas()
    return answers.sort_values("place", ignore_index=True).drop(columns="place")


def _telling(
    candidates: list[str], labels: tuple[Amount, ...], entity: str, domain: Domain
) -> list[str]:
    units = domain.entities[entity].units
    right = [text for text in candidates[1:] if parse_amount(text, units) in labels]
    return [*candidates[:1], *right[:1]]
