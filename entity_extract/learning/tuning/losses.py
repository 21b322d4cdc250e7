"""What tuning makes small: each learner's own loss on pictures that it did not see, fold by fold.

Each loss is that of the folds so far together, one number after every fold; the last one counts.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from entity_extract.config import LearningConfig
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.features.transformer import FeatureTransformer
from entity_extract.learning.prediction.learners import unit_classifier
from entity_extract.learning.prediction.model import best_of_rows
from entity_extract.learning.training.abstention import best_f1
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.learners.forest import fit_forest
from entity_extract.learning.training.learners.fusion_net import fit_fusion
from entity_extract.learning.training.learners.unit_classifier import fit_unit_classifier
from entity_extract.learning.training.out_of_fold import OutOfFold
from entity_extract.learning.training.transformer import Targets, fit_transformer, targets

CRITERIA = {
    "forest": "mean error of the value, log10 of SI",
    "unit": "log loss of the unit",
    "fusion": "log loss of the unit + mean error of the value, log10 of SI",
    "ranker": "1 - F1 of the challenge",
}


@dataclass(frozen=True)
class Side:
    """n labelled rows: features (n, d), allowed (n, u), picture (n,)."""

    features: np.ndarray
    target: Targets
    allowed: np.ndarray
    picture: np.ndarray


@dataclass(frozen=True)
class Fold:
    """Encoded once, for all trials, by an encoder that saw the training rows only."""

    training: Side
    held_out: Side


def encoded_folds(
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
        encoder = fit_transformer(
            training,
            targets(training),
            components=config.image_components,
            seed=config.seed,
            further_priors=background.priors,
        )
        held_out = examples.take(np.flatnonzero(fold == k))
        made.append(
            Fold(
                _side(training, encoder, training=True),
                _side(held_out, encoder, training=False),
            )
        )
    return made


def _side(examples: Examples, encoder: FeatureTransformer, *, training: bool) -> Side:
    return Side(
        encoder.transform(examples, training=training),
        targets(examples),
        examples.allowed,
        examples.picture,
    )


def forest_loss(fold: Fold, config: LearningConfig) -> np.ndarray:
    """(held-out rows,)."""
    training, held_out = fold.training, fold.held_out
    model = fit_forest(training.features, training.target.log_si, config.forest, seed=config.seed)
    value, _ = model.predict(held_out.features)
    return np.asarray(np.abs(value - held_out.target.log_si))


def unit_loss(fold: Fold, config: LearningConfig) -> np.ndarray:
    """(held-out rows,)."""
    training, held_out = fold.training, fold.held_out
    model = fit_unit_classifier(
        training.features,
        training.target.unit,
        training.allowed.shape[1],
        config.unit,
        seed=config.seed,
        picture=training.picture,
    )
    return _log_loss(model.probability(held_out.features, held_out.allowed), held_out.target.unit)


def fusion_loss(fold: Fold, config: LearningConfig) -> np.ndarray:
    """(held-out rows,). Not the net's own loss: that one changes with `value_weight`."""
    training, held_out = fold.training, fold.held_out
    net = fit_fusion(
        training.features,
        training.target.unit,
        training.target.log_si,
        training.allowed,
        config.fusion,
        seed=config.seed,
        groups=training.picture,
    )
    probability, value = net.predict(held_out.features, held_out.allowed)
    unit = _log_loss(probability, held_out.target.unit)
    return np.asarray(unit + np.abs(value - held_out.target.log_si))


def _log_loss(probability: np.ndarray, label: np.ndarray) -> np.ndarray:
    own = probability[np.arange(len(label)), label]
    return np.asarray(-np.log(np.maximum(own, unit_classifier.FLOOR)))


LEARNER_LOSSES: Mapping[str, Callable[[Fold, LearningConfig], np.ndarray]] = {
    "forest": forest_loss,
    "unit": unit_loss,
    "fusion": fusion_loss,
}


def learner_losses(part: str, folds: Sequence[Fold], config: LearningConfig) -> Iterator[float]:
    """The mean over all held-out rows so far."""
    total, rows = 0.0, 0
    for fold in folds:
        losses = LEARNER_LOSSES[part](fold, config)
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
