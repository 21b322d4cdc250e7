"""READ as one function over pandas frames: links in, rows of the images table out."""

import hashlib
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pandas as pd

from entity_extract import schema
from entity_extract.config import Domain, FetchConfig, ImageConfig, IsolationConfig, OcrConfig
from entity_extract.config.signals import NEVER, Stop
from entity_extract.fetching.fetch import Asked, Fetched, Fetcher
from entity_extract.fetching.fetched import Validators
from entity_extract.reading.isolation.messages import Settings
from entity_extract.reading.isolation.supervisor import supervisor_for
from entity_extract.reading.refreshed import KNOWN
from entity_extract.reading.repeats import read_once
from entity_extract.reading.side_by_side import side_by_side
from entity_extract.status import Status

_ROWS_PER_FRAME = 64  # about 1 MB: a thumbnail is some 10 kB, a word some 50 bytes
_SECONDS_PER_FRAME = 1.0

Row = dict[str, object]


def read_batches(
    batches: Iterator[pd.DataFrame],
    *,
    fetch_config: FetchConfig,
    image_config: ImageConfig,
    ocr_config: OcrConfig,
    domain: Domain,
    reader_version: str,
    isolation: IsolationConfig,
    in_turns: bool = False,
    readers: int = 0,
    stop: Stop = NEVER,
) -> Iterator[pd.DataFrame]:
    """Frames with image_link and attempts (made before) become frames of schema.IMAGES.

    With content_sha256, etag and last_modified of an earlier reading, a picture that is still the
    same is not read again: its row has the status not_modified, and no words.
    One row per link in, in order of completion: fetching runs ahead in threads, and the pictures
    that have come are decoded and read one at a time, in a process apart unless `isolation` says
    otherwise; see picture_reader. With `readers` as many are read at a time, each in a process
    apart, in threads. Once `stop` is asked for there are rows only of what was in hand, as far as
    it is done in time. Raises OcrUnavailable, CannotStart.
    """
    picture_row = picture_reader(
        image_config,
        ocr_config,
        domain,
        isolation,
        reader_version=reader_version,
        in_turns=in_turns,
        readers=max(1, readers),
    )
    version: Row = {"reader_version": reader_version}

    def once(content: bytes, sha256: str) -> Row:
        return read_once(content, sha256, reader_version, picture_row)

    with Fetcher(fetch_config) as fetcher:
        fetched = fetcher.ahead_or_idle(_asked(batches), stop=stop)
        if readers and isolation.process:
            rows = side_by_side(fetched, lambda one: _row(*one, once) | version, readers, stop=stop)
        else:
            rows = (None if one is None else _row(*one, once) | version for one in fetched)
        yield from map(_frame, _in_time(rows))


def _in_time(rows: Iterator[Row | None]) -> Iterator[list[Row]]:
    """As many at a time as make a frame, or as have come in a second, be it that none comes any
    more for now: who watches sees them."""
    held: list[Row] = []
    since_s = time.monotonic()
    for row in rows:
        if row is not None:
            held.append(row)
        is_time = time.monotonic() - since_s >= _SECONDS_PER_FRAME
        if len(held) == _ROWS_PER_FRAME or (held and is_time):
            yield held
            held, since_s = [], time.monotonic()
    if held:
        yield held


def _asked(batches: Iterator[pd.DataFrame]) -> Iterator[Asked]:
    for batch in batches:
        asked = batch.reindex(columns=["image_link", "attempts", *KNOWN])
        for link, made, sha256, *said in asked.itertuples(index=False):
            yield Asked(
                _text(link),
                0 if pd.isna(made) else int(made),
                Validators(*map(_text, said)) if any(map(_text, said)) else None,
                _text(sha256),
            )


def _text(value: object) -> str | None:
    """None where pandas has any of its ways to say that nothing is there."""
    return value if isinstance(value, str) else None


def picture_reader(
    image_config: ImageConfig,
    ocr_config: OcrConfig,
    domain: Domain,
    isolation: IsolationConfig,
    *,
    reader_version: str = "",
    in_turns: bool = False,
    readers: int = 1,
) -> Callable[[bytes], Row]:
    """What turns bytes into the columns that a picture decides, here or in a process apart, of
    which there are two `in_turns` of two settings; or in as many as there are `readers`, for as
    many threads.

    Raises OcrUnavailable where this machine reads otherwise than `reader_version`, "" for any; or,
    of a process apart, with the first picture.
    """
    if isolation.process:
        limit_s = ocr_config.timeout_s + isolation.extra_s
        settings = Settings(
            image=image_config,
            ocr=ocr_config,
            domain=domain,
            limit_s=limit_s,
            reader_version=reader_version,
        )
        return supervisor_for(settings, isolation, in_turns=in_turns, processes=readers).row
    # Decoders and engines need not be in memory where they do not run.
    from entity_extract.reading.picture_row import PictureReader
    from entity_extract.reading.reader_version import check_reader

    check_reader(ocr_config, image_config, domain, reader_version)
    return PictureReader(image_config, ocr_config, domain).row


def _row(asked: Asked, fetched: Fetched, picture_row: Callable[[bytes, str], Row]) -> Row:
    """The row of what a link gave; `picture_row` is asked with its bytes and their SHA-256."""
    row: Row = dict.fromkeys(schema.IMAGES.columns)
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
        "etag": fetched.etag,
        "last_modified": fetched.last_modified,
    }
    if fetched.content is None:
        return row
    row["content_sha256"] = sha256 = hashlib.sha256(fetched.content).hexdigest()
    row["bytes"] = len(fetched.content)
    if sha256 == asked.content_sha256:
        return row | {"status": Status.NOT_MODIFIED.value, "reason": "the same bytes"}
    read = picture_row(fetched.content, sha256)
    said = str(read.get("reason") or "")
    if fetched.reason and said:
        read |= {"reason": f"{fetched.reason}: {said}"}
    return row | read


def _frame(rows: list[Row]) -> pd.DataFrame:
    """Exactly schema.IMAGES; nullable integers, since a float column would lose what is absent."""
    nullable = {"int": "Int32", "bigint": "Int64"}
    frame = pd.DataFrame(rows, columns=list(schema.IMAGES.columns))
    return frame.astype({k: nullable[t] for k, t in schema.IMAGES.columns.items() if t in nullable})
