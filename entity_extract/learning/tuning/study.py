"""One optuna study: kept in a file, gone on with after an interruption, refused where foreign."""

import importlib.util
import logging
import math
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from entity_extract.errors import UserError
from entity_extract.learning.tuning.space import (
    Range,
    Settings,
    Value,
    distributions,
    from_params,
    to_params,
)

if TYPE_CHECKING:
    from optuna import Study
    from optuna.storages import BaseStorage
    from optuna.trial import FrozenTrial

log = logging.getLogger(__name__)

_MADE_OF = "made_of"
_SQLITE = b"SQLite format 3\0"

# Settings -> the loss after each fold.
Losses = Callable[[Settings], Iterator[float]]


def check_optuna() -> None:
    """Raises UserError where optuna is not installed."""
    try:
        found = importlib.util.find_spec("optuna") is not None
    except ValueError:  # it stands in sys.modules without a spec
        found = False
    if not found:
        raise UserError('tuning needs optuna: pip install "entity-extract[tune]"')


def check_study_file(path: Path) -> None:
    """Raises UserError where no study can be kept."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        start = path.read_bytes()[: len(_SQLITE)] if path.exists() else b""
    except OSError as err:
        raise UserError(f"{path}: cannot hold the study: {err.strerror}") from None
    if start not in (b"", _SQLITE):
        raise UserError(f"{path} is not a study, and is left as it is; name another by --study")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UserError(f"{path}: cannot hold the study: not writable")


def storage_at(path: Path | None) -> "BaseStorage":
    """A file that later runs go on with; in memory without a path."""
    check_optuna()
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)  # our own lines say it shorter
    if path is None:
        return optuna.storages.InMemoryStorage()
    check_study_file(path)
    return optuna.storages.RDBStorage(f"sqlite:///{path}")


def open_study(
    storage: "BaseStorage", name: str, made_of: Mapping[str, str], *, where: str
) -> "Study":
    """A new study or the one of before. Raises UserError where that one was made of other things.

    It ends a trial that after some fold is worse than half of the others were.
    """
    import optuna

    study = optuna.create_study(
        storage=storage,
        study_name=name,
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
    )
    found = study.user_attrs.get(_MADE_OF)
    if found is None and not study.trials:
        study.set_user_attr(_MADE_OF, dict(made_of))
    elif other := [key for key, value in made_of.items() if (found or {}).get(key) != value]:
        raise UserError(
            f"{where}: a study of something else: the {' and the '.join(other)} differ; delete it "
            "to start anew, or name another file by --study"
        )
    return study


@dataclass(frozen=True)
class Found:
    """The first trial's loss (what was configured), and the best trial's with its settings."""

    trials: int
    before: float
    after: float
    settings: dict[str, Value]


def run_study(
    study: "Study",
    losses: Losses,
    *,
    space: tuple[Range, ...],
    current: Settings,
    trials: int,
    until: float,
    seed: int,
) -> Found:
    """Goes on to `trials` in all, or to the moment `until` (time.monotonic); one is always made.

    The first trial is `current`, so the best is never worse. Each trial draws from a seed of its
    own: a study that was interrupted ends as it would have ended without.
    """
    import optuna

    _close_interrupted(study)
    while (done := len(finished(study))) < trials and (not done or time.monotonic() < until):
        study.sampler = optuna.samplers.TPESampler(seed=seed + done)
        if not done:
            study.enqueue_trial(to_params(space, current))
        _try_one(study, losses, space=space, current=current)
        lowest = _loss(_best(study))
        log.info("%s: trial %d of %d, lowest %.5f", study.study_name, done + 1, trials, lowest)
    best = _best(study)
    return Found(
        trials=len(finished(study)),
        before=_loss(finished(study)[0]),
        after=_loss(best),
        settings=from_params(space, best.params, current),
    )


def finished(study: "Study") -> list["FrozenTrial"]:
    """Trials that count, pruned ones too, in the order in which they were made."""
    return [t for t in study.trials if t.state.name in ("COMPLETE", "PRUNED")]


def _best(study: "Study") -> "FrozenTrial":
    """Of equal ones the first, so that nothing is changed for nothing."""
    return min(finished(study), key=lambda trial: (_loss(trial), trial.number))


def _loss(trial: "FrozenTrial") -> float:
    """Of a trial that was ended early, no loss at all: it is of fewer folds than the others'."""
    whole = trial.state.name == "COMPLETE"
    return float(trial.value) if whole and trial.value is not None else math.inf


def _close_interrupted(study: "Study") -> None:
    """A run that was killed left a trial open, or one that it had not begun."""
    from optuna.trial import TrialState

    while study.get_trials(states=(TrialState.WAITING,)):
        study.ask()
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        study.tell(trial.number, state=TrialState.FAIL)


def _try_one(
    study: "Study", losses: Losses, *, space: tuple[Range, ...], current: Settings
) -> None:
    from optuna.trial import TrialState

    trial = study.ask(distributions(space))
    loss = math.inf
    for fold, loss in enumerate(losses(from_params(space, trial.params, current))):
        if not math.isfinite(loss):  # a net that diverged
            study.tell(trial, state=TrialState.PRUNED)
            return
        trial.report(loss, fold)
        if trial.should_prune():
            study.tell(trial, state=TrialState.PRUNED)
            return
    study.tell(trial, loss)
