"""A run's figures as Prometheus' metrics: names, labels and samples, without the library."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from entity_extract.quality.figures import BINS, CANDIDATES, Distribution, Figures
from entity_extract.quality.judged import Quality

NAMESPACE: Final = "entity_extract"
CONFIDENCE: Final = f"{NAMESPACE}_confidence"
_BOUNDS: Final = (*(f"{place / BINS:g}" for place in range(1, BINS)), "+Inf")
_CANDIDATES: Final = (
    *(str(a) if a + 1 == b else f"{a} to {b - 1}" for a, b in pairwise(CANDIDATES)),
    f"{CANDIDATES[-1]} or more",
)


class RunLabels(NamedTuple):
    """`lake` is on every metric: a machine may run jobs on several."""

    lake: str
    command: str
    model_version: str


@dataclass(frozen=True)
class Gauge:
    """`samples`: the labels' values, in their order, and the number."""

    name: str
    about: str
    labels: tuple[str, ...]
    samples: Sequence[tuple[tuple[str, ...], float]]


@dataclass(frozen=True)
class Histogram:
    """`buckets` are cumulative, as Prometheus has them: the upper bound and the rows up to it."""

    labels: tuple[str, ...]
    buckets: Sequence[tuple[str, float]]
    total: float


def gauges(quality: Quality, run: RunLabels, *, ended: float, seconds: float) -> Iterator[Gauge]:
    """`ended`: when the run did, in seconds since 1970."""
    yield _gauge("run", "The run that gave these figures.", run._fields, [(tuple(run), 1)])
    lake, figures = run.lake, quality.figures
    for name, about, number in (
        ("run_timestamp_seconds", "When the run ended, in seconds since 1970.", ended),
        ("run_seconds", "How long the run took.", seconds),
        ("run_accepted", "Whether the next run is compared with this one.", quality.accepted),
        ("catalog_rows", "Rows of the catalog.", figures.rows),
        ("links", "Distinct links of the catalog.", figures.links),
        ("links_read", "Distinct links of the catalog that have a reading.", figures.links_read),
    ):
        yield _gauge(name, about, ("lake",), [((lake,), number)])
    checks = [((lake, c.key, c.entity, c.figure), c.passed) for c in quality.checks]
    of_check = ("lake", "check", "entity", "figure")
    yield _gauge("check_passed", "Whether a bound is kept.", of_check, checks)
    moved = [((lake, one.entity, one.figure), one.psi) for one in quality.drift]
    about = "Population stability index against the last accepted run."
    yield _gauge("psi", about, ("lake", "entity", "figure"), moved)
    yield from _of_entities(figures, lake)


def _of_entities(figures: Figures, lake: str) -> Iterator[Gauge]:
    parts, of = figures.entities.items(), ("lake", "entity")
    rows = [((lake, name), part.rows) for name, part in parts]
    yield _gauge("rows", "Rows that have an answer, or a reason.", of, rows)
    answered = [((lake, name), part.answered) for name, part in parts]
    yield _gauge("answered_rows", "Rows whose answer is not empty.", of, answered)
    for name, about, label, counts in (
        ("unit_rows", "Answered rows by unit.", "unit", _units),
        ("status_rows", "Rows by status.", "status", _statuses),
        ("candidates_rows", "Rows by their number of candidates.", "candidates", _candidates),
    ):
        samples = [
            ((lake, entity, value), number)
            for entity, part in parts
            for value, number in counts(part).items()
        ]
        yield _gauge(name, about, (*of, label), samples)


def _units(part: Distribution) -> Mapping[str, int]:
    return part.units


def _statuses(part: Distribution) -> Mapping[str, int]:
    return part.statuses


def _candidates(part: Distribution) -> Mapping[str, int]:
    return dict(zip(_CANDIDATES, part.candidates, strict=True))


def confidences(quality: Quality, run: RunLabels) -> list[Histogram]:
    """Of the best candidate, of the rows of each entity that have one: labels lake and entity."""
    return [
        Histogram(
            labels=(run.lake, entity),
            buckets=[*zip(_BOUNDS, map(float, accumulate(part.confidence)), strict=True)],
            total=part.confidence_sum,
        )
        for entity, part in quality.figures.entities.items()
    ]


def _gauge(
    name: str,
    about: str,
    labels: tuple[str, ...],
    samples: Iterable[tuple[tuple[str, ...], float]],
) -> Gauge:
    return Gauge(f"{NAMESPACE}_{name}", about, labels, [*samples])
