"""The review as one page: self-contained, or with its parts on a server beside it."""

import hashlib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any, Final
from urllib.parse import unquote

from jinja2 import DictLoader, Environment, StrictUndefined

from entity_extract.config import Domain
from entity_extract.evaluation.inline import data_uri, inline_policy
from entity_extract.evaluation.palette import DARK, LIGHT, spoken
from entity_extract.review.acceptance import reasons
from entity_extract.review.command import Review
from entity_extract.review.decisions import Correction
from entity_extract.review.rows import ReviewRow
from entity_extract.status import Status

_CANDIDATES: Final = 30  # shown of a row
_LETTERS: Final = 100  # of a picture's name

# Of the served page: its own files, and nothing from elsewhere.
SERVED_POLICY: Final = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def page(review: Review, domain: Domain, said: Sequence[Correction | None], *, served: bool) -> str:
    """HTML. `said` is what was decided of each row before. Self-contained unless `served`: then
    review.css, review.js, picture/<place> and what else review.js asks for stand beside it."""
    css, js = stylesheet(), script()
    rows, acceptance = review.rows, review.acceptance
    shown = [_row(*one, domain, served) for one in zip(range(len(rows)), rows, said, strict=True)]
    data = {
        "rows": shown,
        "served": served,
        "columns": Correction._fields,
        "order": "value" if review.order == "value" else "sure",
        "page": hashlib.sha256(repr([row.id for row in rows]).encode()).hexdigest()[:16],
    }
    return (
        _environment()
        .get_template("review.html")
        .render(
            lake=review.lake,
            rows=rows,
            share=f"{acceptance.share:.1%}",
            entities=acceptance.entities,
            reasons=reasons(acceptance),
            data=data,
            inline=not served,
            policy=inline_policy(css, js),
            css=css,
            js=js,
        )
    )


def stylesheet() -> str:
    return _environment().get_template("review.css.j2").render(light=LIGHT, dark=DARK)


def script() -> str:
    return _templates()["review.js"]


def _templates() -> Mapping[str, str]:
    folder = files("entity_extract.review").joinpath("templates")
    return {file.name: file.read_text("utf-8") for file in folder.iterdir()}


def _environment() -> Environment:
    made = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=DictLoader(_templates()),
    )
    made.filters |= {"spoken": spoken, "percent": "{:.0%}".format}
    return made


def _row(
    place: int, row: ReviewRow, said: Correction | None, domain: Domain, served: bool
) -> dict[str, Any]:
    """As review.js takes it."""
    entity = domain.entities.get(row.id.entity_name)
    known = row.explained
    told = None if known is None else known.why
    return {
        "place": place,
        "key": hashlib.sha256(repr(row.id).encode()).hexdigest()[:16],
        "link": row.id.image_link,
        "name": _name(row.id.image_link),
        "group": row.id.group_id,
        "entity": row.id.entity_name,
        "catalog_key": row.id.catalog_key,
        "prediction": row.prediction,
        "confidence": round(row.confidence, 4),
        "value": round(row.value, 4),
        "status": row.status,
        "reason": row.reason,
        "model_version": row.model_version,
        "label": row.label,
        "accepted": row.accepted,
        "size": row.size,
        "box": row.box,
        "boxes": [] if known is None else known.boxes[:_CANDIDATES],
        "candidates": row.candidates[:_CANDIDATES],
        "lines": row.lines,
        # Of a picture that was not read nothing can be said that anybody would learn from.
        "units": [] if entity is None or row.status != Status.OK else entity.units,
        "thumbnail": "" if served or not row.thumbnail else data_uri(row.thumbnail, "image/jpeg"),
        "why": None
        if told is None
        else {
            "against": told.against,
            "steps": [step._asdict() for step in told.steps],
            "rest": told.rest,
            "lead": told.lead,
        },
        "said": said_of(said),
    }


def _name(link: str) -> str:
    """What a person would call the picture: the last part of its path; "" where it has none, as a
    picture that stands in the link itself."""
    if link[:5].lower() == "data:":
        return ""
    path = link.partition("?")[0].partition("#")[0]
    return unquote(path.rstrip("/").rpartition("/")[2])[:_LETTERS]


def said_of(correction: Correction | None) -> dict[str, str] | None:
    """What the page keeps of a decision."""
    if correction is None:
        return None
    names = ("decision", "entity_value", "corrected_at")
    return {name: getattr(correction, name) for name in names}
