"""Better settings for the learners and the ranker, found on the training side alone (optuna).

One study per part, since each has a loss of its own that is honest: cross-validated over the folds
that training itself makes, so no picture is on both sides. The ranker comes last and stands on the
best of the others. Validation rows are not given to anything here.
"""

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path

import numpy as np

from entity_extract.config import LearningConfig
from entity_extract.errors import TooLittle, UserError
from entity_extract.learning.features.examples import Examples
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.model import predict_out_of_fold
from entity_extract.learning.training.split import folds
from entity_extract.learning.training.split_table import TrainingTable
from entity_extract.learning.tuning.identity import digest_of, made_of
from entity_extract.learning.tuning.losses import (
    LEARNER_LOSSES,
    Fold,
    learner_losses,
    ranker_losses,
    transformed_folds,
)
from entity_extract.learning.tuning.space import PARTS, settings_of, space_around, with_settings
from entity_extract.learning.tuning.study import Found, Losses, open_study, run_study, storage_at

TRIALS = 50
NOTHING = Background()


@dataclass(frozen=True)
class Tuned:
    """What was configured and what is better; of each part its study; how much it was found on."""

    before: LearningConfig
    after: LearningConfig
    found: dict[str, Found]
    rows: int
    pictures: int


def parts_of(text: str) -> tuple[str, ...]:
    """ "forest,unit" -> these, in the order of tuning. Raises UserError for an unknown one."""
    names = [name.strip() for name in text.split(",")]
    if unknown := [name for name in names if name not in PARTS]:
        raise UserError(
            f"--parts: unknown: {', '.join(map(repr, unknown))}; known are {', '.join(PARTS)}"
        )
    return tuple(part for part in PARTS if part in names)


def tune_table(
    table: TrainingTable,
    config: LearningConfig,
    *,
    parts: Sequence[str] = PARTS,
    trials: int = TRIALS,
    timeout_s: float = math.inf,
    study: Path | None = None,
    background: Background = NOTHING,
) -> Tuned:
    """`tune` on the rows that training learns from. Raises UserError where they are too few."""
    rows = table.learn_from
    try:
        return tune(
            table.examples.take(rows),
            table.clusters[rows],
            config,
            parts=parts,
            trials=trials,
            timeout_s=timeout_s,
            study=study,
            background=background,
        )
    except TooLittle as err:
        raise UserError(f"cannot tune on this catalog: {err}") from err


def tune(
    examples: Examples,
    clusters: np.ndarray,
    config: LearningConfig,
    *,
    parts: Sequence[str] = PARTS,
    trials: int = TRIALS,
    timeout_s: float = math.inf,
    study: Path | None = None,
    background: Background = NOTHING,
) -> Tuned:
    """Up to `trials` per part; clusters (n,) as for `fit_model`. `study` is a file to go on with.

    Trials of earlier runs count. No trial begins after `timeout_s`, of which each part has an even
    share; the first, with what is configured, is always made. Other learners than before begin a
    new study of the ranker. Raises UserError for a study of other rows or settings, TooLittle for
    too few rows.
    """
    side = _TrainingSide(examples, clusters, config, background)
    storage = storage_at(study)
    end = time.monotonic() + timeout_s
    tuned, found = config, dict[str, Found]()
    for left, part in zip(range(len(parts), 0, -1), sorted(parts, key=PARTS.index), strict=True):
        current = settings_of(config, part)
        space = space_around(part, current)
        made = made_of(examples, clusters, config, background, part=part, space=space)
        opened = open_study(storage, _study_name(part, tuned), made, where=str(study))
        now = time.monotonic()
        found[part] = run_study(
            opened,
            side.losses(part, tuned),
            space=space,
            current=current,
            trials=trials,
            until=now + (end - now) / left,
            seed=config.seed,
        )
        tuned = with_settings(tuned, part, found[part].settings)
    return Tuned(config, tuned, found, len(examples), len(np.unique(clusters)))


def _study_name(part: str, config: LearningConfig) -> str:
    """The ranker's tells the learners that it stands on, whose settings tuning changes."""
    if part in LEARNER_LOSSES:
        return part
    learners = config.model_dump(mode="json", include=set(LEARNER_LOSSES))
    return f"{part} on {digest_of(learners)}"


@dataclass(frozen=True)
class _TrainingSide:
    """All that a trial learns from and is measured on."""

    examples: Examples
    clusters: np.ndarray
    config: LearningConfig
    background: Background

    @cached_property
    def fold(self) -> np.ndarray:
        """(n,) as `predict_out_of_fold` makes them."""
        parts, seed = self.config.folds, self.config.seed
        return folds(self.examples.entity, self.clusters, parts=parts, seed=seed)

    @cached_property
    def encoded(self) -> list[Fold]:
        """Once for all learners and trials: their settings change no feature."""
        labelled = np.flatnonzero(self.examples.labelled)
        if len(labelled) < 2 * self.config.folds:
            raise TooLittle(f"{len(labelled)} labelled, readable rows are too few to tune on")
        return transformed_folds(
            self.examples.take(labelled),
            self.fold[labelled],
            config=self.config,
            background=self.background,
        )

    def losses(self, part: str, config: LearningConfig) -> Losses:
        """The part's loss, fold by fold, with all else as in `config`."""
        if part in LEARNER_LOSSES:
            measure = partial(learner_losses, part, self.encoded)
        else:
            out_of_fold = predict_out_of_fold(
                self.examples,
                self.clusters,
                config=config,
                background=self.background,
            )
            measure = partial(ranker_losses, self.examples, out_of_fold, self.fold)
        return lambda settings: measure(with_settings(config, part, settings))
