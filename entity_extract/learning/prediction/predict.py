"""From rows that were read to rows that are answered: the one code path of scoring."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from entity_extract import schema
from entity_extract.config import PredictConfig
from entity_extract.learning.features.examples import (
    Example,
    Examples,
    build_example,
    collate_examples,
    image_matrix,
)
from entity_extract.learning.prediction.model import Model
from entity_extract.learning.prediction.preference import AS_LABELLED, preferred
from entity_extract.quantities.amounts import format_amount
from entity_extract.quantities.candidates import DEFAULT_LIMITS, Limits, limits_of
from entity_extract.records import strokes_of, words_of
from entity_extract.status import Status

_AS_TRAINED = PredictConfig()
# What a model says of a row; `status` and `reason` are the picture's own.
_ANSWER = [name for name in schema.PREDICTION if name not in ("status", "reason")]
_READ = ("words", "strokes", "entity_name", "width", "height")
_NUMBERS = ("value", "value_si", "confidence")
_NO_ANSWER = {
    "prediction": "",
    "value": np.nan,
    "value_si": np.nan,
    "confidence": 0.0,
    "source": "none",
}
_NOT_ASKED = "not asked of this model: it was not trained for this entity_name"
# Three significant digits: what a regression can honestly claim, and how packages round.
_DIGITS = 3


def predict_frame(
    model: Model, rows: pd.DataFrame, config: PredictConfig = _AS_TRAINED
) -> pd.DataFrame:
    """One row out for each row in, same order and index. Of a picture with more than the
    limits of `config` the reason says so.

    rows: entity_name, group_id, status, reason, width, height, words (list[Word]), strokes
        (list[Stroke]), embedding.
    Out: the columns of schema.PREDICTION.
    """
    known = rows["entity_name"].isin(model.domain.entity_names)
    status = rows["status"].where(known, Status.UNKNOWN_ENTITY.value)
    answers = {name: np.full(len(rows), _NO_ANSWER.get(name), object) for name in _ANSWER}
    for row in range(len(rows)):
        answers["candidates"][row] = []
    at = np.flatnonzero(((status == Status.OK) & rows["width"].notna()).to_numpy(bool))
    reason = rows["reason"].where(known, _NOT_ASKED).to_numpy(object, copy=True)
    if len(at):
        read = rows if len(at) == len(rows) else rows.iloc[at]
        built = _built(read, model, limits_of(config))
        examples = _collated(read, built, model)
        for row, example in zip(at.tolist(), built, strict=True):
            if example.cut:
                said = reason[row] if isinstance(reason[row], str) else ""
                reason[row] = f"{said}; {example.cut}" if said else example.cut
        found = (
            _chosen(model, examples, config.min_confidence, config.prefer)
            if config.system == "ranker"
            else _baseline(model, examples)
        )
        for row, answer in zip(at.tolist(), found, strict=True):
            for name, content in answer.items():
                answers[name][row] = content
    picture = {"status": status, "reason": reason}
    numbers = {name: answers[name].astype(float) for name in _NUMBERS}
    columns = answers | numbers | picture
    return pd.DataFrame({name: columns[name] for name in schema.PREDICTION}, index=rows.index)


def predict_records(
    model: Model, rows: pd.DataFrame, config: PredictConfig = _AS_TRAINED
) -> pd.DataFrame:
    """`predict_frame` of rows whose words and strokes are records, as the lake keeps them."""
    read = rows.assign(words=rows["words"].map(words_of), strokes=rows["strokes"].map(strokes_of))
    return predict_frame(model, read, config)


def examples_of(rows: pd.DataFrame, model: Model, limits: Limits = DEFAULT_LIMITS) -> Examples:
    """Unlabelled examples of rows whose pictures were read."""
    return _collated(rows, _built(rows, model, limits), model)


def _built(rows: pd.DataFrame, model: Model, limits: Limits) -> list[Example]:
    return [
        build_example(
            words,
            entity=entity,
            picture=(int(width), int(height)),
            domain=model.domain,
            strokes=strokes,
            names=model.candidate_names,
            limits=limits,
        )
        for words, strokes, entity, width, height in zip(
            *(rows[name].tolist() for name in _READ),
            strict=True,
        )
    ]


def _collated(rows: pd.DataFrame, built: Sequence[Example], model: Model) -> Examples:
    width = len(model.learners.transformer.mean)
    return collate_examples(
        built,
        entity=rows["entity_name"].tolist(),
        group=rows["group_id"].fillna("").astype(str).tolist(),
        picture=[""] * len(rows),
        labels=[()] * len(rows),
        image=image_matrix(rows["embedding"].tolist(), width, fill=model.learners.transformer.mean),
        domain=model.domain,
    )


def predictions_of(model: Model, examples: Examples, min_confidence: float | None) -> pd.DataFrame:
    """The best candidate of each row, where its confidence reaches the abstention threshold."""
    return pd.DataFrame(_chosen(model, examples, min_confidence), columns=_ANSWER)


def _chosen(
    model: Model, examples: Examples, min_confidence: float | None, prefer: str = AS_LABELLED
) -> list[dict[str, object]]:
    chosen = model.choose(examples)
    if min_confidence is None:
        least = model.thresholds.of(examples.entity)
    else:
        least = np.full(len(examples), min_confidence)
    names = model.domain.unit_names
    si = [model.domain.units[name].si for name in names]
    si_names = [model.domain.si_unit(name) for name in names]
    texts = [
        format_amount(float(value), names[unit])
        for value, unit in zip(examples.value, examples.unit, strict=True)
    ]
    rows = []
    given = preferred(examples, chosen, prefer)
    for row, (best, runner_up) in enumerate(zip(given, chosen.runner_up, strict=True)):
        confidence = float(chosen.confidence[row])
        spoken = best >= 0 and confidence >= least[row]
        rows.append(
            {
                "prediction": texts[best] if spoken else "",
                "value": float(examples.value[best]) if spoken else np.nan,
                "unit": names[examples.unit[best]] if spoken else None,
                "value_si": si[examples.unit[best]] * examples.value[best] if spoken else np.nan,
                "unit_si": si_names[examples.unit[best]] if spoken else None,
                "confidence": confidence,
                "source": "ocr" if spoken else "none",
                "box": _box(examples.boxes[best]) if best >= 0 else None,
                "runner_up": texts[runner_up] if runner_up >= 0 else None,
                "candidates": [texts[i] for i in chosen.order[row]],
            }
        )
    return rows


def baseline_predictions_of(model: Model, examples: Examples) -> pd.DataFrame:
    """The forest's value in the classifier's unit: the system without a ranker, for comparison."""
    return pd.DataFrame(_baseline(model, examples))


def _baseline(model: Model, examples: Examples) -> list[dict[str, object]]:
    base = model.learners.predict(examples)
    values, units = base["forest_value"], np.argmax(base["unit"], axis=1)
    rows = []
    for log_si, unit, probability in zip(values, units, base["unit"].max(axis=1), strict=True):
        name = model.domain.unit_names[unit]
        value = _rounded(10**log_si / model.domain.units[name].si)
        rows.append(
            {
                "prediction": format_amount(value, name),
                "value": value,
                "unit": name,
                "value_si": model.domain.to_si(value, name),
                "unit_si": model.domain.si_unit(name),
                "confidence": float(probability),
                "source": "model",
            }
        )
    return rows


def _rounded(value: float) -> float:
    return round(value, _DIGITS - 1 - math.floor(math.log10(value))) if value > 0 else 0.0


def _box(box: np.ndarray) -> dict[str, int]:
    left, top, width, height = (int(side) for side in box)
    return {"left": left, "top": top, "width": width, "height": height}
