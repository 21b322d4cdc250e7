"""What tuning makes small: each learner's own loss on pictures that it did not see, fold by fold.

Each loss is that of the folds so far together, one number after every fold; the last one counts.
"""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from entity_extract.config import LearningConfig
from entity_extract.errors import Diverged
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.prediction.learners import unit_classifier
from entity_extract.learning.prediction.learners.base import BasePredictions
from entity_extract.learning.prediction.model import best_of_rows
from entity_extract.learning.training.abstention import best_f1
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learners.fitters import FITTERS
from entity_extract.learning.training.learners.rows import FitRows, fit_rows
from entity_extract.learning.training.out_of_fold import OutOfFold
from entity_extract.learning.training.transformer import fit_transformer, targets

CRITERIA = {
    "forest": "mean error of the value, log10 of SI",
    "unit": "log loss of the unit",
    "fusion": "log loss of the unit + mean error of the value, log10 of SI",
    "ranker": "1 - F1 of the challenge",
}


@dataclass(frozen=True)
class Fold:
    """Transformed once, for all trials, by a transformer that saw the training rows only."""

    training: FitRows
    held_out: FitRows


def transformed_folds(
    examples: Examples,
    fold: np.ndarray,
    *,
    config: LearningConfig,
    background: Background,
) -> list[Fold]:
    """Of labelled rows with their fold (n,); a fold is as `fit_learners` would make it."""
    made = []
    for k in np.unique(fold):
        training = examples.take(np.flatnonzero(fold != k))
        transformer = fit_transformer(
            training,
            targets(training),
            components=config.image_components,
            seed=config.seed,
            further_priors=background.priors,
        )
        held_out = examples.take(np.flatnonzero(fold == k))
        made.append(
            Fold(
                fit_rows(training, transformer),
                fit_rows(held_out, transformer, training=False),
            )
        )
    return made


def value_loss(value: np.ndarray, held_out: FitRows) -> np.ndarray:
    """(held-out rows,), value (held-out rows,) log10 SI."""
    return np.asarray(np.abs(value - held_out.target.log_si))


def unit_loss(probability: np.ndarray, held_out: FitRows) -> np.ndarray:
    """(held-out rows,), probability (held-out rows, units)."""
    label = held_out.target.unit
    own = probability[np.arange(len(label)), label]
    return np.asarray(-np.log(np.maximum(own, unit_classifier.FLOOR)))


# By the learner's name, of what it predicts. Not the net's own loss, which `value_weight` changes.
LEARNER_LOSSES: Mapping[str, Callable[[BasePredictions, FitRows], np.ndarray]] = {
    "forest": lambda said, rows: value_loss(said["forest_value"], rows),
    "unit": lambda said, rows: unit_loss(said["unit"], rows),
    "fusion": lambda said, rows: (
        unit_loss(said["fusion_unit"], rows) + value_loss(said["fusion_value"], rows)
    ),
}


def fold_loss(part: str, fold: Fold, config: LearningConfig) -> np.ndarray:
    """(held-out rows,) of the learner `part`, fitted on the others."""
    learner = FITTERS[part](fold.training, config)
    said = learner.columns(fold.held_out.features, fold.held_out.allowed)
    return LEARNER_LOSSES[part](said, fold.held_out)


def learner_losses(part: str, folds: Sequence[Fold], config: LearningConfig) -> Iterator[float]:
    """The mean over all held-out rows so far; infinite, and the last, where a net diverges."""
    total, rows = 0.0, 0
    for fold in folds:
        try:
            losses = fold_loss(part, fold, config)
        except Diverged:
            yield math.inf
            return
        total, rows = total + float(losses.sum()), rows + len(losses)
        yield total / rows


def ranker_losses(
    examples: Examples, out_of_fold: OutOfFold, fold: np.ndarray, config: LearningConfig
) -> Iterator[float]:
    """1 - F1 over all rows so far, fold (n,), at the one threshold that suits them best."""
    scores = np.zeros(len(out_of_fold.row))
    for k in np.unique(fold):
        mine = out_of_fold.fold == k
        ranker = out_of_fold.ranker(~mine, config.ranker, seed=config.seed)
        scores[mine] = ranker.score(out_of_fold.features[mine])
        yield 1.0 - _best_f1(examples, scores, out_of_fold.right, fold <= k)


def _best_f1(
    examples: Examples, scores: np.ndarray, right: np.ndarray, counted: np.ndarray
) -> float:
    """F1 of the rows of `counted` (n,), each answered by its best candidate or not at all."""
    chosen = best_of_rows(examples, scores)
    able = counted & (chosen.best >= 0)
    return best_f1(
        chosen.confidence[able],
        right[chosen.best[able]],
        examples.labelled[able],
        answerable=int(examples.labelled[counted].sum()),
    )
