"""Answers about a few pictures at once: files, folders of them, links; without a lake or Spark."""

import argparse
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from entity_extract.catalog.entities import matched
from entity_extract.catalog.picture_names import is_picture
from entity_extract.commands.checked import bundle_of
from entity_extract.commands.running import config_of
from entity_extract.config.decided import advice
from entity_extract.errors import NothingRead, UserError
from entity_extract.extraction.answer import Answer
from entity_extract.extraction.extractor import Extractor
from entity_extract.extraction.picture import content_of
from entity_extract.fetching.fetch import Fetcher
from entity_extract.status import READABLE, Status

_LINK = re.compile(r"(?:https?|s3a?|file|data):", re.IGNORECASE)
_DRAWN = (".png", ".jpg", ".jpeg", ".webp")


def run(args: argparse.Namespace) -> None:
    config = config_of(args)
    pictures = [one for named in args.pictures for one in _pictures(named)]
    if args.draw is not None:
        _check_draw(args.draw, pictures)
    extractor = Extractor(config, bundle_of(args, config))
    known = extractor.bundle.domain.entity_names
    respelled = matched(args.entity, known)
    entities = list(dict.fromkeys(respelled.get(name, name) for name in args.entity or known))
    any_read = False
    for picture in pictures:
        content, answers = _asked(extractor, picture, entities, args.category)
        any_read |= answers[0].status in READABLE
        lines = _as_json if args.json else _as_text
        print("\n".join(lines(picture, entities, answers)), flush=True)
        if args.draw is not None and content is not None and any_read:
            from entity_extract.extraction.drawn import draw_answers

            draw_answers(
                content, dict(zip(entities, answers, strict=True)), config.image, args.draw
            )
    if not any_read:
        raise NothingRead("no picture could be read")


def _pictures(named: str) -> Iterator[str]:
    """The pictures of a folder, by their names; a file or a link as it is. Raises UserError."""
    path = Path(named)
    if _LINK.match(named) or path.is_file():
        yield named
    elif path.is_dir():
        found = sorted(one for one in path.iterdir() if is_picture(one.name))
        if not found:
            raise UserError(f"{named}: no picture lies in the folder")
        yield from map(str, found)
    else:
        raise UserError(f"{named}: no such file or folder")


def _check_draw(out: Path, pictures: Sequence[str]) -> None:
    """Raises UserError."""
    if len(pictures) != 1:
        raise UserError(f"--draw takes one picture, and {len(pictures)} are named")
    if out.suffix.lower() not in _DRAWN:
        raise UserError(f"--draw {out}: must end in {', '.join(_DRAWN)}")


def _asked(
    extractor: Extractor, picture: str, entities: Sequence[str], category: str
) -> tuple[bytes | None, list[Answer]]:
    """The picture's bytes, None where there are none, and an answer per entity."""
    if not _LINK.match(picture):
        try:
            content = content_of(Path(picture), extractor.config.fetch.max_bytes)
        except OSError as err:
            raise UserError(f"{picture}: {err.strerror}") from None
    else:
        with Fetcher(extractor.config.fetch) as fetcher:
            fetched = fetcher.fetch(picture)
        if fetched.content is None:
            return None, [_unread(fetched.status, fetched.reason)] * len(entities)
        content = fetched.content
    return content, extractor.extract_each(content, entities, group_id=category)


def _unread(status: Status, reason: str) -> Answer:
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
        status=status,
        reason=reason,
    )


def _as_text(picture: str, entities: Sequence[str], answers: Sequence[Answer]) -> list[str]:
    lines = [picture if picture.isprintable() else ascii(picture)]  # strangers name files, too
    width = max(map(len, entities))
    for entity, answer in zip(entities, answers, strict=True):
        said = f"{answer.text}  ({answer.confidence:.0%})" if answer else "-"
        lines.append(f"  {entity:{width}}  {said}")
    first = answers[0]
    if first.status is not Status.OK:
        lines.append(f"  {first.status}: {first.reason}")
        if todo := _todo(first):
            lines.append(f"    {todo}")
    return lines


def _todo(answer: Answer) -> str:
    """There is no lake here: what can be done is to set a key."""
    named = any(key in (answer.reason or "") for key in answer.status.keys)
    return advice(answer.status, answer.reason or "", "") if named else ""


def _as_json(picture: str, entities: Sequence[str], answers: Sequence[Answer]) -> list[str]:
    """An object per answer, a line each."""
    return [
        json.dumps(
            {
                "picture": picture,
                "entity": entity,
                "prediction": answer.text,
                "value": answer.value,
                "unit": answer.unit,
                "confidence": round(answer.confidence, 4),
                "box": answer.box and answer.box._asdict(),
                "runner_up": answer.runner_up,
                "status": answer.status.value,
                "reason": answer.reason,
            },
            ensure_ascii=False,
        )
        for entity, answer in zip(entities, answers, strict=True)
    ]
