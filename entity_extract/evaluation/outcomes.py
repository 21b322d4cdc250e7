"""What became of each row: its prediction, its candidates and its status against its label."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd

from entity_extract.config import Domain
from entity_extract.quantities.amounts import Amount, parse_amount, parse_label
from entity_extract.quantities.scoring import matches
from entity_extract.schema import ENTITY_NAME, ENTITY_VALUE, IMAGE_LINK
from entity_extract.status import NO_PICTURE, READABLE, Status

CLUSTER = "cluster"  # of rows on one picture, under whatever links


class Outcome(StrEnum):
    """Every row has exactly one. Those after the first two are the ways to lose a row."""

    RIGHT = "right"
    RIGHTLY_ABSTAINED = "rightly_abstained"
    NOT_ASKED = "not_asked"  # the model was not trained for this question
    NOT_FETCHED = "not_fetched"  # no picture came back for the link
    UNREADABLE = "unreadable"  # a picture came, but could not be decoded or read
    NOT_AMONG_CANDIDATES = "not_among_candidates"  # read, but the truth was not found in the words
    WRONG_CHOSEN = "wrong_chosen"  # the truth was a candidate, another answer was given
    ABSTAINED = "abstained"  # the truth was a candidate, no answer was given
    ANSWERED_WHERE_EMPTY = "answered_where_empty"  # the picture does not say, yet was answered


WON = (Outcome.RIGHT, Outcome.RIGHTLY_ABSTAINED)
LOSSES = tuple(outcome for outcome in Outcome if outcome not in WON)


class Verdict(NamedTuple):
    """An evaluated row. `among_candidates` and the accuracies are only ever true with a label."""

    outcome: Outcome
    labelled: bool  # the label is not empty
    answered: bool  # the prediction is not empty
    answerable: bool  # answered, or silent with a candidate to give
    right: bool  # answered, and equal to the label: number as number, unit as unit
    unit_right: bool
    value_right: bool  # equal after conversion to SI, within the tolerance
    among_candidates: bool
    would_be_right: bool  # `right`, had a silent row given its best candidate
    label_unit: str
    answer_unit: str  # "" for no answer and for one that is not valid


def outcomes_of_rows(rows: pd.DataFrame, domain: Domain, tolerance: float) -> pd.DataFrame:
    """One line per scored row of `rows`, in order: the Verdict's fields and what goes with them.

    Those are `row` (its position in `rows`), entity_name and, where `rows` has them, image_link and
    confidence. Rows whose label cannot be read or has no unit allowed for their entity are left
    out. `tolerance` is relative, for `value_right`.
    """
    verdicts = [
        _outcome_of(entity, label, prediction, candidates, status, domain, tolerance)
        for entity, label, prediction, candidates, status in zip(
            texts(rows, ENTITY_NAME),
            texts(rows, ENTITY_VALUE),
            texts(rows, "prediction"),
            candidate_lists(rows),
            texts(rows, "status"),
            strict=True,
        )
    ]
    evaluated = pd.DataFrame([v for v in verdicts if v is not None], columns=list(Verdict._fields))
    evaluated["row"] = np.flatnonzero([verdict is not None for verdict in verdicts])
    kept = rows.iloc[evaluated["row"]]
    evaluated[ENTITY_NAME] = texts(kept, ENTITY_NAME)
    if IMAGE_LINK in rows:
        evaluated[IMAGE_LINK] = texts(kept, IMAGE_LINK)
    if CLUSTER in rows:
        evaluated[CLUSTER] = texts(kept, CLUSTER)
    if "confidence" in rows:
        evaluated["confidence"] = kept["confidence"].to_numpy(dtype=float, na_value=float("nan"))
    return evaluated


def texts(rows: pd.DataFrame, column: str) -> list[str]:
    """The column as stripped strings; None, NaN and a missing column are ""."""
    if column not in rows:
        return [""] * len(rows)
    return [
        str(text).strip() for text in rows[column].astype(object).where(rows[column].notna(), "")
    ]


def candidate_lists(rows: pd.DataFrame) -> list[list[str]]:
    """The candidates of each row, best first; Parquet gives arrays, an unread row gives None."""
    if "candidates" not in rows:
        return [[] for _ in range(len(rows))]
    return [list(cell) if isinstance(cell, Iterable) else [] for cell in rows["candidates"]]


def _outcome_of(
    entity: str,
    label: str,
    prediction: str,
    candidates: Sequence[str],
    status: str,
    domain: Domain,
    tolerance: float,
) -> Verdict | None:
    units = domain.entities[entity].units if entity in domain.entities else ()
    truths = parse_label(label, domain, entity)
    if label and not truths:
        return None
    answer = parse_amount(prediction, units) if prediction else None
    found = [parse_amount(candidate, units) for candidate in candidates]
    right = matches(answer, truths)
    among = any(matches(candidate, truths) for candidate in found)
    return Verdict(
        outcome=_outcome(bool(label), bool(prediction), right, among, status),
        labelled=bool(label),
        answered=bool(prediction),
        answerable=bool(prediction or found),
        right=right,
        unit_right=answer is not None and any(answer.unit == truth.unit for truth in truths),
        value_right=answer is not None and _close(answer, truths, domain, tolerance),
        among_candidates=among,
        would_be_right=right if prediction else bool(found) and matches(found[0], truths),
        label_unit=_label_unit(truths, answer),
        answer_unit=answer.unit if answer else "",
    )


def _outcome(labelled: bool, answered: bool, right: bool, among: bool, status: str) -> Outcome:
    if not labelled:
        return Outcome.ANSWERED_WHERE_EMPTY if answered else Outcome.RIGHTLY_ABSTAINED
    if right:
        return Outcome.RIGHT
    if status == Status.UNKNOWN_ENTITY:
        return Outcome.NOT_ASKED
    if not status or status in NO_PICTURE:  # a row without a status never met a picture at all
        return Outcome.NOT_FETCHED
    if status not in READABLE:
        return Outcome.UNREADABLE
    if not among:
        return Outcome.NOT_AMONG_CANDIDATES
    return Outcome.WRONG_CHOSEN if answered else Outcome.ABSTAINED


def _close(answer: Amount, truths: Sequence[Amount], domain: Domain, tolerance: float) -> bool:
    given = domain.to_si(*answer)
    wanted = [domain.to_si(*truth) for truth in truths]
    return any(abs(given - truth) <= tolerance * abs(truth) for truth in wanted)


def _label_unit(truths: Sequence[Amount], answer: Amount | None) -> str:
    """The unit of the label; of `1 foot to 12 inch`, the one that was answered, else the first."""
    units = [truth.unit for truth in truths]
    if answer and answer.unit in units:
        return answer.unit
    return units[0] if units else ""
