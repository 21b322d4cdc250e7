"""What [quality] counts of a catalog's answers, as spark/quality.py does."""

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa

from entity_extract.config import Config
from entity_extract.local.held import KEYS, held_answers
from entity_extract.local.lake import LocalLake
from entity_extract.local.table import keys_of
from entity_extract.quality.figures import BINS, CANDIDATES, OTHER, Figures, Group, figures_of
from entity_extract.schema import ENTITY_NAME

_COUNTED = (ENTITY_NAME, "status", "prediction", "unit", "confidence", "candidates")


def answered_figures(
    lake: LocalLake, catalog: pa.Table, config: Config, *, rows: int, links: int, read: int
) -> Figures:
    """Of the answers that the catalog's rows have in the lake."""
    groups = _groups(held_answers(lake, keys_of(catalog, KEYS), _COUNTED).values(), config)
    return figures_of(groups, rows=rows, links=links, links_read=read)


def _groups(answers: Any, config: Config) -> Iterator[Group]:
    known = frozenset(config.domain.entity_names)
    for row in answers:
        yield _group(row, known)


def _group(row: Mapping[str, Any], known: frozenset[str]) -> Group:
    """Of one answer."""
    candidates = len(row["candidates"] or ())
    answered = row["prediction"] != ""
    confidence = row["confidence"]
    # Where there is nothing to be sure of it is 0.
    sure = confidence is not None and (answered or candidates > 0)
    return Group(
        entity=row[ENTITY_NAME] if row[ENTITY_NAME] in known else OTHER,
        status=row["status"],
        unit=(row["unit"] or "") if answered else None,
        confidence_bin=min(math.floor(confidence * BINS), BINS - 1) if sure else None,
        candidates=min(candidates, CANDIDATES[-1]),
        rows=1,
        confidence_sum=confidence if sure else 0.0,
    )
