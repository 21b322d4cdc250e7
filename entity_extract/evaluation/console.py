"""Figures as plain text, for a job's last lines on the terminal."""

from collections.abc import Mapping
from typing import Any

_COLUMNS = ("f1", "precision", "recall", "label_recall", "oracle_recall")


def figures_table(splits: Mapping[str, Mapping[str, Any]]) -> str:
    """One line per split."""
    return _table("split", splits)


def entity_table(per_entity: Mapping[str, Mapping[str, Any]], *, title: str) -> str:
    """One line per entity, under a title."""
    return f"{title}\n{_table('entity', per_entity)}"


def _table(first: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    width = max([len(first), *map(len, rows)])
    head = "  ".join(
        [
            f"{first:<{width}}",
            f"{'rows':>6}",
            "   F1 (95 % interval)  ",
            *(f"{name.replace('_', ' '):>13}" for name in _COLUMNS[1:]),
        ]
    )
    lines = [_line(name, found, width) for name, found in rows.items()]
    return "\n".join([head, *lines])


def _line(name: str, found: Mapping[str, Any], width: int) -> str:
    low, high = found["f1_interval"]
    figures = [f"{found[column]:>13.3f}" for column in _COLUMNS[1:]]
    f1 = f"{found['f1']:.3f} ({low:.3f} to {high:.3f})"
    return "  ".join([f"{name:<{width}}", f"{found['rows']:>6}", f"{f1:<22}", *figures])
