"""Answers about a few pictures at once: files, folders of them, links; without a lake or Spark."""

import argparse
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from entity_extract.catalog.paths import pictures
from entity_extract.commands import read_lines
from entity_extract.commands.checked import bundle_of
from entity_extract.commands.outputs import check_file
from entity_extract.commands.read_lines import Said
from entity_extract.commands.running import config_of
from entity_extract.errors import NothingRead, UserError
from entity_extract.extraction.answer import Answer
from entity_extract.extraction.extractor import Extractor
from entity_extract.extraction.picture import content_of
from entity_extract.extraction.questions import all_known
from entity_extract.extraction.unasked import Quantities
from entity_extract.fetching.fetch import Fetcher
from entity_extract.fetching.fetched import Fetched
from entity_extract.status import READABLE

_LINK = re.compile(r"(?:https?|s3a?|file|data):|[a-z][a-z0-9+.-]+://", re.IGNORECASE)
_DRAWN = (".png", ".jpg", ".jpeg", ".webp")


def run(args: argparse.Namespace) -> None:
    config = config_of(args)
    named = [one for name in args.pictures for one in _pictures(name)]
    if args.draw is not None:
        _check_draw(args.draw, named)
    extractor = Extractor(config, bundle_of(args, config))
    known = extractor.bundle.domain.entity_names
    entities = list(dict.fromkeys(all_known(args.entity, known)))
    any_read = any_quantity = False
    for picture in named:
        content = _content(extractor, picture)
        said = _said(extractor, content, entities, args.category)
        any_read |= said.status in READABLE
        any_quantity |= isinstance(said.what, Quantities) and bool(said.what.found)
        lines = read_lines.as_json if args.json else read_lines.as_text
        print("\n".join(lines(picture, said)), flush=True)
        if args.draw is not None and isinstance(content, bytes) and any_read:
            from entity_extract.extraction.drawn import draw_boxes

            draw_boxes(content, said.boxes, config.image, args.draw)
    if any_quantity and not args.json:
        print(read_lines.UNASKED)
    if not any_read:
        raise NothingRead("no picture could be read")


def _pictures(named: str) -> Iterator[str]:
    """The pictures in a folder, by their paths; a file or a link as it is. Raises UserError."""
    path = Path(named)
    if _LINK.match(named) or path.is_file():
        yield named
    elif path.is_dir():
        found = pictures(path)
        if not found:
            raise UserError(f"{named}: no picture lies in the folder")
        yield from map(str, found)
    else:
        raise UserError(f"{named}: no such file or folder")


def _check_draw(out: Path, named: Sequence[str]) -> None:
    """Raises UserError."""
    if len(named) != 1:
        raise UserError(f"--draw takes one picture, and {len(named)} are named")
    check_file("--draw", out, _DRAWN)


def _content(extractor: Extractor, picture: str) -> bytes | Fetched:
    """The picture's bytes; what became of its link where there are none. Raises UserError."""
    if _LINK.match(picture):
        with Fetcher(extractor.config.fetch) as fetcher:
            fetched = fetcher.fetch(picture)
        return fetched if fetched.content is None else fetched.content
    try:
        return content_of(Path(picture), extractor.config.fetch.max_bytes)
    except OSError as err:
        raise UserError(f"{picture}: {err.strerror}") from None


def _said(
    extractor: Extractor, content: bytes | Fetched, entities: Sequence[str], category: str
) -> Said:
    if isinstance(content, Fetched):
        nothing = Quantities((), content.status, content.reason)
        return Said({name: _unread(content) for name in entities} or nothing)
    if not entities:
        return Said(extractor.quantities(content, group_id=category))
    answers = extractor.extract_each(content, entities, group_id=category)
    return Said(dict(zip(entities, answers, strict=True)))


def _unread(fetched: Fetched) -> Answer:
    return Answer(
        text="",
        value=None,
        unit=None,
        value_si=None,
        unit_si=None,
        confidence=0.0,
        box=None,
        runner_up=None,
        candidates=(),
        status=fetched.status,
        reason=fetched.reason,
    )
