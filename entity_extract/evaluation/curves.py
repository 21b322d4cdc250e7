"""The numbers behind the report's figures, from evaluated rows (see outcomes.outcomes_of_rows)."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from entity_extract.evaluation.bootstrap import Floats
from entity_extract.evaluation.outcomes import Outcome
from entity_extract.quantities.scoring import f1
from entity_extract.schema import ENTITY_NAME

BINS = 10
OTHER, ABSTAINED = "other", "abstained"


@dataclass(frozen=True)
class Reliability:
    """Answered rows in BINS bins of equal width over confidence 0-1; empty bins are NaN."""

    answers: NDArray[np.int64]
    confidence: Floats  # mean, per bin
    precision: Floats  # share of right answers, per bin
    ece: float  # expected calibration error: mean |confidence - precision| over the answers


def reliability(evaluated: pd.DataFrame) -> Reliability:
    answered = _with_confidence(evaluated[evaluated["answered"].astype(bool)])
    confidence = np.clip(answered["confidence"].to_numpy(dtype=float), 0.0, 1.0)
    right = answered["right"].to_numpy(dtype=float)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    answers = np.bincount(bins, minlength=BINS)
    sums = [np.bincount(bins, weights, minlength=BINS) for weights in (confidence, right)]
    means = [np.divide(s, answers, out=np.full(BINS, np.nan), where=answers > 0) for s in sums]
    gaps = float(np.abs(sums[0] - sums[1]).sum())
    return Reliability(answers, means[0], means[1], gaps / max(len(answered), 1))


@dataclass(frozen=True)
class TradeOff:
    """What answering only from each confidence on would score; thresholds ascend."""

    threshold: Floats
    given: NDArray[np.int64]  # answers
    precision: Floats
    recall: Floats
    f1: Floats


def trade_off(evaluated: pd.DataFrame) -> TradeOff:
    """Rows that stayed silent count with their best candidate, so lower thresholds are seen too;
    those that have none are silent at every threshold.

    As in the score, TP + FP are the answers given, and FN the labelled rows that got none.
    """
    able = _with_confidence(evaluated[evaluated["answerable"].astype(bool)])
    able = able.sort_values("confidence", ascending=False, kind="stable")
    confidence = able["confidence"].to_numpy(dtype=float)
    hits, labelled = (
        np.cumsum(able[name].to_numpy(dtype=np.int64)) for name in ("would_be_right", "labelled")
    )
    given = np.arange(1, len(able) + 1)
    silent = int(evaluated["labelled"].sum()) - labelled
    last = np.append(confidence[1:] != confidence[:-1], True)[: len(able)]  # ties fall together
    curve = (
        confidence,
        given,
        hits / given,
        _safe(hits, hits + silent),
        f1(hits, given - hits, silent),
    )
    return TradeOff(*(values[last][::-1] for values in curve))


def unit_confusion(evaluated: pd.DataFrame, most: int = 8) -> pd.DataFrame:
    """Counts, the label's unit down, the answer's across; rarer units and invalid are `other`."""
    labelled = evaluated[evaluated["labelled"].astype(bool)]
    units = labelled["label_unit"].value_counts(sort=True).index[:most].tolist()
    truth = labelled["label_unit"].where(labelled["label_unit"].isin(units), OTHER)
    answer = labelled["answer_unit"].where(labelled["answer_unit"].isin(units), OTHER)
    answer = answer.where(labelled["answered"].astype(bool), ABSTAINED)
    table = pd.crosstab(truth, answer)
    down = [*units, *({OTHER} & set(truth))]
    return table.reindex(index=down, columns=[*units, OTHER, ABSTAINED], fill_value=0)


def outcomes_per_entity(evaluated: pd.DataFrame) -> pd.DataFrame:
    """Counts of every Outcome (columns) per entity, the entity with the most rows first."""
    table = pd.crosstab(evaluated[ENTITY_NAME], evaluated["outcome"])
    table = table.reindex(columns=list(Outcome), fill_value=0)
    order = table.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return table.loc[order]


def _with_confidence(evaluated: pd.DataFrame) -> pd.DataFrame:
    if "confidence" not in evaluated:
        return evaluated.assign(confidence=np.nan).iloc[:0]
    return evaluated[evaluated["confidence"].notna()]


def _safe(part: NDArray[np.int64], whole: NDArray[np.int64]) -> Floats:
    return np.where(whole > 0, part / np.maximum(whole, 1), 0.0)
