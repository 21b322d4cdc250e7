"""From out-of-fold scores: how sure an answer is, and from what point on it is worth giving."""

import numpy as np
from sklearn.isotonic import IsotonicRegression

from entity_extract.learning.prediction.abstention import (
    NEVER,
    AbstentionThresholds,
    Calibration,
    shifted,
)
from entity_extract.quantities.scoring import f1

_PRIOR_ROWS = 16  # of an entity, before its own share of right answers counts
_NEWTON_STEPS = 20  # far more than it takes


def abstention_threshold(
    confidence: np.ndarray,
    right: np.ndarray,
    labelled: np.ndarray,
    *,
    answerable: int,
    others: tuple[int, int, int] = (0, 0, 0),
) -> float:
    """The confidence from which on answering maximises F1, by the challenge's own counts; NEVER
    where it is highest without any answer to these rows.

    confidence, right and labelled (n,) describe the best candidate of each row that has one, and
    whether that row's label is not empty; `answerable` counts all rows with a label, also those
    without any candidate. An answer is a TP or a FP, and only an unanswered label is a FN, so
    F1 = 2 TP / (2 TP + FP + FN) does not charge a wrong answer twice. `others` are the TP, FP and
    FN of rows that are settled.
    """
    if not len(confidence):
        return 0.0
    levels, scores = _f1_by_level(confidence, right, labelled, answerable=answerable, others=others)
    answered = int(np.argmax(scores))  # so many levels; of equally good points the most silent
    if answered == 0:
        return NEVER
    # Half-way to what is held back; where nothing is, a row less sure than all these is answered.
    return float(levels[answered - 1 : answered + 1].mean()) if answered < len(levels) else 0.0


def best_f1(
    score: np.ndarray, right: np.ndarray, labelled: np.ndarray, *, answerable: int
) -> float:
    """F1 at the point that suits rows described as above best; scores may be any numbers."""
    return float(_f1_by_level(score, right, labelled, answerable=answerable)[1].max())


def _f1_by_level(
    confidence: np.ndarray,
    right: np.ndarray,
    labelled: np.ndarray,
    *,
    answerable: int,
    others: tuple[int, int, int] = (0, 0, 0),
) -> tuple[np.ndarray, np.ndarray]:
    """The distinct confidences (k,), highest first, and F1 with the first 0 ... k of them answered
    (k + 1,). Rows of equal confidence are answered together."""
    below, level = np.unique(-confidence, return_inverse=True)

    def so_far(rows: np.ndarray) -> np.ndarray:
        rows_of = np.bincount(level, rows, minlength=len(below))
        return np.asarray(np.r_[0, np.cumsum(rows_of)])

    hits = so_far(right)
    true_positives = hits + others[0]
    false_positives = so_far(np.ones(len(level))) - hits + others[1]
    false_negatives = answerable - so_far(labelled) + others[2]
    return -below, f1(true_positives, false_positives, false_negatives)


# Of an entity, to set a point of its own: rows, and among them rows whose picture does not say.
# With a label in every row F1 is highest without any abstention, so only these teach it.
FEW_ROWS, FEW_UNSTATED = 100, 20


_ROUNDS = 3  # of setting each entity's point with the others' held: it settles in two


def fit_abstention(
    score: np.ndarray,
    right: np.ndarray,
    able: np.ndarray,
    labelled: np.ndarray,
    entity: np.ndarray,
) -> tuple[Calibration, AbstentionThresholds]:
    """From out-of-fold scores of each row's best candidate.

    All (n,): the score, whether that candidate is right, whether there is one, whether the label is
    not empty, the entity's name. Where there is none, its score and rightness are not looked at.
    """
    calibration = fit_calibration(score[able], right[able], entity[able])
    confidence = np.where(able, calibration(score, entity), 0.0)
    return calibration, fit_thresholds(confidence, right & able, able, labelled, entity)


def fit_calibration(score: np.ndarray, right: np.ndarray, entity: np.ndarray) -> Calibration:
    """From out-of-fold scores (n,) of chosen candidates, whether they were right (n,), and the
    names of their entities (n,): one map for all, and a shift of each entity's own."""
    if not len(score):
        return Calibration((0.0, 1.0), (0.0, 1.0))
    isotonic = IsotonicRegression(out_of_bounds="clip", y_min=0.0, y_max=1.0)
    isotonic.fit(score, right.astype(float))
    shared = isotonic.predict(score)
    return Calibration(
        tuple(map(float, isotonic.X_thresholds_)),
        tuple(map(float, isotonic.y_thresholds_)),
        {
            str(name): _fit_shift(shared[entity == name], right[entity == name])
            for name in np.unique(entity.astype(str))
        },
    )


def _fit_shift(confidence: np.ndarray, right: np.ndarray) -> float:
    """The shift under which (n,) confidences say best which are right, as if _PRIOR_ROWS more at
    even odds had asked for none: the penalised maximum of the likelihood, by Newton's method."""
    shift = 0.0
    for _ in range(_NEWTON_STEPS):
        share = shifted(confidence, shift)
        gradient = float((right - share).sum()) - shift * _PRIOR_ROWS / 4
        shift += gradient / (float((share * (1 - share)).sum()) + _PRIOR_ROWS / 4)
    return shift


def fit_thresholds(
    confidence: np.ndarray,
    right: np.ndarray,
    able: np.ndarray,
    labelled: np.ndarray,
    entity: np.ndarray,
) -> AbstentionThresholds:
    """The points that maximise F1 over all rows together, entity by entity in turn.

    All (n,): confidence in the best candidate, whether it is right, whether there is one,
    whether the label is not empty, the entity's name.
    """
    general = abstention_threshold(
        confidence[able], right[able], labelled[able], answerable=int(labelled.sum())
    )
    points = {
        str(name): general
        for name in np.unique(entity.astype(str))
        if (able & (entity == name)).sum() >= FEW_ROWS
        and (able & ~labelled & (entity == name)).sum() >= FEW_UNSTATED
    }
    for _ in range(_ROUNDS):
        for name in points:
            mine = entity == name
            rest = AbstentionThresholds(general, points).of(entity) <= confidence
            given = rest & able & ~mine
            others = (
                int((given & right).sum()),
                int((given & ~right).sum()),
                int((~given & labelled & ~mine).sum()),
            )
            points[name] = abstention_threshold(
                confidence[able & mine],
                right[able & mine],
                labelled[able & mine],
                answerable=int(labelled[mine].sum()),
                others=others,
            )
    return AbstentionThresholds(general, points)
