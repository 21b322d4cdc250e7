"""Why an answer is what it is: the ranker's own contributions, feature by feature."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from entity_extract.config import PredictConfig
from entity_extract.learning.prediction.bundle import Bundle, worker_model
from entity_extract.learning.prediction.evidence import Evidence
from entity_extract.learning.prediction.learners.ranker import Ranker
from entity_extract.learning.prediction.model import best_of_rows
from entity_extract.learning.prediction.predict import examples_of
from entity_extract.learning.prediction.ranker_features import ranker_features
from entity_extract.quantities.amounts import format_amount
from entity_extract.quantities.candidates import limits_of
from entity_extract.records import strokes_of, words_of
from entity_extract.status import Status

STEPS: Final = 8  # features shown by name; the others are one step together

Box = tuple[int, int, int, int]  # left, top, width, height, in pixels of the upright picture
Duel = tuple[int, int | None]  # positions of the answer's candidate, and of the best one beside it


class Step(NamedTuple):
    """A feature: its value of the answer and of the other candidate, None where there is none, and
    what the difference adds to the answer's lead, in log odds."""

    feature: str
    value: float | None
    other: float | None
    adds: float


@dataclass(frozen=True)
class Why:
    """`steps` and `rest` add up to `lead`, by which the answer's raw score is above that of the
    candidate `against`, or above an average candidate where it is "" (there is no other)."""

    against: str
    steps: tuple[Step, ...]
    rest: float
    lead: float


@dataclass(frozen=True)
class Explained:
    """`boxes` are those of the candidates, in the order of the lake's column."""

    boxes: tuple[Box, ...]
    why: Why | None


def explained(rows: pd.DataFrame, bundle: Bundle, config: PredictConfig) -> list[Explained | None]:
    """Of each row, None where the bundle does not give the candidates that the lake holds: the
    answer is another model's, or was made with other limits.

    rows: entity_name, group_id, status, width, height, words, strokes, embedding, prediction,
        candidates, model_version.
    """
    found: list[Explained | None] = [None] * len(rows)
    asked = rows["entity_name"].isin(bundle.domain.entity_names)
    of_model = rows["model_version"].map(lambda version: _is_of(version, bundle)).astype(bool)
    at = np.flatnonzero(asked & of_model & (rows["status"] == Status.OK) & rows["width"].notna())
    if not len(at):
        return found
    read = rows.iloc[at]
    read = read.assign(words=read["words"].map(words_of), strokes=read["strokes"].map(strokes_of))
    model = worker_model(bundle)
    examples = examples_of(read, model, limits_of(config))
    features = ranker_features(model.ranker.names, Evidence.of(model.learners, examples))
    order = best_of_rows(examples, model.ranker.score(features)).order
    units = model.domain.unit_names
    texts = [
        format_amount(float(value), units[unit])
        for value, unit in zip(examples.value, examples.unit, strict=True)
    ]
    agrees = [
        [texts[one] for one in ranked] == list(held)
        for ranked, held in zip(order, read["candidates"], strict=True)
    ]
    duels = [
        _duel(ranked.tolist(), [texts[one] for one in ranked], prediction) if same else None
        for ranked, prediction, same in zip(order, read["prediction"], agrees, strict=True)
    ]
    parts = _contributions(model.ranker, features, [duel for duel in duels if duel])
    for row, ranked, duel, same in zip(at.tolist(), order, duels, agrees, strict=True):
        if same:
            boxes = tuple(_box(examples.boxes[one]) for one in ranked)
            why = None if duel is None else _why(model.ranker.names, features, parts, texts, duel)
            found[row] = Explained(boxes, why)
    return found


def _is_of(version: str, bundle: Bundle) -> bool:
    """As asked.prediction_version names it; of the baseline no candidate was chosen."""
    own, *how = version.split("-")
    return own == bundle.version and "baseline" not in how


def _duel(ranked: Sequence[int], texts: Sequence[str], answer: str) -> Duel | None:
    """Of a silent row the best candidate stands for the answer; None where there is none."""
    if not ranked:
        return None
    best = ranked[texts.index(answer)] if answer in texts else ranked[0]
    return best, next((one for one in ranked if one != best), None)


def _contributions(
    ranker: Ranker, features: np.ndarray, duels: Iterable[Duel]
) -> dict[int, np.ndarray]:
    """Candidate -> (features + 1,), the average score last, of those that take part."""
    wanted = sorted({one for duel in duels for one in duel if one is not None})
    return dict(zip(wanted, ranker.contributions(features[wanted]), strict=True))


def _why(
    names: Sequence[str],
    features: np.ndarray,
    parts: Mapping[int, np.ndarray],
    texts: Sequence[str],
    duel: Duel,
) -> Why:
    best, other = duel
    adds = parts[best][:-1] - (0.0 if other is None else parts[other][:-1])
    largest = np.argsort(-np.abs(adds), kind="stable")[:STEPS]
    steps = tuple(
        Step(
            feature=names[one],
            value=_number(features[best, one]),
            other=None if other is None else _number(features[other, one]),
            adds=float(adds[one]),
        )
        for one in largest
        if adds[one]
    )
    lead = float(adds.sum())
    against = "" if other is None else texts[other]
    return Why(against, steps, lead - sum(step.adds for step in steps), lead)


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _box(box: np.ndarray) -> Box:
    left, top, width, height = (int(side) for side in box)
    return left, top, width, height
