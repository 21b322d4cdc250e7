"""What is said of one question about one picture."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from entity_extract import schema
from entity_extract.quantities.geometry import Box
from entity_extract.status import Status, status_of


@dataclass(frozen=True)
class Answer:
    """`text` is "<number> <unit>", or "" where the picture does not say; then the answer is false.

    `value` is in `unit`; `value_si` is the same in `unit_si` (metre, kilogram, volt, watt, cubic
    metre …), for comparing.
    `confidence` is calibrated: the share of such answers that are right, 0 to 1; that of the best
    candidate also where it was too little to answer with. `box` is where that candidate stands, in
    pixels of the upright picture. `candidates` are all quantities read, best first, the `runner_up`
    second. `status` says what became of the picture, `reason` why.
    """

    text: str
    value: float | None
    unit: str | None
    value_si: float | None
    unit_si: str | None
    confidence: float
    box: Box | None
    runner_up: str | None
    candidates: tuple[str, ...]
    status: Status
    reason: str | None

    def __bool__(self) -> bool:
        return bool(self.text)

    def __str__(self) -> str:
        return self.text


def answer_of(row: Mapping[str, Any]) -> Answer:
    """A row with the columns of schema.PREDICTION, as `predict_frame` gives it."""
    value, unit, box = row["value"], row["unit"], row["box"]
    return Answer(
        text=str(row["prediction"]),
        value=_number(value),
        unit=_text(unit),
        value_si=_number(row["value_si"]),
        unit_si=_text(row["unit_si"]),
        confidence=float(row["confidence"]),
        box=Box(**box) if isinstance(box, Mapping) else None,
        runner_up=_text(row["runner_up"]),
        candidates=tuple(row["candidates"]),
        status=status_of(row["status"]),
        reason=_text(row["reason"]),
    )


def typed(answers: pd.DataFrame) -> pd.DataFrame:
    """The columns of schema.PREDICTION in it, of the same types whatever and however few they are:
    pandas' own text, float, and objects (`box` a dict or None, `candidates` a list)."""
    kinds = {"string": pd.Series([""]).dtype, "double": np.dtype(float)}
    return answers[list(schema.PREDICTION)].astype(
        {name: kinds.get(kind, np.dtype(object)) for name, kind in schema.PREDICTION.items()}
    )


def _text(cell: object) -> str | None:
    return None if cell is None or pd.isna(cell) else str(cell)  # type: ignore[call-overload]


def _number(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)
