"""The challenge's score, and the accuracies beside it, over all rows and per entity.

OUT is the prediction, GT the label; "" is silence, or a picture that does not say:
TP: OUT given and equal to GT. FP: OUT given and not equal, or GT empty. FN: OUT empty, GT not.
TN: both empty. precision = TP/(TP+FP), recall = TP/(TP+FN), F1 = 2PR/(P+R) = 2TP/(2TP+FP+FN).
A wrong answer therefore costs precision alone, and silence costs recall alone.
"""

from typing import Any

import numpy as np
import pandas as pd

from entity_extract.config import Domain, EvaluateConfig
from entity_extract.evaluation.bootstrap import Counts, Floats, interval, resample
from entity_extract.evaluation.outcomes import CLUSTER, LOSSES, outcomes_of_rows, texts
from entity_extract.quantities.scoring import f1
from entity_extract.schema import ENTITY_NAME, IMAGE_LINK


def score(rows: pd.DataFrame, domain: Domain, config: EvaluateConfig) -> dict[str, Any]:
    """All figures of `rows`, ready for JSON, with the same keys again under per_entity[name].

    `rows` has entity_name, entity_value, prediction, candidates, status and maybe image_link;
    maybe `cluster`, what counts as one picture where that is more than its link.
    The ratios, each with a 95 % bootstrap interval beside it as `<name>_interval`:
    - f1, precision, recall: as above. accuracy: (TP+TN)/rows.
    - unit_accuracy, value_accuracy_si: of the rows with a label, those answered with its unit, and
      with its value after conversion to SI (within config.value_tolerance); silence is wrong.
    - label_recall: of the rows with a label, those answered rightly; unlike recall it counts wrong
      answers as lost, so it is at most oracle_recall.
    - oracle_recall: of the rows with a label, those with the truth among the candidates.
    - f1_given_candidate: F1 of just these rows, which tells choosing from reading.
    A ratio without a denominator is 0.0 (as zero_division=0 in scikit-learn).
    Counts: rows, labelled, tp, fp, fn, tn; labels_dropped (rows left out of everything else, for
    their label has no unit that is allowed for their entity); lost (see Outcome).
    """
    evaluated = outcomes_of_rows(rows, domain, config.value_tolerance)
    entities = pd.Series(texts(rows, ENTITY_NAME), dtype=object)
    report = _figures(evaluated, len(rows), config)
    report["per_entity"] = {
        name: _figures(evaluated[evaluated[ENTITY_NAME] == name], int(given), config)
        for name, given in sorted(entities.value_counts().items())
    }
    return report


def _figures(evaluated: pd.DataFrame, given: int, config: EvaluateConfig) -> dict[str, Any]:
    counts = counts_of(evaluated)
    totals = counts.sum(axis=0)
    draws = _ratios(resample(counts, clusters_of(evaluated), config.bootstrap, config.seed))
    report: dict[str, Any] = {}
    for name, ratio in _ratios(totals).items():
        report[name] = float(ratio)
        report[f"{name}_interval"] = interval(draws[name], float(ratio))
    tp, fp, fn, tn, labelled = (int(total) for total in totals[:5])
    outcomes = evaluated["outcome"].value_counts()
    return report | {
        "rows": len(evaluated),
        "labelled": labelled,
        "tp": tp,
        "fp": fp,
        "fn": fn,
        "tn": tn,
        "labels_dropped": given - len(evaluated),
        "lost": {str(loss): int(outcomes.get(loss, 0)) for loss in LOSSES},
    }


def counts_of(evaluated: pd.DataFrame) -> Counts:
    """(rows, 11) of 0 and 1: what each row adds to TP, FP, FN, and the further sums that `_ratios`
    takes, in its order."""
    answered, right, labelled, among = (
        evaluated[name].to_numpy(dtype=bool)
        for name in ("answered", "right", "labelled", "among_candidates")
    )
    tp, fp, fn = right, answered & ~right, ~answered & labelled
    columns = [
        *(tp, fp, fn, ~answered & ~labelled, labelled),
        *(evaluated[name].to_numpy(dtype=bool) for name in ("unit_right", "value_right")),
        *(among, tp & among, fp & among, fn & among),
    ]
    return np.stack(columns, axis=1).astype(np.int64)


def _ratios(sums: Counts) -> dict[str, Floats]:
    """(..., 11) -> one array of shape (...) per ratio."""
    tp, fp, fn, tn, labelled, unit, value, among, *given = np.moveaxis(sums, -1, 0)
    return {
        "f1": f1(tp, fp, fn),
        "precision": _divide(tp, tp + fp),
        "recall": _divide(tp, tp + fn),
        "accuracy": _divide(tp + tn, tp + fp + fn + tn),
        "label_recall": _divide(tp, labelled),
        "unit_accuracy": _divide(unit, labelled),
        "value_accuracy_si": _divide(value, labelled),
        "oracle_recall": _divide(among, labelled),
        "f1_given_candidate": f1(*given),
    }


def _divide(part: Counts, whole: Counts) -> Floats:
    return np.where(whole > 0, part / np.maximum(whole, 1), 0.0)


def clusters_of(evaluated: pd.DataFrame) -> Counts:
    """A number per picture: rows on one picture stand or fall together, so are resampled together.

    Pictures are told apart by `cluster`, else by their links. Rows without a link, and all rows of
    a table with neither, are each their own.
    """
    alone = np.arange(len(evaluated), dtype=np.int64)
    by = CLUSTER if CLUSTER in evaluated else IMAGE_LINK
    if by not in evaluated:
        return alone
    codes, distinct = pd.factorize(evaluated[by].replace("", None))
    on_its_own = codes < 0
    if IMAGE_LINK in evaluated:
        on_its_own |= (evaluated[IMAGE_LINK] == "").to_numpy()
    return np.where(on_its_own, alone + len(distinct), codes)
