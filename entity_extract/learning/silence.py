"""How sure an answer is, and from what point on it is worth giving."""

from dataclasses import dataclass

import numpy as np
from sklearn.isotonic import IsotonicRegression


@dataclass(frozen=True)
class Calibration:
    """A monotone map from the ranker's score to the share of right answers at that score."""

    score: tuple[float, ...]
    confidence: tuple[float, ...]

    @classmethod
    def fit(cls, score: np.ndarray, right: np.ndarray) -> "Calibration":
        """From out-of-fold scores (n,) of chosen candidates and whether they were right (n,)."""
        if not len(score):
            return cls((0.0, 1.0), (0.0, 1.0))
        isotonic = IsotonicRegression(out_of_bounds="clip", y_min=0.0, y_max=1.0)
        isotonic.fit(score, right.astype(float))
        return cls(
            tuple(map(float, isotonic.X_thresholds_)), tuple(map(float, isotonic.y_thresholds_))
        )

    def __call__(self, score: np.ndarray) -> np.ndarray:
        return np.asarray(np.interp(score, self.score, self.confidence))


def point_of_silence(
    confidence: np.ndarray, right: np.ndarray, labelled: np.ndarray, *, answerable: int
) -> float:
    """The confidence from which on answering maximises F1, by the challenge's own counts.

    confidence, right and labelled (n,) describe the best candidate of each row that has one, and
    whether that row's label is not empty; `answerable` counts all rows with a label, also those
    without any candidate. An answer is a TP or a FP, and only an unanswered label is a FN, so
    F1 = 2 TP / (2 TP + FP + FN) does not charge a wrong answer twice.
    """
    order = np.argsort(-confidence, kind="stable")
    ranked, true_positives = confidence[order], np.cumsum(right[order])
    if not len(ranked) or not true_positives[-1]:
        return 0.0
    false_positives = np.arange(1, len(ranked) + 1) - true_positives
    false_negatives = answerable - np.cumsum(labelled[order])
    f1 = 2 * true_positives / (2 * true_positives + false_positives + false_negatives)
    last = np.r_[ranked[1:] != ranked[:-1], True]  # a threshold cannot part equal confidences
    return float(ranked[last][np.argmax(f1[last])])
