"""What is tuned, and between which bounds: one table, with a reason where the bounds have one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from entity_extract.config import LearningConfig

if TYPE_CHECKING:  # an extra: whoever tunes has it, see study.check_optuna
    from optuna.distributions import BaseDistribution

# A value of a key, as the configuration holds it.
Value = int | float | str | tuple[int, ...]
Settings = Mapping[str, Value]


@dataclass(frozen=True)
class Whole:
    """An int; `log`: a step from 10 to 20 counts as much as one from 100 to 200."""

    name: str
    low: int
    high: int
    log: bool = False


@dataclass(frozen=True)
class Real:
    """A float, of three digits."""

    name: str
    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of a few, in no order."""

    name: str
    values: tuple[Value, ...]


Range = Whole | Real | Choice

# The section of [learning] -> its keys. max_epochs is not among them: patience ends training.
SPACE: Mapping[str, tuple[Range, ...]] = {
    "forest": (
        Whole("num_trees", 50, 400, log=True),
        Whole("max_depth", 6, 30),
        Whole("min_leaf", 1, 16, log=True),
        Real("feature_fraction", 0.05, 0.8, log=True),
    ),
    "unit": (
        Whole("rounds", 30, 400, log=True),
        Real("learning_rate", 0.01, 0.2, log=True),
        Whole("leaves", 3, 63, log=True),
        Whole("min_leaf", 2, 60, log=True),
        Real("feature_fraction", 0.05, 1.0, log=True),
        Real("lambda_l2", 0.5, 50.0, log=True),  # below, the loss runs away (see UnitParams)
    ),
    "fusion": (
        Choice("hidden", ((64,), (256,), (128, 64), (256, 128), (512, 256), (256, 128, 64))),
        Real("dropout", 0.0, 0.6),
        Real("learning_rate", 1e-4, 1e-2, log=True),
        Real("weight_decay", 1e-5, 1e-1, log=True),
        Whole("batch_size", 16, 256, log=True),
        Whole("patience", 3, 15, log=True),
        Real("value_weight", 0.2, 5.0, log=True),
    ),
    "ranker": (
        Choice("objective", ("binary", "lambdarank")),
        Whole("rounds", 80, 1200, log=True),
        Real("learning_rate", 0.01, 0.2, log=True),
        Whole("leaves", 3, 63, log=True),
        Whole("min_leaf", 5, 100, log=True),
        Real("feature_fraction", 0.2, 1.0),
        Real("lambda_l2", 0.01, 30.0, log=True),
    ),
}
PARTS = tuple(SPACE)  # in the order in which they are tuned: the ranker stands on the others


def settings_of(config: LearningConfig, part: str) -> dict[str, Value]:
    """The keys of the part that are tuned, as configured."""
    section = getattr(config, part)
    return {entry.name: getattr(section, entry.name) for entry in SPACE[part]}


def with_settings(config: LearningConfig, part: str, settings: Settings) -> LearningConfig:
    """Raises pydantic's ValidationError for a value that the section does not allow."""
    section = getattr(config, part)
    changed = type(section).model_validate({**section.model_dump(), **settings})
    return config.model_copy(update={part: changed})


def space_around(part: str, current: Settings) -> tuple[Range, ...]:
    """The part's ranges, made wide enough for what is configured now."""
    return tuple(_including(entry, current[entry.name]) for entry in SPACE[part])


def _including(entry: Range, value: Any) -> Range:
    if isinstance(entry, Choice):
        values = entry.values if value in entry.values else (*entry.values, value)
        return replace(entry, values=values)
    low, high = min(entry.low, value), max(entry.high, value)
    return replace(entry, low=low, high=high, log=entry.log and low > 0)


def distributions(space: tuple[Range, ...]) -> dict[str, "BaseDistribution"]:
    """As optuna wants them."""
    return {entry.name: _distribution(entry) for entry in space}


def _distribution(entry: Range) -> "BaseDistribution":
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if isinstance(entry, Whole):
        return IntDistribution(entry.low, entry.high, log=entry.log)
    if isinstance(entry, Real):
        return FloatDistribution(entry.low, entry.high, log=entry.log)
    return CategoricalDistribution([json.dumps(value) for value in entry.values])


def to_params(space: tuple[Range, ...], settings: Settings) -> dict[str, Value]:
    """Settings as optuna stores them: it has no tuples, so a choice is JSON."""
    return {
        entry.name: json.dumps(settings[entry.name])
        if isinstance(entry, Choice)
        else settings[entry.name]
        for entry in space
    }


def from_params(
    space: tuple[Range, ...], params: Mapping[str, Any], current: Settings
) -> dict[str, Value]:
    """The way back; of a float three digits are kept, except of the one configured now."""
    configured = to_params(space, current)
    return {
        entry.name: current[entry.name]
        if params[entry.name] == configured[entry.name]
        else _value(entry, params[entry.name])
        for entry in space
    }


def _value(entry: Range, param: Any) -> Value:
    if isinstance(entry, Choice):
        value = json.loads(param)
        return tuple(value) if isinstance(value, list) else str(value)
    return float(f"{param:.3g}") if isinstance(entry, Real) else int(param)
