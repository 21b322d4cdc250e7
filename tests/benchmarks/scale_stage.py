"""READ at a fixed cost per link, so that what is measured around it is Spark and the lake."""

import hashlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.pandas.types import to_arrow_schema

from entity_extract import schema
from entity_extract.config import Config
from entity_extract.spark.stages import spread
from entity_extract.spark.tables.table import no_rows

# Without a figure in them: what a row's words cost to parse is measured elsewhere.
WORDS = ["sturdy", "bamboo", "shelf", "for", "kitchen", "and", "bathroom", "easy", "to", "assemble"]


@dataclass(frozen=True)
class FixedCostRead:
    """A waves.ReadStage that sleeps so long for each link and then makes a row of usual size."""

    cost_ms: float = 0.5
    thumbnail_bytes: int = 2048  # a real one has some 10 kB: a million, much disk
    words: int = len(WORDS)  # of a picture
    one_task: bool = False  # the whole wave in one partition
    drawn: bool = False  # words by chance, which a file packs no better than real ones

    def __call__(
        self, links: DataFrame, config: Config, *, reader_version: str, count: int
    ) -> DataFrame:
        columns = to_arrow_schema(no_rows(links.sparkSession, schema.IMAGES.columns).schema)

        def run(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            for batch in batches:
                time.sleep(self.cost_ms / 1000 * batch.num_rows)
                yield self._rows(batch, columns, reader_version)

        whole = self.one_task
        asked = links.coalesce(1) if whole else spread(links, "image_link", count=count)
        asked = asked.select("image_link", "attempts")
        return asked.mapInArrow(run, schema.ddl(schema.IMAGES.columns))

    def _rows(self, batch: pa.RecordBatch, columns: pa.Schema, version: str) -> pa.RecordBatch:
        links, attempts = (column.to_pylist() for column in batch.columns)
        hashes = [hashlib.sha256(link.encode()).hexdigest() for link in links]
        size = self.thumbnail_bytes
        varied = {
            "image_link": links,
            "attempts": [made + 1 for made in attempts],
            "content_sha256": hashes,
            "phash": [found[:16] for found in hashes],
            "thumbnail": [hashlib.shake_128(found.encode()).digest(size) for found in hashes],
        }
        alike = self._alike() | {"reader_version": version}
        made = [
            pa.array(varied[field.name], field.type)
            if field.name in varied
            else pa.repeat(pa.scalar(alike.get(field.name), field.type), len(links))
            for field in columns
        ]
        if self.drawn:
            place = columns.get_field_index("words")
            made[place] = self._drawn_words(columns.field(place).type, len(links))
        return pa.RecordBatch.from_arrays(made, schema=columns)

    def _drawn_words(self, kind: pa.DataType, rows: int) -> pa.Array:
        """(rows,) of `words` words each."""
        rng, count = np.random.default_rng(), rows * self.words
        letters = rng.integers(ord("a"), ord("z") + 1, (4096, 8), np.uint8)
        known = pa.array([bytes(word).decode() for word in letters])
        numbers = {name: rng.integers(0, 800, count) for name in ("left", "top", "width", "height")}
        alike = self._alike()["words"][0]
        fields = [
            known.take(pa.array(rng.integers(0, len(known), count)))
            if field.name == "text"
            else pa.array(numbers[field.name]).cast(field.type)
            if field.name in numbers
            else pa.repeat(pa.scalar(alike.get(field.name), field.type), count)
            for field in kind.value_type
        ]
        words = pa.StructArray.from_arrays(fields, fields=list(kind.value_type))
        ends = pa.array(np.arange(0, count + 1, self.words), pa.int32())
        return pa.ListArray.from_arrays(ends, words, type=kind)

    def _alike(self) -> dict[str, Any]:
        """What all rows have."""
        words = [
            {
                **{"text": WORDS[n % len(WORDS)], "conf": 90.0, "left": 40 * (n % 10)},
                **{"top": 20 * (n // 10), "width": 35, "height": 12, "block": 0, "line": 0},
                **{"angle": 0, "pass": "bench", "engine": "bench"},
            }
            for n in range(self.words)
        ]
        return {
            **{"status": "ok", "reason": "", "http_status": 200, "bytes": 100_000},
            **{"fetched_at": datetime.now(UTC), "width": 800, "height": 800},
            **{"words": words, "strokes": [], "fetch_ms": 100, "ocr_ms": 500},
        }
