"""READ at a fixed cost per link, so that what is measured around it is Spark and the lake."""

import hashlib
import time
from collections.abc import Iterable
from datetime import UTC, datetime

import pandas as pd
from pyspark.sql import DataFrame

from entity_extract import schema
from entity_extract.config import Config
from entity_extract.spark.stages import spread

# Without a figure in them: what a row's words cost to parse is measured elsewhere.
WORDS = ["sturdy", "bamboo", "shelf", "for", "kitchen", "and", "bathroom", "easy", "to", "assemble"]
THUMBNAIL_BYTES = 2048  # a real one has some 10 kB: a million, much disk
LINKS_PER_TASK = 2_000


def fixed_cost_read(cost_ms: float):  # type: ignore[no-untyped-def]
    """A waves.ReadStage that sleeps so long for each link and then makes a row of usual size."""

    def stage(links: DataFrame, config: Config, *, reader_version: str, count: int) -> DataFrame:
        def run(batches: Iterable[pd.DataFrame]) -> Iterable[pd.DataFrame]:
            for batch in batches:
                time.sleep(cost_ms / 1000 * len(batch))
                yield _frame(batch, reader_version)

        asked = spread(links, "image_link", at_least=-(-count // LINKS_PER_TASK))
        return asked.mapInPandas(run, schema.ddl(schema.IMAGES.columns))

    return stage


def _frame(batch: pd.DataFrame, reader_version: str) -> pd.DataFrame:
    words = [
        {
            **{"text": text, "conf": 90.0, "left": 40 * n, "top": 20, "width": 35, "height": 12},
            **{"block": 0, "line": 0, "angle": 0, "pass": "bench", "engine": "bench"},
        }
        for n, text in enumerate(WORDS)
    ]
    hashes = [hashlib.sha256(link.encode()).hexdigest() for link in batch["image_link"]]
    size = len(batch)
    frame = pd.DataFrame(
        {
            "image_link": batch["image_link"],
            "status": "ok",
            "reason": "",
            "http_status": 200,
            "attempts": batch["attempts"] + 1,
            "fetched_at": datetime.now(UTC),
            "content_sha256": hashes,
            "phash": [found[:16] for found in hashes],
            "bytes": 100_000,
            "width": 800,
            "height": 800,
            "words": [words] * size,
            "strokes": [[]] * size,
            "thumbnail": [hashlib.shake_128(h.encode()).digest(THUMBNAIL_BYTES) for h in hashes],
            "fetch_ms": 100,
            "ocr_ms": 500,
            "reader_version": reader_version,
        }
    )
    for name in schema.IMAGES.columns:
        if name not in frame:
            frame[name] = None
    return frame[list(schema.IMAGES.columns)]
