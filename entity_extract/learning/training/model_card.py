"""The model card: what a bundle was trained on, how well it does, and what it cannot do."""

from collections.abc import Mapping
from typing import Any

_HEAD = "| split | rows | F1 | 95 % interval | precision | recall | oracle recall |"
# Not for a model that learned from the words of every engine.
_REREAD = (
    "- Another OCR setting or engine than the reader above changes the features' meaning:",
    "  train again.",
)


def model_card(about: Mapping[str, Any]) -> str:
    """Markdown for people, from the bundle's own manifest."""
    lines = [
        f"# Model {about['model_version']}",
        "",
        "Chooses, among the quantities that OCR read in a product picture, the one that answers",
        "the question; stays silent below a calibrated confidence of "
        f"{about['min_confidence']:.3f}.",
        "",
        "## Figures",
        _HEAD,
        "|---|---|---|---|---|---|---|",
        *(_figures(name, found) for name, found in about["metrics"].items()),
        "",
        "F1 as the 2024 entity value extraction challenge counts it. The training rows were seen",
        "by the learners; only the validation row says how new pictures will fare.",
        *_gap(about["metrics"]),
        "",
        "## Abstention thresholds",
        f"- all entities but those below: {_point(about['min_confidence'])}",
        *(
            f"- {name.replace('_', ' ')}: {_point(point)}"
            for name, point in sorted(about.get("min_confidence_of", {}).items())
        ),
        "- `predict.min_confidence` replaces them all",
        "",
        "## Data",
        *(f"- {key.replace('_', ' ')}: {value}" for key, value in about["split"].items()),
        *(f"- dropped, {key.replace('_', ' ')}: {n}" for key, n in about["dropped"].items()),
        "- pictures, and near-identical pictures, are on one side of the split only",
        *(
            f"- background, no pictures of it read, {key.replace('_', ' ')}: {found}"
            for key, found in (about.get("background") or {}).items()
        ),
        "",
        "## Made with",
        f"- backend: {about['backend']}",
        f"- reader: {about['reader_version']} ({_engines(about)})",
        f"- image weights: {about['weights_origin']}, encoder {about['encoder_version']}",
        *(f"- {name} {found}" for name, found in sorted(about["libraries"].items())),
        "",
        "## Limits",
        "- It answers only what was read; a value that OCR misses is never guessed.",
        "- Category priors come from the training catalog; in other categories they fall back to",
        "  the entity as a whole.",
        *([] if "engines" in about else _REREAD),
    ]
    if rows := about.get("weights_saw_rows"):
        lines += [
            f"- **The image weights were fine-tuned on the pictures of {rows} rows that it learned",
            "  from: base predictions on these are not out of fold, so its confidence is too high",
            "  on new pictures, and it is silent too seldom. The validation figures are honest.**",
        ]
    if about.get("weights_are_random"):
        lines += ["- **The image encoder's weights are random: image features mean little here.**"]
    return "\n".join(lines) + "\n"


def _point(least: float) -> str:
    return f"{least:.3f}" if least <= 1 else "never answered"  # abstention.NEVER


def _engines(about: Mapping[str, Any]) -> str:
    return ", ".join(about.get("engines", [about["config"]["ocr"]["engine"]]))


def _gap(metrics: Mapping[str, Any]) -> list[str]:
    """None where one side has no figures."""
    if not {"train", "validation"} <= metrics.keys():
        return []
    gap = metrics["train"]["f1"] - metrics["validation"]["f1"]
    return [f"The gap between the two (train F1 − validation F1) is {gap:+.3f}."]  # noqa: RUF001


def _figures(name: str, found: Mapping[str, Any]) -> str:
    low, high = found["f1_interval"]
    return (
        f"| {name} | {found['rows']} | {found['f1']:.3f} | {low:.3f} to {high:.3f} "
        f"| {found['precision']:.3f} | {found['recall']:.3f} | {found['oracle_recall']:.3f} |"
    )
