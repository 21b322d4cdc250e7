"""Asking again, without Spark, for pictures read long ago and for files that have changed; as
spark/refresh.py does."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from entity_extract import schema
from entity_extract.config import Config, FetchConfig
from entity_extract.config.signals import finishing
from entity_extract.fetching.files import Seen, changed_files
from entity_extract.lake.pace import READ_PER_CORE, paced
from entity_extract.local.arrow_types import arrow_schema
from entity_extract.local.decided import Row, is_one_of
from entity_extract.local.lake import LocalLake
from entity_extract.local.read import Asked, read_images
from entity_extract.local.table import WAVE, with_column
from entity_extract.local.work import cores, parts
from entity_extract.reading.refreshed import KNOWN, LOST, grade_of
from entity_extract.runs.progress import Progress
from entity_extract.status import Status

_CHECKS = arrow_schema(schema.CHECKS.columns)
_OF_PICTURE = ("image_link", "status", "reason", "width", "fetched_at", *KNOWN)
_OF_CHECK = ("image_link", "status", "checked_at", *KNOWN)
_LARGE = ("thumbnail", "words", "strokes")  # what is not looked at here


class Held(NamedTuple):
    """A picture that was read: how it is asked for again, how well it was read, and its wave."""

    asked: Asked
    grade: int
    home: str


def refresh(
    lake: LocalLake,
    links: Sequence[str],
    config: Config,
    progress: Progress,
    *,
    reader_version: str,
    seen: Callable[[int], None],
) -> None:
    """Asks again for those of `links` whose pictures were last seen fetch.refresh_hours ago, or are
    files that have changed since; by the rules of spark.refresh.refresh."""
    stale = _stale(lake, links, config.fetch, reader_version)
    progress.begin(len(stale))
    pace = paced(config.lake, cores=cores(), per_core=READ_PER_CORE)
    with finishing() as stop:
        for part in parts(stale, pace, stop, home=lambda one: one.home):
            with progress.wave(len(part)) as publish:
                asked = [one.asked for one in part]
                read = read_images(
                    asked, config, reader_version=reader_version, seen=seen, stop=stop
                )
                if stop.asked():
                    progress.cut(read.num_rows)
                checks, changed = _compared(read, {one.asked.image_link: one for one in part})
                # In this order: an answer to the old picture no longer stands when the new one is
                # there. Cut off in between, the checks do not fit the pictures, see _stale.
                held, homes = {one.held for one in asked if one.held}, {one.home for one in part}
                wave = progress.next_wave
                checked = lake.checks.publish(checks, wave, replace=True, among=held)
                lake.images.publish(changed, wave, replace=True, among=homes)
                publish(checked)


def _stale(
    lake: LocalLake, links: Sequence[str], config: FetchConfig, reader_version: str
) -> list[Held]:
    """Pictures seen too long ago, and files that have changed."""
    where = (pc.field("reader_version") == reader_version) & is_one_of("image_link", links)
    pictures = lake.images.read(only_open=False, columns=_OF_PICTURE, where=where).to_pylist()
    last = {
        row["image_link"]: row
        for row in lake.checks.read(columns=_OF_CHECK, where=where).to_pylist()
    }
    known = [_known(picture, last.get(picture["image_link"], {})) for picture in pictures]
    due = [False] * len(known)
    if config.refresh_hours:
        since = datetime.now(UTC) - timedelta(seconds=round(config.refresh_hours * 3600))
        due = [row["width"] is not None and row["checked_at"] <= since for row in known]
    if config.file_root is not None:
        files = (Seen(row["image_link"], row["etag"], row["check"]) for row in known)
        changed = changed_files(files, config.file_root)
        due = [is_old or is_new for is_old, is_new in zip(due, changed, strict=True)]
    return [
        Held(
            Asked(row["image_link"], 0, row["held"], *(row[name] for name in KNOWN)),
            grade_of(row["status"], row["reason"]),
            row[WAVE],
        )
        for row, is_due in zip(known, due, strict=True)
        if is_due
    ]


def _known(picture: Row, check: Mapping[str, Any]) -> Row:
    """Of a picture, with what its last check said, if there was one: `check` is the status that the
    link had last, `held` the wave of the check.

    A check of another picture than is held found a new one, and was cut off before that was put
    there: as if it had not been.
    """
    same = check and check["content_sha256"] == picture["content_sha256"]
    if not same:
        return picture | {
            "checked_at": picture["fetched_at"],
            "check": picture["status"],
            "held": check.get(WAVE),
        }
    said = {name: check[name] or picture[name] for name in KNOWN}
    about = {"checked_at": check["checked_at"], "check": check["status"], "held": check[WAVE]}
    return picture | said | about


def _compared(read: pa.Table, before: Mapping[str, Held]) -> tuple[pa.Table, pa.Table]:
    """What the links gave, as rows of `checks`; and the rows of `images` that take the place of
    those before."""
    checks, replaces = [], []
    for row in read.drop_columns([*_LARGE]).to_pylist():
        held = before[row["image_link"]]
        grade = grade_of(row["status"], row["reason"])
        better = row["width"] is not None and grade > LOST and grade >= held.grade
        checks.append(_check(row, held.asked, replaces=better))
        replaces.append(better)
    columns = [pa.array([row[field.name] for row in checks], field.type) for field in _CHECKS]
    found = pa.table(columns, schema=_CHECKS)
    changed = read.filter(pa.array(replaces, pa.bool_()))
    return _settled(found), _settled(changed)


def _check(row: Row, known: Asked, *, replaces: bool) -> Row:
    """Of a picture that stays, what is known stays, too.

    What a server says of a picture that is not taken is not kept: it would say next that nothing
    has changed since.
    """
    before = {name: getattr(known, name) for name in KNOWN}
    if row["status"] == Status.NOT_MODIFIED.value:
        said = {name: row[name] or before[name] for name in KNOWN}
    else:
        said = {name: row[name] for name in KNOWN} if replaces else before
    return row | said | {"checked_at": row["fetched_at"]}


def _settled(rows: pa.Table) -> pa.Table:
    return with_column(rows, "open", False, pa.bool_())
