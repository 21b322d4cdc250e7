"""From a lake to rows for the page: what `entity-extract review` does before anybody looks."""

import logging
from dataclasses import dataclass

import pandas as pd

from entity_extract.catalog.corrections import Corrections
from entity_extract.config import Config, Domain
from entity_extract.config.entity_names import matched
from entity_extract.errors import UserError, meant
from entity_extract.lake.files import LakeFiles
from entity_extract.learning.prediction.bundle import Bundle
from entity_extract.review.acceptance import Acceptance, accept
from entity_extract.review.order import Order, in_order, value_of_check
from entity_extract.review.questions import questions
from entity_extract.review.rows import ReviewRow, review_rows
from entity_extract.schema import ENTITY_NAME, GROUP_ID

log = logging.getLogger(__name__)

_SHOWN, _LETTERS = 10, 60  # names of what there is, and of each


@dataclass(frozen=True)
class Asked:
    """Which rows; None asks for all."""

    order: Order = "least-sure"
    entity: str | None = None
    category: str | None = None
    status: str | None = None


@dataclass(frozen=True)
class Review:
    """`rows` are those on the page, `answers` all lines of `questions`, with `accepted`."""

    lake: str
    order: Order
    rows: list[ReviewRow]
    answers: pd.DataFrame
    acceptance: Acceptance


def review_of(
    lake: str,
    bundle: Bundle,
    config: Config,
    asked: Asked,
    *,
    corrections: Corrections,
    catalog: pd.DataFrame | None = None,
) -> Review:
    """At most `review.rows` of the answers, in the order asked for. Raises UserError where there
    is no lake, or no row that was asked for."""
    files = LakeFiles(lake)
    mark = files.mark()
    if mark is None:
        raise UserError(f"{lake}: no lake there (no _lake.json)")
    mark.check(lake)
    answers = questions(files, config.domain, corrections=corrections, catalog=catalog)
    acceptance = accept(answers, config.review)
    answers = answers.assign(accepted=acceptance.accepted, value=value_of_check(answers))
    kept = _asked(answers, asked, config.domain)
    chosen = kept.iloc[in_order(kept, asked.order)[: config.review.rows]].reset_index(drop=True)
    _say_foreign(chosen["model_version"], bundle)
    rows = review_rows(files, chosen, bundle, config.predict)
    return Review(lake, asked.order, rows, answers, acceptance)


def _asked(answers: pd.DataFrame, asked: Asked, domain: Domain) -> pd.DataFrame:
    """Raises UserError where none is left."""
    entity = asked.entity and matched([asked.entity], domain.entities).get(asked.entity)
    columns = {
        "--entity": (ENTITY_NAME, entity or asked.entity),
        "--category": (GROUP_ID, asked.category),
        "--status": ("status", asked.status),
    }
    for option, (name, wanted) in columns.items():
        if wanted is None:
            continue
        there = answers[name]
        answers = answers[there == wanted]
        if answers.empty:
            known = sorted(name for name in {*there} - {""} if _can_be_told(name))
            told = f"; there are {', '.join(known[:_SHOWN])}" if known else ", and none has one"
            raise UserError(
                f"{option} {wanted}: no answer of the lake{meant(wanted, known) or told}"
            )
    if answers.empty:
        raise UserError("the lake has no answers: entity-extract enrich makes them")
    return answers


def _can_be_told(name: str) -> bool:
    """On a terminal: a catalog may have anything for a category."""
    return name.isprintable() and len(name) <= _LETTERS


def _say_foreign(versions: pd.Series, bundle: Bundle) -> None:
    others = versions[versions.map(lambda version: version.split("-")[0] != bundle.version)]
    if len(others):
        log.warning(
            "%d of %d rows have answers of another model (%s) than %s: the page does not show why. "
            "Name their model: --model",
            len(others),
            len(versions),
            ", ".join(sorted(set(others))),
            bundle.version,
        )
