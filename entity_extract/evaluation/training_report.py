"""What a bundle's manifest says of its own learning, for the report's page."""

from collections.abc import Mapping, Sequence
from typing import Any

from entity_extract.evaluation import figures
from entity_extract.evaluation.plots import Plot, plot

_SIDES = ("train", "validation")
_RATIOS = ("f1", "precision", "recall", "label_recall", "oracle_recall", "f1_given_candidate")


def learned(model: Mapping[str, Any], answered_by: Sequence[str]) -> dict[str, Any]:
    """The context of templates/learned.html, from a manifest that may lack what older ones do.

    answered_by: `model_version` of the answers, which may go on after the bundle's own.
    """
    version = str(model["model_version"])
    others = [found for found in answered_by if found.split("-")[0] != version]
    metrics = model.get("metrics", {})
    sides = [metrics.get(side, {}) for side in _SIDES]
    return {
        "version": version,
        "others": others,
        "curves": bool(model.get("curves")),
        "figures": [
            (name, *(side[name] for side in sides), sides[0][name] - sides[1][name])
            for name in _RATIOS
            if all(name in side for side in sides)
        ],
        "entities": _entities(model, sides),
        "general": model.get("min_confidence"),
    }


def _entities(
    model: Mapping[str, Any], sides: Sequence[Mapping[str, Any]]
) -> list[tuple[str, list[float | None], float | None]]:
    """(name, F1 on either side, own abstention threshold), those with most validation rows first"""
    own = model.get("min_confidence_of", {})
    parts = [side.get("per_entity", {}) for side in sides]
    rows = {name: found["rows"] for name, found in parts[1].items()}
    names = sorted({*own, *rows}, key=lambda name: (-rows.get(name, 0), name))
    return [
        (name, [part[name]["f1"] if name in part else None for part in parts], own.get(name))
        for name in names
    ]


def learning_plots(model: Mapping[str, Any]) -> dict[str, Plot]:
    """Those of `epochs`, `trees` and `pictures` that the bundle holds the numbers of."""
    curves = model.get("curves") or {}
    found = {}
    if fusion := curves.get("fusion"):
        lines = {"trained on": fusion["training"], "held out": fusion["held_out"]}
        found["epochs"] = _plot(
            f"Fusion net: held-out loss by epoch, least {min(fusion['held_out']):.3f}",
            fusion["epoch"],
            lines,
            ("epoch", "loss"),
        )
    if trees := curves.get("trees"):
        lines = {"learned from": trees["learned_from"], "out of fold": trees["out_of_fold"]}
        found["trees"] = _plot(
            f"Ranker: {trees['measure']} by trees, out of fold {trees['out_of_fold'][-1]:.3f}",
            trees["trees"],
            lines,
            ("trees", trees["measure"]),
        )
    if (pictures := curves.get("pictures")) and pictures["share"]:
        found["pictures"] = _plot(
            f"F1 out of fold by pictures learned from, with all {pictures['f1'][-1]:.3f}",
            pictures["pictures"],
            {"F1": pictures["f1"]},
            ("pictures", "F1 out of fold"),
        )
    return found


def _plot(
    alt: str,
    across: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    names: tuple[str, str],
) -> Plot:
    return plot(alt, lambda p: figures.learning(across, lines, p, axes_names=names))
