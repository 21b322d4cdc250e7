"""Examples as rows that travel: between executors and the driver, or from a lake's files."""

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from entity_extract.config import Domain
from entity_extract.learning.features.candidates.declared import candidate_feature_names
from entity_extract.learning.features.examples import (
    Example,
    Examples,
    build_example,
    collate_examples,
    image_matrix,
)
from entity_extract.learning.features.spoken import dimension_of
from entity_extract.quantities.amounts import Amount
from entity_extract.quantities.candidates import DEFAULT_LIMITS, Limits, find_candidates
from entity_extract.records import strokes_of, words_of
from entity_extract.status import Status

# What is kept of a catalog row and of its picture, with Spark's types.
KEPT = {
    "row_key": "string",
    "row_copy": "int",
    "image_link": "string",
    "entity_name": "string",
    "group_id": "string",
    "entity_value": "string",
    "status": "string",
    "content_sha256": "string",
    "phash": "string",
}


# What rows are split by: beside KEPT the figures printed on the picture, see `figures_of`.
SPLIT_ROW = {**KEPT, "figures": "array<bigint>"}


# What is made of the words; the picture's embedding comes along. A row says itself which columns
# `candidate` has: who reads it may know other features. Spark and Arrow keep equal texts once.
MADE = {
    "numbers": "array<double>",
    "units": "array<string>",
    "boxes": "array<int>",
    "candidate": "array<float>",
    "candidate_names": "string",
    "text": "array<float>",
}


EXAMPLE_ROW = {**SPLIT_ROW, "embedding": "array<float>", **MADE}


# What `example_frame` asks for.
LABELLED_ROW = (*KEPT, "width", "height", "words", "strokes", "embedding")


def example_frame(
    batch: pd.DataFrame,
    domain: Domain,
    names: Sequence[str] | None = None,
    limits: Limits = DEFAULT_LIMITS,
) -> pd.DataFrame:
    """Rows of LABELLED_ROW -> rows of EXAMPLE_ROW with the features `names` of candidates, None:
    all declared ones; same order. Nothing here is learned."""
    names = candidate_feature_names() if names is None else tuple(names)
    columns = ("status", "words", "strokes", "entity_name", "width", "height")
    built = [
        _example(*row, domain=domain, names=names, limits=limits)
        for row in zip(*(batch[name].tolist() for name in columns), strict=True)
    ]
    made: dict[str, list[Any]] = {
        "numbers": [e.values for e in built],
        "units": [list(e.units) for e in built],
        "boxes": [e.boxes.ravel() for e in built],
        "candidate": [e.candidate.ravel() for e in built],
        "candidate_names": [" ".join(names)] * len(built),
        "text": [e.text for e in built],
    }
    figures = _figures(batch, domain)
    kept = batch[[*KEPT]].assign(figures=pd.Series(figures, batch.index, object))
    return kept.assign(embedding=batch["embedding"], **made)


def _figures(batch: pd.DataFrame, domain: Domain) -> list[list[int]]:
    """`figures_of` each row's picture, once for all rows on it; none of a row without a picture,
    such as a text, which no split parts."""
    known: dict[object, list[int]] = {None: []}
    contents = batch["content_sha256"].astype(object).where(batch["content_sha256"].notna(), None)
    for content, words in zip(contents, batch["words"], strict=True):
        if content not in known:
            known[content] = figures_of(words, domain)
    return [known[content] for content in contents]


def figures_of(words: object, domain: Domain) -> list[int]:
    """Hashes of all that a cell of word records says, in any unit; sorted. As numbers, since the
    split brings those of all rows to one machine."""
    read = words_of(words)
    one_of_each = {dimension_of(domain, entity): entity for entity in domain.entity_names}
    found = {
        _hashed(f"{candidate.value:g} {candidate.unit}")
        for entity in one_of_each.values()
        for candidate in find_candidates(read, entity, domain)
    }
    return sorted(found)


def _hashed(text: str) -> int:
    """A signed 64-bit number, the same in every process."""
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def _example(
    status: str,
    words: object,
    strokes: object,
    entity: str,
    width: float,
    height: float,
    *,
    domain: Domain,
    names: Sequence[str],
    limits: Limits,
) -> Example:
    read = status == Status.OK
    return build_example(
        words_of(words) if read else [],
        entity=entity,
        picture=(int(width), int(height)) if read else (1, 1),
        domain=domain,
        strokes=strokes_of(strokes) if read else [],
        names=names,
        limits=limits,
    )


@lru_cache(maxsize=8)
def names_of(text: str) -> tuple[str, ...]:
    """A cell of `candidate_names`."""
    return tuple(text.split())


def examples_of_rows(
    rows: pd.DataFrame,
    labels: Sequence[tuple[Amount, ...]],
    pictures: Sequence[str],
    domain: Domain,
    *,
    image_width: int,
) -> Examples:
    """EXAMPLE_ROW in pandas -> Examples; a row without an embedding gets zeros (image_width,)."""
    built = [
        Example(
            values=np.asarray(numbers, float),
            units=tuple(units),
            boxes=np.asarray(boxes, int).reshape(-1, 4),
            candidate=np.asarray(candidate, np.float32).reshape(-1, len(names_of(names))),
            names=names_of(names),
            text=np.asarray(text, np.float32),
        )
        for numbers, units, boxes, candidate, names, text in zip(
            *(rows[name].tolist() for name in MADE), strict=True
        )
    ]
    return collate_examples(
        built,
        entity=rows["entity_name"].tolist(),
        group=rows["group_id"].fillna("").tolist(),
        picture=pictures,
        labels=labels,
        image=image_matrix(rows["embedding"].tolist(), image_width, fill=np.zeros(image_width)),
        domain=domain,
    )
