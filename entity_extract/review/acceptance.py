"""Which answers need no look: sure enough, together, and of a size that their category has."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from entity_extract.config import ReviewConfig
from entity_extract.errors import UserError
from entity_extract.learning.prediction.abstention import NEVER
from entity_extract.review.questions import ROW_ID, log10_si
from entity_extract.review.store import replaced
from entity_extract.schema import ENTITY_NAME, GROUP_ID

_LEAST_RANGE: Final = 0.1  # log10: of sizes that are all alike, fences stand at a factor of two


@dataclass(frozen=True)
class EntityAcceptance:
    """`asked_for` is the precision that the user wants, `precision` the mean confidence of the
    accepted, 0 where there are none. `threshold` is the least confidence to accept, maybe NEVER.

    `answered` = `accepted` + `unsure` + `outside` (of bounds) + `unbounded` (too few sizes are
    known to have any) + `contradicted`.
    """

    entity: str
    asked_for: float
    threshold: float
    answered: int
    accepted: int
    unsure: int
    outside: int
    unbounded: int
    contradicted: int
    precision: float


@dataclass(frozen=True)
class Acceptance:
    """`accepted` (n,) bool of the rows; `low` and `high` (n,) log10 SI, NaN without bounds, which
    want `min_values` known sizes."""

    accepted: np.ndarray
    low: np.ndarray
    high: np.ndarray
    entities: tuple[EntityAcceptance, ...]
    min_values: int

    @property
    def share(self) -> float:
        """Of the answers given; 0 where there are none."""
        answered = sum(entity.answered for entity in self.entities)
        return sum(entity.accepted for entity in self.entities) / answered if answered else 0.0


def accept(rows: pd.DataFrame, config: ReviewConfig) -> Acceptance:
    """Rows as `questions` gives them. An answer is accepted where its confidence reaches its
    entity's threshold, its size lies within bounds, and no label says otherwise.

    The threshold is the least at which the mean confidence of the entity's answers from there on
    still reaches the precision asked for: calibrated confidence is the share of right answers.
    Y. Geifman and R. El-Yaniv, Selective Classification for Deep Neural Networks, 2017.
    """
    answered = (rows["prediction"] != "").to_numpy(bool)
    confidence = rows["confidence"].to_numpy(float)
    entity = rows[ENTITY_NAME].to_numpy(object)
    sizes = np.array([log10_si(value) for value in rows["value_si"]], float)
    asked = {name: config.precision_of.get(name, config.precision) for name in set(entity)}
    least = {name: _least(confidence[answered & (entity == name)], asked[name]) for name in asked}
    sure = answered & (confidence >= np.array([least[name] for name in entity], float))
    known = rows["label_si"].to_numpy(float)
    low, high = bounds(rows, np.where(np.isnan(known) & sure, sizes, known), config)
    with np.errstate(invalid="ignore"):
        inside = (sizes >= low) & (sizes <= high)
    bounded = ~np.isnan(low)
    contradicted = answered & rows["contradicted"].to_numpy(bool)
    accepted = sure & inside & ~contradicted
    told = []
    for name in sorted(set(entity[answered])):
        mine = answered & (entity == name)
        taken = accepted & mine
        told.append(
            EntityAcceptance(
                entity=name,
                asked_for=asked[name],
                threshold=least[name],
                answered=int(mine.sum()),
                accepted=int(taken.sum()),
                unsure=int((mine & ~sure & ~contradicted).sum()),
                outside=int((mine & sure & bounded & ~inside & ~contradicted).sum()),
                unbounded=int((mine & sure & ~bounded & ~contradicted).sum()),
                contradicted=int((mine & contradicted).sum()),
                precision=float(confidence[taken].mean()) if taken.any() else 0.0,
            )
        )
    return Acceptance(accepted, low, high, tuple(told), config.min_values)


def _least(confidence: np.ndarray, precision: float) -> float:
    """Equal confidences go together. NEVER where not even the surest answers reach it."""
    values, rows = np.unique(confidence, return_counts=True)
    values, rows = values[::-1], rows[::-1]
    means = np.cumsum(values * rows) / np.maximum(np.cumsum(rows), 1)
    reached = np.flatnonzero(means >= precision)
    return float(values[reached[-1]]) if len(reached) else NEVER


def bounds(
    rows: pd.DataFrame, log_si: np.ndarray, config: ReviewConfig
) -> tuple[np.ndarray, np.ndarray]:
    """Of each row (n,) the least and the largest plausible log10 SI, by Tukey's fences: so many
    interquartile ranges outside of the quartiles of the sizes `log_si` (n,) known of its category,
    or of its entity where a category has few. NaN where even these are too few.

    J. W. Tukey, Exploratory Data Analysis, 1977: at three ranges a value is "far out".
    """
    known = pd.DataFrame(
        {ENTITY_NAME: rows[ENTITY_NAME], GROUP_ID: rows[GROUP_ID], "size": log_si}
    ).dropna(subset="size")
    asked = rows[[ENTITY_NAME, GROUP_ID]].reset_index(drop=True)
    own = _fences(known, [ENTITY_NAME, GROUP_ID], config)
    whole = _fences(known, [ENTITY_NAME], config)
    of_own = asked.merge(own, on=[ENTITY_NAME, GROUP_ID], how="left")
    of_whole = asked.merge(whole, on=[ENTITY_NAME], how="left")
    found = of_own.fillna(of_whole)
    return found["low"].to_numpy(float), found["high"].to_numpy(float)


def _fences(known: pd.DataFrame, keys: list[str], config: ReviewConfig) -> pd.DataFrame:
    grouped = known.groupby(keys)["size"]
    found = pd.DataFrame(
        {"q1": grouped.quantile(0.25), "q3": grouped.quantile(0.75), "values": grouped.size()}
    ).reset_index()
    found = found[found["values"] >= config.min_values]
    reach = config.fences * (found["q3"] - found["q1"]).clip(lower=_LEAST_RANGE)
    return found[keys].assign(low=found["q1"] - reach, high=found["q3"] + reach)


def write_accepted(answers: pd.DataFrame, path: Path) -> int:
    """Writes those of `answers`, lines of `questions` with `accepted`, that are, as CSV; how many.
    Raises UserError."""
    kept = answers.loc[answers["accepted"], [*ROW_ID, "prediction", "confidence"]]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replaced(path, kept.to_csv(index=False, lineterminator="\n").encode())
    except OSError as err:
        raise UserError(f"--accepted {path}: {err.strerror or err}") from None
    return len(kept)


def acceptance_text(acceptance: Acceptance) -> str:
    """For the terminal: what passes unseen, and why the others do not."""
    lines = [f"accepted without a look: {acceptance.share:.1%} of the answers given"]
    if acceptance.entities:
        lines.append(_line("entity", "answers", "accepted", "from", "unsure", "size", "label"))
    for one in acceptance.entities:
        start = "never" if one.threshold == NEVER else f"{one.threshold:.3f}"
        size = one.outside + one.unbounded
        counts = (one.answered, one.accepted, start, one.unsure, size, one.contradicted)
        lines.append(_line(one.entity, *counts))
    return "\n".join([*lines, *(f"  {why}" for why in reasons(acceptance))])


def reasons(acceptance: Acceptance) -> list[str]:
    """Why answers wait that no look at them would let pass: what is to be set, or to be said. One
    sentence each."""
    told = []
    if never := [one for one in acceptance.entities if one.threshold == NEVER]:
        wanted = ", ".join(f"{one.entity} {one.asked_for:g}" for one in never)
        told.append(
            "never: not even the surest answers reach the precision asked for, review.precision: "
            f"{wanted}"
        )
    if lacking := [one for one in acceptance.entities if one.unbounded]:
        told.append(
            f"size: of {', '.join(one.entity for one in lacking)} fewer than review.min_values = "
            f"{acceptance.min_values} sizes are known, in the category or in all, to tell an odd "
            "one by: correct or label some, or --set review.min_values=5"
        )
    return told


def _line(entity: str, *cells: object) -> str:
    return f"  {entity[:30]:30}" + "".join(f"{cell!s:>10}" for cell in cells)
