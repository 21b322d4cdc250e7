"""What a contender has left in Parquet: whether it is whole, and what it is worth."""

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

import pyarrow.parquet as pq

from entity_extract.config import Domain, load_config
from entity_extract.quantities.amounts import parse_label
from entity_extract.records import Word, words_of
from tests.benchmarks.end_to_end.contenders import Contender
from tests.benchmarks.end_to_end.pictures import Photos
from tests.benchmarks.reading import found_in

NUMBERS = 2048  # of an embedding


class Row(NamedTuple):
    words: list[Word]
    embedded: bool


def checked(contender: Contender, out: Path, photos: Photos, number: int) -> dict[str, Any]:
    """`words`, and a hash of them that is the same where the same was read; `labels_found`, the
    part of the photos' labels that is among the quantities read. Or `error`, where a photo lacks.
    """
    rows = _rows(contender, out)
    embedded = sum(row.embedded for row in rows.values())
    if set(rows) != set(photos.names[:number]) or embedded != number:
        return {"error": f"{len(rows)} rows, {embedded} embeddings of {number} photos"}
    texts = {name: sorted(word.text for word in row.words) for name, row in rows.items()}
    return {
        "words": sum(map(len, texts.values())),
        "words_sha256": hashlib.sha256(json.dumps(texts, sort_keys=True).encode()).hexdigest(),
        "labels_found": _labels_found(rows, photos, load_config().domain),
    }


def _rows(contender: Contender, out: Path) -> dict[str, Row]:
    """By the name of the picture."""
    if contender.is_ours:
        images = pq.read_table(out / "images", columns=["image_link", "words", "content_sha256"])
        seen = pq.read_table(out / "embeddings", columns=["content_sha256", "embedding"])
        seen = seen.to_pydict()
        embeddings = dict(zip(seen["content_sha256"], seen["embedding"], strict=True))
        found = [
            {**row, "embedding": embeddings.get(row["content_sha256"])}
            for row in images.to_pylist()
        ]
    else:
        found = pq.read_table(out, columns=["image_link", "words", "embedding"]).to_pylist()
    return {
        unquote(row["image_link"].rpartition("/")[2]): Row(
            words_of(row["words"]), len(row["embedding"] or ()) == NUMBERS
        )
        for row in found
    }


def _labels_found(rows: dict[str, Row], photos: Photos, domain: Domain) -> float | None:
    hits = [
        found_in(rows[row.image].words, row.entity_name, row.entity_value, domain)[0]
        for row in photos.rows.itertuples()
        if row.image in rows and parse_label(row.entity_value, domain, row.entity_name)
    ]
    return round(sum(hits) / len(hits), 4) if hits else None
