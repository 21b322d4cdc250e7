"""READ without Spark: one fetcher for all links, and a process apart for each core."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from entity_extract import schema
from entity_extract.config import Config
from entity_extract.config.signals import Stop, finishing
from entity_extract.lake.pace import READ_PER_CORE, paced
from entity_extract.lake.unread import warn_of_lost
from entity_extract.local.arrow_types import arrow_schema
from entity_extract.local.decided import Decided, is_one_of
from entity_extract.local.lake import LocalLake
from entity_extract.local.table import with_column
from entity_extract.local.work import cores, parts
from entity_extract.reading.batches import read_batches
from entity_extract.runs.progress import Progress
from entity_extract.status import TRANSIENT

_IMAGES = arrow_schema(schema.IMAGES.columns)
_TRANSIENT = frozenset(status.value for status in TRANSIENT)


class Asked(NamedTuple):
    """A link to be asked for, how often it was, and the wave in which that stands; and what is
    known of its picture, where that was read before."""

    image_link: str
    attempts: int = 0
    held: str | None = None
    content_sha256: str | None = None
    etag: str | None = None
    last_modified: str | None = None


def read_missing(
    lake: LocalLake,
    links: Sequence[str],
    config: Config,
    progress: Progress,
    *,
    reader_version: str,
    seen: Callable[[int], None],
) -> None:
    """READ what the lake lacks of `links`, and what failed in a way that may pass. `seen` is told
    of rows as they come."""
    decided = Decided(config)
    asked, anew = _unread(lake, links, decided, reader_version)
    progress.begin(len(asked))
    pace = paced(config.lake, cores=cores(), per_core=READ_PER_CORE)
    with finishing() as stop:
        for part in parts(asked, pace, stop):
            with progress.wave(len(part)) as publish:
                rows = read_images(
                    part, config, reader_version=reader_version, seen=seen, stop=stop
                )
                if stop.asked():
                    progress.cut(rows.num_rows)
                tried = with_attempts_left(rows, config.fetch.max_attempts)
                held = {one.held for one in part if one.held}
                wave = progress.next_wave
                published = lake.images.publish(tried, wave, replace=anew, among=held)
                publish(published)
                warn_of_lost(published)


def read_images(
    asked: Sequence[Asked],
    config: Config,
    *,
    reader_version: str,
    seen: Callable[[int], None],
    stop: Stop,
) -> pa.Table:
    """Rows of schema.IMAGES, one for each, in any order; of fewer where `stop` is asked for."""
    links = pd.DataFrame([one._asdict() for one in asked], dtype=object)
    found = [_IMAGES.empty_table()]
    for frame in read_batches(
        iter([links]),
        fetch_config=config.fetch.shared_by(1),
        image_config=config.image,
        ocr_config=config.ocr,
        domain=config.domain,
        reader_version=reader_version,
        isolation=config.isolation,
        readers=min(cores(), max(1, len(asked))),
        stop=stop,
    ):
        found.append(pa.Table.from_pandas(frame, _IMAGES, preserve_index=False))
        seen(len(frame))
    read = pa.concat_tables(part.replace_schema_metadata(None) for part in found)
    decided = Decided(config)
    by = pa.array([decided.by(status) for status in read["status"].to_pylist()], pa.string())
    return read.set_column(read.column_names.index("decided_by"), "decided_by", by)


def with_attempts_left(rows: pa.Table, max_attempts: int) -> pa.Table:
    """With `open`: what failed in a way that may pass, and may be asked for again."""
    may_pass = pc.is_in(rows["status"], pa.array(sorted(_TRANSIENT)))
    left = pc.less(rows["attempts"], max_attempts)
    return with_column(rows, "open", pc.and_(may_pass, left), pa.bool_())


def _unread(
    lake: LocalLake, links: Sequence[str], decided: Decided, reader_version: str
) -> tuple[list[Asked], bool]:
    """Links never read by this reader, or worth another try; and whether some were decided by other
    configuration, which are as good as never read."""
    of_reader = pc.field("reader_version") == reader_version
    held = lake.images.read(
        columns=["image_link", "status", "attempts", "decided_by"],
        where=of_reader & is_one_of("image_link", links),
    )
    anew = decided.possible(lake.images.by_status()) and any(
        decided.otherwise(row)
        for row in lake.images.read(columns=["status", "decided_by"], where=of_reader).to_pylist()
    )
    settled: set[str] = set()
    tried: dict[str, Asked] = {}
    for row in held.to_pylist():
        otherwise = anew and decided.otherwise(row)
        if otherwise or row["open"]:
            attempts = 0 if otherwise else row["attempts"]
            tried[row["image_link"]] = Asked(row["image_link"], attempts, row["wave"])
        else:
            settled.add(row["image_link"])
    unread = [link for link in links if link not in settled]
    return [tried.get(link, Asked(link)) for link in unread], anew
