"""How far answers have moved since a reference: the population stability index, PSI.

PSI = sum over bins of (a - e) * ln(a / e), where e is a bin's share of the reference and a its
share now (N. Siddiqi, Credit Risk Scorecards, Wiley 2006: less than 0.10 is no significant change,
more than 0.25 a shift to look into). It is Jeffreys' divergence of the two.

Shares are smoothed, for ln 0 is none: half a row is added to each bin, on both sides (Jeffreys'
prior). Without any drift PSI is about (bins - 1) * (1/n + 1/m) of n and m rows, so of few rows it
says nothing: see `quality.min_rows`.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import BaseModel

from entity_extract.quality.figures import Distribution, Figures

ALL: Final = "all"  # entities together
_HALF: Final = 0.5
# Of the reference, that a bin of an ordered figure holds: neighbours are put together up to it, so
# that there are ten at most, as scorecards have them.
_LEAST_SHARE: Final = 0.1


class Drift(BaseModel, frozen=True):
    """PSI of one figure of an entity, or of all. `rows`: on the side that has fewer."""

    entity: str
    figure: str
    psi: float
    rows: int


def drift(reference: Figures, now: Figures) -> list[Drift]:
    """Of all rows first, then of each entity that both have rows of."""
    parts = [(ALL, reference.whole, now.whole)]
    both = [name for name in now.entities if name in reference.entities]
    parts += [(name, reference.entities[name], now.entities[name]) for name in both]
    found = [moved for part in parts for moved in _moved(*part)]
    asked = ({name: part.rows for name, part in one.entities.items()} for one in (reference, now))
    return [*_compared(ALL, {"entities": _named(*asked)}), *found]


def _moved(entity: str, reference: Distribution, now: Distribution) -> Iterator[Drift]:
    yield from _compared(
        entity,
        {
            "confidence": _ordered(reference.confidence, now.confidence),
            "candidates": _ordered(reference.candidates, now.candidates),
            "units": _named(reference.units, now.units),
            "statuses": _named(reference.statuses, now.statuses),
        },
    )


def _compared(
    entity: str, figures: Mapping[str, tuple[Sequence[int], Sequence[int]]]
) -> Iterator[Drift]:
    """Of figures that count anything on both sides."""
    for name, (reference, now) in figures.items():
        if rows := min(sum(reference), sum(now)):
            yield Drift(entity=entity, figure=name, psi=psi(reference, now), rows=rows)


def psi(reference: Sequence[int], now: Sequence[int]) -> float:
    """Of counts in the same bins; 0 where the shares are the same, never negative."""
    expected, actual = _shares(reference), _shares(now)
    pairs = zip(expected, actual, strict=True)
    return math.fsum((a - e) * math.log(a / e) for e, a in pairs)


def _shares(counts: Sequence[int]) -> list[float]:
    total = sum(counts) + _HALF * len(counts)
    return [(count + _HALF) / total for count in counts]


def _ordered(reference: Sequence[int], now: Sequence[int]) -> tuple[list[int], list[int]]:
    """Both in bins that the reference fixes: neighbours together, from the first on, until they
    hold a tenth of it; what is left at the end goes to the last."""
    least = _LEAST_SHARE * sum(reference)
    bins: list[list[int]] = [[0, 0]]
    for expected, actual in zip(reference, now, strict=True):
        if bins[-1][0] and bins[-1][0] >= least:
            bins.append([0, 0])
        bins[-1][0] += expected
        bins[-1][1] += actual
    if len(bins) > 1 and bins[-1][0] < least:
        expected, actual = bins.pop()
        bins[-1][0] += expected
        bins[-1][1] += actual
    return [one[0] for one in bins], [one[1] for one in bins]


def _named(reference: Mapping[str, int], now: Mapping[str, int]) -> tuple[list[int], list[int]]:
    """Both in the names that the reference has, and one bin for all others."""
    others = sum(count for name, count in now.items() if name not in reference)
    return [*reference.values(), 0], [*(now.get(name, 0) for name in reference), others]
