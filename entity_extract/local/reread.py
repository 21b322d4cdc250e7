"""A second look, without Spark, at pictures that hold no candidate for a question asked of them."""

from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc

from entity_extract import schema
from entity_extract.config import Config
from entity_extract.config.signals import finishing
from entity_extract.lake.pace import READ_PER_CORE, paced
from entity_extract.local.arrow_types import arrow_schema
from entity_extract.local.decided import is_one_of
from entity_extract.local.held import KEYS, has_no_candidate, held_answers
from entity_extract.local.identity import hash_of
from entity_extract.local.joined import Picture
from entity_extract.local.lake import LocalLake
from entity_extract.local.read import Asked, read_images, with_attempts_left
from entity_extract.local.table import keys_of
from entity_extract.local.work import cores, parts
from entity_extract.runs.progress import StageOf

_REREADINGS = arrow_schema(schema.REREADINGS.columns)
_OTHER = "another picture than was read at first: its words are left out"
_BUCKETS = 1_000_000
_SILENT = ("image_link", "content_sha256", "status", "candidates", "model_version")


def reread_unanswered(
    lake: LocalLake,
    catalog: pa.Table,
    links: Sequence[str],
    config: Config,
    stage: StageOf,
    *,
    model_version: str,
    reread_version: str,
    seen: Callable[[int], None],
) -> bool:
    """Looks again at pictures of catalog rows that `model_version` found no candidate for, each
    once; at no more than reread.share of the catalog's `links`. Whether there was any.

    A picture that has changed since it was read gives no words: a refresh takes it over first.
    """
    pictures = _silent(lake, catalog, model_version)
    asked = _to_look_at(lake, pictures, reread_version)
    if asked:
        asked = _shared_out(lake, asked, links, config.reread.share, reread_version)
    if not asked:
        return False
    progress = stage("reread")
    again = config.model_copy(update={"ocr": config.reread.of(config.ocr)})
    progress.begin(len(asked))
    pace = paced(config.lake, cores=cores(), per_core=READ_PER_CORE)
    with finishing() as stop:
        for part in parts(list(asked.items()), pace, stop):
            with progress.wave(len(part)) as publish:
                tried = [Asked(link, attempts) for (link, _), attempts in part]
                read = read_images(
                    tried, again, reader_version=reread_version, seen=seen, stop=stop
                )
                if stop.asked():
                    progress.cut(read.num_rows)
                known = {link: sha256 for (link, sha256), _ in part}
                rows = with_attempts_left(_of_asked(read, known), config.fetch.max_attempts)
                publish(lake.rereadings.publish(rows, progress.next_wave, replace=False))
    return True


def _silent(lake: LocalLake, catalog: pa.Table, model_version: str) -> set[Picture]:
    """Pictures of the catalog's rows that hold no candidate."""
    answers = held_answers(lake, keys_of(catalog, KEYS), _SILENT).values()
    return {
        (row["image_link"], row["content_sha256"])
        for row in answers
        if not row["open"]
        and row["model_version"] == model_version
        and row["content_sha256"] is not None
        and has_no_candidate(row)
    }


def _to_look_at(lake: LocalLake, pictures: set[Picture], reread_version: str) -> dict[Picture, int]:
    """Those not looked at yet, or worth another try, with how often they were asked for."""
    held = lake.rereadings.read(
        columns=["image_link", "content_sha256", "attempts"],
        where=(pc.field("reread_version") == reread_version)
        & is_one_of("image_link", {link for link, _ in pictures}),
    ).to_pylist()
    done = {(row["image_link"], row["content_sha256"]): row for row in held}
    asked = {}
    for picture in sorted(pictures):
        row = done.get(picture)
        if row is None or row["open"]:
            asked[picture] = 0 if row is None else row["attempts"]
    return asked


def _shared_out(
    lake: LocalLake,
    asked: dict[Picture, int],
    links: Sequence[str],
    share: float,
    reread_version: str,
) -> dict[Picture, int]:
    """As many of `asked` as are left of a share of all links, chosen by a hash of the link."""
    of_version = pc.field("reread_version") == reread_version
    where = of_version & is_one_of("image_link", links)
    done = lake.rereadings.read(only_open=False, columns=["image_link"], where=where).num_rows
    left = max(0.0, share * len(links) - done)
    if left >= len(asked):
        return asked
    limit = round(_BUCKETS * left / len(asked))
    return {
        picture: attempts
        for picture, attempts in asked.items()
        if hash_of(picture[0]) % _BUCKETS < limit
    }


def _of_asked(read: pa.Table, known: dict[str, str]) -> pa.Table:
    """Rows of READ as rows of schema.REREADINGS, under the picture that they were asked for."""
    rows = []
    for row in read.drop_columns(["thumbnail", "strokes"]).to_pylist():
        seen = known[row["image_link"]]
        if row["content_sha256"] not in (None, seen):
            row |= {"words": [], "reason": _OTHER}
        rows.append(row | {"content_sha256": seen, "reread_version": row["reader_version"]})
    columns = [pa.array([row[field.name] for row in rows], field.type) for field in _REREADINGS]
    return pa.table(columns, schema=_REREADINGS)
