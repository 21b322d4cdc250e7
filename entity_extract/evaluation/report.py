"""One self-contained HTML page: how good the answers are, where they are lost, and why."""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import DictLoader, Environment, StrictUndefined

from entity_extract.config import Domain, EvaluateConfig
from entity_extract.evaluation import figures
from entity_extract.evaluation.curves import (
    outcomes_per_entity,
    reliability,
    trade_off,
    unit_confusion,
)
from entity_extract.evaluation.errors_file import errors_csv, errors_of
from entity_extract.evaluation.gallery import GalleryRow, framed
from entity_extract.evaluation.inline import data_uri, inline_policy
from entity_extract.evaluation.outcomes import outcomes_of_rows, texts
from entity_extract.evaluation.palette import DARK, LIGHT, OUTCOMES, spoken
from entity_extract.evaluation.plots import Plot, plot
from entity_extract.evaluation.training_report import learned, learning_plots
from entity_extract.status import NO_PICTURE, Status

ENTITIES = 24  # at most, those with the most rows; a catalog may ask for anything
MAIN = "validation"  # the split that the page is about, where there is one
ERRORS = 2_000  # rows that the page holds for its download; errors.csv beside it has all

# What the table of all figures holds, and how it explains each.
RATIOS = {
    "f1": ("F1", "harmonic mean of precision and recall"),
    "precision": ("Precision", "of the answers given, those that are right"),
    "recall": ("Recall", "TP / (TP + FN): lost by silence alone, as the challenge counts"),
    "accuracy": ("Exact match", "of all rows, right or rightly silent"),
    "label_recall": (
        "Label recall",
        "of the labelled rows, right; wrong answers count as lost",
    ),
    "unit_accuracy": ("Unit accuracy", "of the labelled rows, answered in the label's unit"),
    "value_accuracy_si": ("Value accuracy", "of the labelled rows, right after conversion to SI"),
    "oracle_recall": ("Oracle recall", "of the labelled rows, the label among the candidates"),
    "f1_given_candidate": ("F1 given candidate", "F1 of just the rows counted by oracle recall"),
}


def write_report(
    out: Path,
    splits: Mapping[str, pd.DataFrame],
    metrics: Mapping[str, Mapping[str, Any]],
    gallery: Sequence[GalleryRow],
    about: Mapping[str, str],
    *,
    domain: Domain,
    config: EvaluateConfig,
    model: Mapping[str, Any] | None = None,
    answered_by: Sequence[str] = (),
) -> Path:
    """Writes out/report.html and, of the split that it is about, out/errors.csv; returns the
    page's path.

    `splits` are the rows as given to `score`, with `confidence` where known; `metrics` is what
    `score` said of each, with trade_off (see operating_points.py) where known. Splits without a
    label, or without metrics, are listed but not evaluated. `about` names what was evaluated, and
    what on: `evaluated` (when), `catalog`, `model` lead the page. `model` is the manifest of a
    bundle, answered_by the versions of the models that gave the answers.
    """
    out.mkdir(parents=True, exist_ok=True)
    names = sorted(splits, key=lambda name: name != MAIN)  # stable: the others keep their order
    scored = {name: metrics[name] for name in names if metrics.get(name, {}).get("labelled")}
    context: dict[str, Any] = {
        "about": about,
        "rows": {name: len(splits[name]) for name in names},
        "scored": scored,
        "ratios": RATIOS,
        "statuses": _statuses({name: splits[name] for name in names}),
        "gallery": [(row, _picture(row)) for row in gallery],
        "errors": None,
        "outcomes": OUTCOMES,
        "plots": learning_plots(model) if model else {},
        "model": learned(model, answered_by) if model else None,
    }
    if scored:
        first = next(iter(scored))
        evaluated = outcomes_of_rows(splits[first], domain, config.value_tolerance)
        entities = list(outcomes_per_entity(evaluated).index[:ENTITIES])
        context["plots"] |= _plots(evaluated, scored, entities)
        context["entities"] = entities
        errors = errors_of(splits[first], domain, config.value_tolerance)
        (out / "errors.csv").write_text(errors_csv(errors), "utf-8", newline="")
        context["errors"] = _download(errors) if len(errors) else None
    path = out / "report.html"
    path.write_text(_render(context), "utf-8")
    return path


def _render(context: Mapping[str, Any]) -> str:
    folder = files("entity_extract.evaluation").joinpath("templates")
    pages = {page.name: page.read_text("utf-8") for page in folder.iterdir()}
    env = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, loader=DictLoader(pages)
    )
    env.filters |= {"spoken": spoken, "ratio": "{:.3f}".format, "share": "{:.0%}".format}
    env.filters["number"] = "{:,}".format
    env.filters["signed"] = "{:+.3f}".format
    css = env.get_template("report.css.j2").render(light=LIGHT, dark=DARK, outcomes=OUTCOMES)
    js = pages["report.js"]
    inside = {"css": css, "js": js, "policy": inline_policy(css, js)}
    return env.get_template("report.html").render({**context, **inside})


def _download(errors: pd.DataFrame) -> dict[str, Any]:
    """As the page offers it: a link to the rows themselves, how many it holds and there are."""
    held = errors[:ERRORS]
    uri = data_uri(errors_csv(held).encode(), "text/csv;charset=utf-8")
    return {"uri": uri, "held": len(held), "rows": len(errors)}


def _plots(
    evaluated: pd.DataFrame, scored: Mapping[str, Mapping[str, Any]], entities: Sequence[str]
) -> dict[str, Plot]:
    now = next(iter(scored.values()))
    calibrated, curve = reliability(evaluated), trade_off(evaluated)
    units, outcomes = unit_confusion(evaluated), outcomes_per_entity(evaluated).loc[[*entities]]
    plots = {
        "f1": plot("F1 per entity", lambda p: figures.entity_f1(scored, entities, p)),
        "lost": plot("Outcomes per entity", lambda p: figures.lost(outcomes, p)),
        "units": plot("Unit of the label and of the answer", lambda p: figures.confusion(units, p)),
    }
    if calibrated.answers.any():
        alt = f"Precision by confidence; expected calibration error {calibrated.ece:.3f}"
        plots["calibration"] = plot(alt, lambda p: figures.calibration(calibrated, p))
    if len(curve.threshold):
        alt = f"Precision, recall and F1 by threshold; best F1 {curve.f1.max():.3f}"
        plots["abstention"] = plot(alt, lambda p: figures.abstention(curve, now, p))
    return plots


def _picture(row: GalleryRow) -> str | None:
    picture = framed(row)
    return None if picture is None else data_uri(picture, "image/jpeg")


def _statuses(splits: Mapping[str, pd.DataFrame]) -> list[tuple[str, str, list[int]]]:
    """(status, what it means for the row, rows of each split), the most frequent first."""
    counts = pd.DataFrame(
        {
            name: pd.Series(texts(rows, "status"), dtype=object).value_counts()
            for name, rows in splits.items()
        }
    )
    counts = counts.fillna(0).astype(int)
    order = counts.sum(axis=1).sort_values(ascending=False, kind="stable").index
    return [(str(status), _meaning(str(status)), counts.loc[status].to_list()) for status in order]


def _meaning(status: str) -> str:
    if status == Status.OK:
        return "picture read"
    if status == Status.UNKNOWN_ENTITY:
        return "entity not configured"
    if status == Status.DISALLOWED:
        return "no picture: its server asks not to read it"
    return "no picture" if not status or status in NO_PICTURE else "picture not read"
