"""What tuning found, as a conf file for any job and as a table for the terminal."""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from entity_extract.config import LearningConfig, load_config
from entity_extract.errors import UserError
from entity_extract.learning.tuning.losses import CRITERIA
from entity_extract.learning.tuning.search import Tuned
from entity_extract.learning.tuning.space import Value, settings_of

_FIRST = "# Written by entity-extract tune, for --conf-file after the files that it was tuned with."

# Side -> F1 as configured, F1 as tuned.
F1 = Mapping[str, tuple[float, float]]


def check_out(path: Path) -> None:
    """Raises UserError where the conf file could not be written, or would replace another file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        known = not path.exists() or path.read_text("utf-8").startswith(_FIRST)
    except OSError as err:
        raise UserError(f"{path}: cannot be written: {err.strerror}") from None
    except UnicodeDecodeError:
        known = False
    if not known:
        raise UserError(f"{path} was not written by entity-extract tune; it is left as it is")
    if not os.access(path.parent, os.W_OK):
        raise UserError(f"{path}: cannot be written: {path.parent} is read-only")


def write_tuned(path: Path, tuned: Tuned, f1: F1) -> None:
    """Writes beside, and moves it in place once jobs can read it and read the tuned values."""
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(tuned_toml(tuned, f1), "utf-8")
    read = load_config([beside]).learning
    for part, keys in differing(tuned).items():
        if keys.items() - settings_of(read, part).items():
            raise ValueError(f"{beside}: [learning.{part}] is read as another than was written")
    os.replace(beside, path)


def tuned_toml(tuned: Tuned, f1: F1) -> str:
    """Only keys that differ, from their default or from what was configured. Same in, same out."""
    lines = [_FIRST, *(f"# {line}".rstrip() for line in tuned_table(tuned, f1))]
    for part, keys in differing(tuned).items():
        lines += ["", f"[learning.{part}]", *(f"{k} = {_toml(v)}" for k, v in keys.items())]
    return "\n".join(lines) + "\n"


def differing(tuned: Tuned) -> dict[str, dict[str, Value]]:
    """Part -> its tuned keys that a conf file has to say; parts without one are left out."""
    others = (LearningConfig(), tuned.before)
    found = {
        part: {
            key: value
            for key, value in settings_of(tuned.after, part).items()
            if any(settings_of(other, part)[key] != value for other in others)
        }
        for part in tuned.found
    }
    return {part: keys for part, keys in found.items() if keys}


def _toml(value: Value) -> str:
    return json.dumps(value) if not isinstance(value, float) else repr(value)


def tuned_table(tuned: Tuned, f1: F1) -> list[str]:
    """Lines: each part's loss before and after, then F1 of both sides."""
    return [
        f"Tuned on {tuned.rows} rows of {tuned.pictures} pictures, all of the training side;",
        "losses are cross-validated there, the lower the better. Those of the ranker both",
        "stand on the tuned learners.",
        "",
        *_losses(tuned),
        "",
        "F1 of one model as configured and one as tuned. No validation row had a say in what was",
        "chosen.",
        "",
        f"{'side':<12}{'configured':>12}{'tuned':>12}",
        *(f"{side:<12}{before:>12.4f}{after:>12.4f}" for side, (before, after) in f1.items()),
    ]


def _losses(tuned: Tuned) -> Iterator[str]:
    width = max(len(CRITERIA[part]) for part in tuned.found)
    yield f"{'part':<8}{'loss':<{width}}{'trials':>8}{'configured':>12}{'tuned':>12}"
    for part, found in tuned.found.items():
        yield (
            f"{part:<8}{CRITERIA[part]:<{width}}{found.trials:>8}"
            f"{found.before:>12.5f}{found.after:>12.5f}"
        )
