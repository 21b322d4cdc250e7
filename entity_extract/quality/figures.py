"""What is counted of a run's answers and kept in its manifest, for the next to be compared with."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from pydantic import BaseModel

# Rows whose entity is none of the configuration's: a catalog may ask for anything.
OTHER: Final = "(other)"
BINS: Final = 20  # of confidence, each of 0.05
# The least numbers of candidates of each bin: 0, 1, 2, 3, 4, 5 to 7, 8 to 15, 16 and more.
CANDIDATES: Final = (0, 1, 2, 3, 4, 5, 8, 16)


class Group(NamedTuple):
    """`rows` answers that are alike. `unit` is None of those that are "", `confidence_bin` (0 to
    BINS - 1) of those without a candidate; `confidence_sum` is over the group."""

    entity: str
    status: str
    unit: str | None
    confidence_bin: int | None
    candidates: int
    rows: int
    confidence_sum: float


class Distribution(BaseModel, frozen=True):
    """Answers to one entity, or to all.

    `confidence` has a count for each of BINS bins of 0.05, and sums up to the rows that have one;
    `candidates` one for each of CANDIDATES, and sums up to `rows`; `units` are of the answered
    rows; `statuses` of all.
    """

    rows: int
    answered: int
    confidence: tuple[int, ...]
    confidence_sum: float
    candidates: tuple[int, ...]
    units: dict[str, int]
    statuses: dict[str, int]

    @property
    def share_answered(self) -> float | None:
        """None without rows."""
        return self.answered / self.rows if self.rows else None

    @property
    def mean_confidence(self) -> float | None:
        known = sum(self.confidence)
        return self.confidence_sum / known if known else None


class Figures(BaseModel, frozen=True):
    """Of a run over a catalog of so many `rows` and distinct `links`; `entities` are of answers."""

    rows: int
    links: int
    links_read: int
    entities: dict[str, Distribution]

    @property
    def share_read(self) -> float | None:
        return self.links_read / self.links if self.links else None

    @property
    def whole(self) -> Distribution:
        """All entities together."""
        parts = list(self.entities.values())
        return Distribution(
            rows=sum(part.rows for part in parts),
            answered=sum(part.answered for part in parts),
            confidence=_sums([part.confidence for part in parts], BINS),
            confidence_sum=sum(part.confidence_sum for part in parts),
            candidates=_sums([part.candidates for part in parts], len(CANDIDATES)),
            units=_totals(part.units for part in parts),
            statuses=_totals(part.statuses for part in parts),
        )


def figures_of(groups: Iterable[Group], *, rows: int, links: int, links_read: int) -> Figures:
    """`rows` and `links` are the catalog's, the groups are of the answers that they have."""
    by_entity: dict[str, list[Group]] = {}
    for group in groups:
        by_entity.setdefault(group.entity, []).append(group)
    entities = {name: _distribution(by_entity[name]) for name in sorted(by_entity)}
    return Figures(rows=rows, links=links, links_read=links_read, entities=entities)


def candidates_bin(number: int) -> int:
    """The place in CANDIDATES."""
    return max(place for place, least in enumerate(CANDIDATES) if least <= number)


def _distribution(groups: Sequence[Group]) -> Distribution:
    confidence, candidates = [0] * BINS, [0] * len(CANDIDATES)
    units: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    for group in groups:
        if group.confidence_bin is not None:
            confidence[group.confidence_bin] += group.rows
        candidates[candidates_bin(group.candidates)] += group.rows
        statuses[group.status] += group.rows
        if group.unit is not None:
            units[group.unit] += group.rows
    return Distribution(
        rows=statuses.total(),
        answered=units.total(),
        confidence=tuple(confidence),
        confidence_sum=sum(group.confidence_sum for group in groups),
        candidates=tuple(candidates),
        units=dict(sorted(units.items())),
        statuses=dict(sorted(statuses.items())),
    )


def _sums(parts: Sequence[Sequence[int]], length: int) -> tuple[int, ...]:
    return tuple(sum(part[place] for part in parts) for place in range(length))


def _totals(parts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for part in parts:
        total.update(part)
    return dict(sorted(total.items()))
