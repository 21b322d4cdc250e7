"""READ as one function over pandas frames: links in, rows of the images table out."""

import hashlib
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice

import numpy as np
import pandas as pd
from PIL import Image

from entity_extract import schema
from entity_extract.config import Domain, FetchConfig, ImageConfig, OcrConfig
from entity_extract.reading.ahead import Asked, fetch_ahead
from entity_extract.reading.engine import OcrFailed, OcrTimeout, Reader
from entity_extract.reading.fetch import Fetched, fetch
from entity_extract.reading.images import ImageRejected, decode, perceptual_hash, thumbnail
from entity_extract.reading.legibility import too_small_to_read
from entity_extract.reading.ocr import reader_for
from entity_extract.reading.strokes import find_strokes
from entity_extract.schema import Status
from entity_extract.words import Word

# Raise it when this package reads the same picture with the same settings differently than before.
READER_FORMAT = 2

_ROWS_PER_FRAME = 64  # about 1 MB: a thumbnail is some 10 kB, a word some 50 bytes

Row = dict[str, object]


def reader_version(ocr_config: OcrConfig, image_config: ImageConfig, domain: Domain) -> str:
    """12 hex digits that change with whatever changes a row. Raises OcrUnavailable."""
    ocr_settings = ocr_config.model_dump(mode="json", exclude={"timeout_s"})
    image_settings = image_config.model_dump(mode="json")
    engine = reader_for(ocr_config, domain).version
    text = json.dumps([READER_FORMAT, engine, ocr_settings, image_settings], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def read_batches(
    batches: Iterator[pd.DataFrame],
    *,
    fetch_config: FetchConfig,
    image_config: ImageConfig,
    ocr_config: OcrConfig,
    domain: Domain,
    reader_version: str,
) -> Iterator[pd.DataFrame]:
    """Frames with image_link and attempts (made before) become frames of schema.IMAGES.

    One row per link in, in order of completion: fetching runs ahead in threads, and the pictures
    that have come are decoded and read in the calling thread. Raises OcrUnavailable.
    """
    picture_reader = _PictureReader(image_config, reader_for(ocr_config, domain), reader_version)
    fetched = fetch_ahead(_asked(batches), partial(fetch, config=fetch_config), fetch_config)
    rows = (picture_reader.row(asked, answer) for asked, answer in fetched)
    while chunk := list(islice(rows, _ROWS_PER_FRAME)):
        yield _frame(chunk)


def _asked(batches: Iterator[pd.DataFrame]) -> Iterator[Asked]:
    for batch in batches:
        attempts = batch["attempts"] if "attempts" in batch else [0] * len(batch)
        for link, made in zip(batch["image_link"], attempts, strict=True):
            yield Asked(link if isinstance(link, str) else None, 0 if pd.isna(made) else int(made))


@dataclass(frozen=True)
class _PictureReader:
    """Turns what a link gave into its row."""

    image_config: ImageConfig
    reader: Reader
    reader_version: str

    def row(self, asked: Asked, fetched: Fetched) -> Row:
        row: Row = dict.fromkeys(schema.IMAGES)
        row |= {
            "image_link": asked.image_link,
            "status": fetched.status.value,
            "reason": fetched.reason,
            "http_status": fetched.http_status,
            "attempts": asked.attempts + 1,
            "fetched_at": datetime.now(UTC),
            "words": [],
            "strokes": [],
            "fetch_ms": fetched.fetch_ms,
            "reader_version": self.reader_version,
        }
        if fetched.content is not None:
            row |= self._picture(fetched.content)
        return row

    def _picture(self, content: bytes) -> Row:
        row: Row = {
            "content_sha256": hashlib.sha256(content).hexdigest(),
            "bytes": len(content),
        }
        try:
            image = decode(content, self.image_config)
        except ImageRejected as rejected:
            return row | {"status": rejected.status.value, "reason": rejected.reason}
        return row | self._seen(image) | self._read(image)

    def _seen(self, image: Image.Image) -> Row:
        return {
            "phash": perceptual_hash(image),
            "width": image.width,
            "height": image.height,
            "thumbnail": thumbnail(image, self.image_config),
            "strokes": [stroke._asdict() for stroke in find_strokes(np.asarray(image))],
        }

    def _read(self, image: Image.Image) -> Row:
        start = time.monotonic()
        result: Row
        try:
            result = _legible(image, self.reader.read(image))
        except OcrTimeout as err:
            result = {"status": Status.OCR_TIMEOUT.value, "reason": str(err)}
        except OcrFailed as err:
            result = {"status": Status.OCR_FAILED.value, "reason": str(err)}
        return result | {"ocr_ms": round((time.monotonic() - start) * 1000)}


def _legible(image: Image.Image, words: Sequence[Word]) -> Row:
    too_small = too_small_to_read(image, words)
    if too_small is not None:
        return {"status": Status.LOW_RESOLUTION.value, "reason": too_small}
    return {"words": [_record(word) for word in words]}


def _record(word: Word) -> dict[str, object]:
    """`word` as schema.WORD has it: `pass` is a keyword in Python, hence the field `pass_`."""
    return {name.rstrip("_"): value for name, value in word._asdict().items()}


def _frame(rows: list[Row]) -> pd.DataFrame:
    """Exactly schema.IMAGES; nullable integers, since a float column would lose what is absent."""
    nullable = {"int": "Int32", "bigint": "Int64"}
    frame = pd.DataFrame(rows, columns=list(schema.IMAGES))
    return frame.astype({k: nullable[t] for k, t in schema.IMAGES.items() if t in nullable})
