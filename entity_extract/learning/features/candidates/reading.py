"""The quantity itself, and how surely it was read."""

import numpy.typing as npt

from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.registry import Features

reading = Features[RowCandidates]()


@reading.feature("log_si")
def log_si(row: RowCandidates) -> npt.ArrayLike:
    return row.log_si


@reading.feature("is_integer")
def is_integer(row: RowCandidates) -> npt.ArrayLike:
    return [candidate.value == int(candidate.value) for candidate in row.candidates]


@reading.feature("significant_digits")
def significant_digits(row: RowCandidates) -> npt.ArrayLike:
    return [_significant_digits(candidate.value) for candidate in row.candidates]


@reading.feature("unit_code")
def unit_code(row: RowCandidates) -> npt.ArrayLike:
    return [row.domain.unit_names.index(candidate.unit) for candidate in row.candidates]


@reading.feature("mentions")
def mentions(row: RowCandidates) -> npt.ArrayLike:
    return [len(candidate.mentions) for candidate in row.candidates]


@reading.feature("places")
def places(row: RowCandidates) -> npt.ArrayLike:
    return [candidate.places for candidate in row.candidates]


@reading.feature("passes")
def passes(row: RowCandidates) -> npt.ArrayLike:
    return [len({m.pass_ for m in candidate.mentions}) for candidate in row.candidates]


@reading.feature("engines")
def engines(row: RowCandidates) -> npt.ArrayLike:
    """How many read it, whichever they are."""
    return [len({m.engine for m in candidate.mentions}) for candidate in row.candidates]


@reading.feature("conf_max")
def conf_max(row: RowCandidates) -> npt.ArrayLike:
    return [max(m.conf for m in candidate.mentions) for candidate in row.candidates]


@reading.feature("conf_min")
def conf_min(row: RowCandidates) -> npt.ArrayLike:
    return [min(m.conf for m in candidate.mentions) for candidate in row.candidates]


@reading.family("conf_", "rapidocr", "tesseract")
def conf_of(row: RowCandidates, engine: str) -> npt.ArrayLike:
    """The surest mention of that engine; -1 where it did not see the candidate."""
    return [
        max((m.conf for m in candidate.mentions if m.engine == engine), default=-1.0)
        for candidate in row.candidates
    ]


def _significant_digits(value: float) -> int:
    mantissa = f"{abs(value):.5e}".partition("e")[0]
    return len(mantissa.replace(".", "").rstrip("0")) or 1
