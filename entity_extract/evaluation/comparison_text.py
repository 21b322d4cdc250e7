"""A comparison on the terminal, as a page, and as a table of the rows that differ."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pandas as pd
from jinja2 import Environment, StrictUndefined

from entity_extract.errors import UserError
from entity_extract.evaluation.compared_rows import SIDES
from entity_extract.evaluation.comparison import KIND, Comparison, Part
from entity_extract.evaluation.palette import spoken
from entity_extract.schema import ENTITY_NAME, ENTITY_VALUE, IMAGE_LINK

FORMATS: Final = (".html", ".csv")
_COUNTS: Final = ("both", "same", "changed", "gained", "lost", "only_a", "only_b")
_ON_PAGE: Final = 500  # rows that differ
_LETTERS: Final = 300  # of a link, on the terminal


def comparison_text(found: Comparison, names: Mapping[str, str], *, top: int) -> str:
    """`names` are what A and B are called."""
    lines = [f"{side.upper()}: {name}" for side, name in names.items()]
    width = max(len("entity"), *(len(part.entity) for part in found.parts))
    head = [f"{'entity':<{width}}", *(f"{name.replace('_', ' '):>9}" for name in _COUNTS)]
    if found.labelled:
        head += ["   F1 A", "   F1 B", "  B - A (95 % interval)"]
    lines.append("".join(head))
    lines += [f"{part.entity:<{width}}{_counts(part)}{_scores(part)}" for part in found.parts]
    if same := found.parts[0].same_quantity:
        lines.append(f"{same:,} of the changed are the same quantity in another unit")
    shown = found.differing.head(top)
    if len(shown):
        lines.append(f"the surest of {len(found.differing):,} that differ:")
        lines += [f"  {_row_line(row)}" for row in shown.to_dict("records")]
    return "\n".join(lines)


def _counts(part: Part) -> str:
    return "".join(f"{getattr(part, name):>9,}" for name in _COUNTS)


def _scores(part: Part) -> str:
    if part.scores is None:
        return ""
    low, high = part.scores.difference_interval
    moved = f"{part.scores.difference:+.3f} ({low:+.3f} to {high:+.3f})"
    return f"{part.scores.f1_a:>7.3f}{part.scores.f1_b:>7.3f}  {moved}"


def _row_line(row: Mapping[Any, Any]) -> str:
    said = " -> ".join(_answer(row, side) for side in SIDES)
    label = row[ENTITY_VALUE]
    known = f", label {label!r}" if isinstance(label, str) else ""
    link = row[IMAGE_LINK]
    told = f", {_on_terminal(link)}" if isinstance(link, str) else ""
    return f"{row[KIND]} {row[ENTITY_NAME]}: {said}{known}{told}"


def _on_terminal(link: str) -> str:
    """A `data:` link, which is a whole picture, by its beginning."""
    cut = link if len(link) <= _LETTERS else f"{link[:_LETTERS]}…"
    return "".join(letter if letter.isprintable() else "?" for letter in cut)


def _answer(row: Mapping[Any, Any], side: str) -> str:
    said, confidence = row[f"prediction_{side}"] or "no answer", row[f"confidence_{side}"]
    return said if pd.isna(confidence) else f"{said} ({confidence:.2f})"


def write_comparison(found: Comparison, names: Mapping[str, str], path: Path) -> None:
    """A page, or all rows that differ as CSV, by the name. Raises UserError."""
    try:
        if path.suffix.lower() == ".csv":
            columns = [name for name in found.differing if name not in ("in_a", "in_b")]
            found.differing[columns].to_csv(path, index=False)
        else:
            path.write_text(_page(found, names), "utf-8")
    except OSError as err:
        raise UserError(f"--out {path}: {err.strerror}") from None


def _page(found: Comparison, names: Mapping[str, str]) -> str:
    page = files("entity_extract.evaluation").joinpath("templates", "comparison.html")
    env = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    env.filters |= {"spoken": spoken, "ratio": "{:.3f}".format, "signed": "{:+.3f}".format}
    env.filters["number"] = "{:,}".format
    return env.from_string(page.read_text("utf-8")).render(
        names=names,
        parts=found.parts,
        labelled=found.labelled,
        counts=_COUNTS,
        rows=list(_told(found.differing.head(_ON_PAGE).to_dict("records"))),
        differing=len(found.differing),
    )


def _told(rows: Iterable[Mapping[Any, Any]]) -> Iterable[dict[str, str]]:
    for row in rows:
        label, link = row[ENTITY_VALUE], row[IMAGE_LINK]
        yield {
            "kind": row[KIND],
            "entity": row[ENTITY_NAME],
            "a": _answer(row, "a"),
            "b": _answer(row, "b"),
            "label": label if isinstance(label, str) else "",
            "link": link if isinstance(link, str) else "",
        }
