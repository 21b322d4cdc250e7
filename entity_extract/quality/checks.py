"""What is asked of a run's figures, and whether they are so."""

from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import BaseModel

from entity_extract.config import QualityConfig
from entity_extract.quality.drift import ALL, Drift
from entity_extract.quality.figures import Figures


class Check(BaseModel, frozen=True):
    """`key` is the configuration's that holds the bound; of `rows` none does. `value` is what was
    found: at least, or at most, `bound` where the check has passed."""

    key: str
    entity: str
    figure: str
    value: float
    bound: float
    side: Literal["at least", "at most"]

    @property
    def passed(self) -> bool:
        if self.side == "at least":
            return self.value >= self.bound
        return self.value <= self.bound

    def __str__(self) -> str:
        of = "" if self.entity == ALL else f" of {self.entity}"
        bound = f"{self.key} = {self.bound:g}" if "." in self.key else f"{self.bound:g}"
        wrong = "" if self.passed else ", not so"
        return f"{self.figure}{of} {self.value:.4g}: {self.side} {bound}{wrong}"


def checks_of(figures: Figures, drifts: Sequence[Drift], config: QualityConfig) -> list[Check]:
    """Those that have a bound. That each row of the catalog has its answer is always asked.

    Of a catalog without rows, or an entity that it does not ask for, no share is asked.
    """
    return [*_of_rows(figures), *_of_shares(figures, config), *_of_drift(drifts, config)]


def _of_rows(figures: Figures) -> Iterator[Check]:
    rows = figures.whole.rows
    yield _at_least("rows", ALL, "rows with an answer, or a reason", rows, figures.rows)


def _of_shares(figures: Figures, config: QualityConfig) -> Iterator[Check]:
    answered, read = figures.whole.share_answered, figures.share_read
    if config.min_answered is not None and answered is not None:
        yield _at_least("quality.min_answered", ALL, "answered", answered, config.min_answered)
    for entity, bound in config.min_answered_of.items():
        asked = figures.entities.get(entity)
        share = asked.share_answered if asked else None
        if share is not None:
            yield _at_least(f"quality.min_answered_of.{entity}", entity, "answered", share, bound)
    if config.min_read is not None and read is not None:
        yield _at_least("quality.min_read", ALL, "links read", read, config.min_read)


def _at_least(key: str, entity: str, figure: str, value: float, bound: float) -> Check:
    return Check(key=key, entity=entity, figure=figure, value=value, bound=bound, side="at least")


def _of_drift(drifts: Sequence[Drift], config: QualityConfig) -> Iterator[Check]:
    if config.max_psi is None:
        return
    for one in drifts:
        yield Check(
            key="quality.max_psi",
            entity=one.entity,
            figure=f"PSI of {one.figure}",
            value=one.psi,
            bound=config.max_psi,
            side="at most",
        )
