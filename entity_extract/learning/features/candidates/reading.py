"""The quantity itself, and how surely it was read."""

import numpy.typing as npt

from entity_extract.learning.features.candidates.row import RowCandidates
from entity_extract.learning.features.registry import Features

reading = Features[RowCandidates]()


@reading.feature("log_si")
def log_si(row: RowCandidates) -> npt.ArrayLike:
    return row.log_si


@reading.features("is_integer", "significant_digits", "unit_code")
def stated(row: RowCandidates) -> npt.ArrayLike:
    code = row.domain.unit_names.index
    return [(c.value == int(c.value), _significant_digits(c.value), code(c.unit)) for c in row]


@reading.features("mentions", "places", "passes", "engines")
def agreement(row: RowCandidates) -> npt.ArrayLike:
    """How often it was read, in how many places and passes, and by how many engines, whichever
    they are."""
    return [
        (
            len(candidate.mentions),
            candidate.places,
            len({m.pass_ for m in candidate.mentions}),
            len({m.engine for m in candidate.mentions}),
        )
        for candidate in row
    ]


@reading.features("conf_max", "conf_min")
def surety(row: RowCandidates) -> npt.ArrayLike:
    confs = [[m.conf for m in candidate.mentions] for candidate in row]
    return [(max(own), min(own)) for own in confs]


@reading.family("conf_", "rapidocr", "tesseract")
def conf_of(row: RowCandidates, engine: str) -> npt.ArrayLike:
    """The surest mention of that engine; -1 where it did not see the candidate."""
    return [
        max([m.conf for m in candidate.mentions if m.engine == engine], default=-1.0)
        for candidate in row
    ]


def _significant_digits(value: float) -> int:
    mantissa = f"{abs(value):.5e}".partition("e")[0]
    return len(mantissa.replace(".", "").rstrip("0")) or 1
