"""The report's figures, drawn with matplotlib's objects; nothing global is set but while saving."""

from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import Any

import numpy as np
import pandas as pd
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from matplotlib.figure import Figure
from matplotlib.text import Text
from matplotlib.ticker import MaxNLocator, PercentFormatter

from entity_extract.evaluation.curves import BINS, Reliability, TradeOff
from entity_extract.evaluation.palette import GREEN, ORANGE, OUTCOMES, RED, Palette, spoken

WIDTH = 4.9  # inches; at 72 points an inch about a phone's width, so that letters stay legible
SMALL, LETTERS = 8.0, 9.0  # points


def as_svg(figure: Figure) -> bytes:
    """SVG with real text (any sans-serif) and the same bytes for the same figure."""
    out = BytesIO()
    for text in figure.findobj(Text):
        text.set_parse_math(False)  # a name is never markup, whatever dollar signs it holds
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "report"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def entity_f1(
    splits: Mapping[str, Mapping[str, Any]], entities: Sequence[str], palette: Palette
) -> Figure:
    """F1 of each entity with its interval; the first split filled, the others hollow beside it."""
    first = next(iter(splits.values()))["per_entity"]
    names = entities[::-1]
    figure, axes = _blank(palette, height=0.75 + 0.34 * len(names))
    for place, (split, metrics) in enumerate(splits.items()):
        here = [name for name in names if name in metrics["per_entity"]]
        height = np.array([names.index(name) for name in here]) - 0.24 * place
        entries = [metrics["per_entity"][name] for name in here]
        f1 = np.array([entry["f1"] for entry in entries])
        bounds = np.array([entry["f1_interval"] for entry in entries]).reshape(-1, 2)
        colour = palette.accent if place == 0 else palette.muted
        axes.errorbar(
            f1,
            height,
            xerr=np.abs(bounds.T - f1),
            fmt="o",
            color=colour,
            markerfacecolor=colour if place == 0 else palette.paper,
            markersize=6 if place == 0 else 4,
            linewidth=2 if place == 0 else 1,
            label=_short(split),
            clip_on=False,  # a dot at 0 or 1 is whole
        )
    _name_rows(axes, {name: first[name]["rows"] for name in names})
    axes.set_ylim(-0.7, len(names) - 0.5)
    axes.set_xlim(0, 1)
    axes.grid(axis="x", color=palette.grid)
    _legend(axes, palette, columns=len(splits))
    return figure


def lost(table: pd.DataFrame, palette: Palette) -> Figure:
    """Every row of each entity by what became of it, as shares of 100 %."""
    figure, axes = _blank(palette, height=1.5 + 0.34 * len(table))
    names = list(table.index)[::-1]
    shares = table.div(table.sum(axis=1), axis=0).loc[names]
    start = np.zeros(len(names))
    for outcome, colour in OUTCOMES.items():
        if not table[outcome].any():
            continue
        share = shares[outcome].to_numpy(dtype=float)
        style = {"color": colour, "edgecolor": palette.paper, "linewidth": 0.8}
        axes.barh(range(len(names)), share, left=start, height=0.74, label=spoken(outcome), **style)
        for row in map(int, np.flatnonzero(share >= 0.08)):
            _write(axes, start[row] + share[row] / 2, row, f"{share[row]:.0%}", on=colour)
        start += share
    _name_rows(axes, {name: int(table.loc[name].sum()) for name in names})
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    _legend(axes, palette, columns=2)
    return figure


def confusion(table: pd.DataFrame, palette: Palette) -> Figure:
    """Shares of each label unit's rows as shades, the counts as numbers."""
    figure, axes = _blank(palette, height=1.3 + 0.32 * len(table))
    counts = table.to_numpy()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    shade = LinearSegmentedColormap.from_list("shares", [palette.paper, palette.accent])
    axes.imshow(shares, cmap=shade, vmin=0, vmax=1, aspect="auto")
    for row, column in zip(*np.nonzero(counts), strict=True):
        colour = shade(shares[row, column])
        _write(axes, column, row, f"{counts[row, column]:,}", on=colour)
    axes.set_yticks(range(len(table)), list(table.index))
    axes.set_xticks(range(table.shape[1]), list(table.columns), rotation=40, ha="right")
    axes.set_xlabel("unit of the answer", color=palette.muted)
    axes.set_ylabel("unit of the label", color=palette.muted)
    axes.axvline(len(table.columns) - 2.5, color=palette.muted, linewidth=0.8)
    return figure


def calibration(found: Reliability, palette: Palette) -> Figure:
    """Precision over confidence, and below it how many answers each point stands for."""
    figure, axes = _blank(palette, height=3.7, rows=(3, 1))
    curve, counts = axes
    curve.plot([0, 1], [0, 1], color=palette.muted, linestyle="--", linewidth=1)
    some = found.answers > 0
    curve.plot(
        found.confidence[some],
        found.precision[some],
        "o-",
        color=palette.accent,
        linewidth=2,
        clip_on=False,
    )
    curve.text(0.03, 0.9, f"ECE {found.ece:.3f}", color=palette.ink, fontsize=LETTERS)
    curve.set_ylabel("answers that are right", color=palette.muted)
    curve.set(xlim=(0, 1), ylim=(0, 1.02))
    curve.tick_params(labelbottom=False)
    curve.grid(color=palette.grid)
    centres = (np.arange(BINS) + 0.5) / BINS
    counts.bar(centres, found.answers, width=0.9 / BINS, color=palette.muted)
    counts.set_xlim(0, 1)
    counts.yaxis.set_major_locator(MaxNLocator(2, integer=True))
    counts.tick_params(pad=5)
    counts.set_ylabel("answers", color=palette.muted)
    counts.set_xlabel("confidence", color=palette.muted)
    return figure


def abstention(curve: TradeOff, now: Mapping[str, Any], palette: Palette) -> Figure:
    """Precision, recall and F1 by the confidence from which on a row is answered."""
    figure, axes = _blank(palette, height=3.1)
    lines = {"precision": (ORANGE, "--"), "recall": (GREEN, ":"), "f1": (palette.accent, "-")}
    for name, (colour, dash) in lines.items():
        label = {"f1": "F1"}.get(name, name)
        values = getattr(curve, name)
        axes.step(curve.threshold, values, dash, where="pre", color=colour, label=label, lw=2)
    best = int(np.argmax(curve.f1))
    axes.plot(curve.threshold[best], curve.f1[best], "o", color=RED, zorder=3, clip_on=False)
    axes.axhline(now["f1"], color=palette.muted, linewidth=1, label=f"F1 as run, {now['f1']:.3f}")
    axes.set(xlim=(0, 1), ylim=(0, 1.02))
    axes.grid(color=palette.grid)
    axes.set_xlabel("silent below this confidence", color=palette.muted)
    _legend(axes, palette, columns=2)
    return figure


def learning(
    across: Sequence[float],
    lines: Mapping[str, Sequence[float]],
    palette: Palette,
    *,
    axes_names: tuple[str, str],
) -> Figure:
    """What was learned from dashed, the unseen, which comes last, solid; axes_names is (x, y)."""
    figure, axes = _blank(palette, height=2.7)
    styles = [("--", ORANGE), ("-", palette.accent)][-len(lines) :]
    for (name, values), (dash, colour) in zip(lines.items(), styles, strict=True):
        style = {"marker": "o", "ms": 3, "color": colour, "lw": 2, "clip_on": False}
        axes.plot(across, values, dash, label=name, **style)
    axes.grid(color=palette.grid)
    axes.set_xlim(left=0)
    axes.set_xlabel(axes_names[0], color=palette.muted)
    axes.set_ylabel(axes_names[1], color=palette.muted)
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))
    if len(lines) > 1:
        axes.set_ylim(bottom=0)
        _legend(axes, palette, columns=len(lines))
    else:  # a share: at least a tenth is shown, so that chance does not look like learning
        low, high = axes.get_ylim()
        more = max(0.0, 0.1 - (high - low)) / 2
        axes.set_ylim(max(0.0, low - more), min(1.02, high + more))
    return figure


def _blank(palette: Palette, *, height: float, rows: tuple[int, ...] = (1,)) -> tuple[Figure, Any]:
    """A figure with one Axes, or one per entry of `rows` (relative heights), in page colours."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained", facecolor="none")
    axes = figure.subplots(len(rows), squeeze=True, height_ratios=rows)
    for each in np.atleast_1d(axes):
        each.set_facecolor("none")
        each.tick_params(colors=palette.ink, labelsize=SMALL, length=0)
        each.spines[:].set_color(palette.grid)
        each.spines[["top", "right"]].set_visible(False)
        each.xaxis.label.set_size(SMALL)
        each.yaxis.label.set_size(SMALL)
        each.set_axisbelow(True)
    return figure, axes


def _name_rows(axes: Axes, rows: Mapping[str, int]) -> None:
    axes.set_yticks(range(len(rows)), [f"{_short(name)} ({n:,})" for name, n in rows.items()])


def _short(name: str) -> str:
    """As spoken, and cut where it would leave no room for the figure."""
    return name if len(name := spoken(name)) <= 32 else f"{name[:31]}…"


def _write(axes: Axes, x: float, y: float, text: str, *, on: Any) -> None:
    """Text in black or white, whichever is seen on the colour `on` (Rec. 601 luma)."""
    luma = float(np.dot((0.299, 0.587, 0.114), to_rgb(on)))
    colour = "#000000" if luma > 0.5 else "#ffffff"
    axes.text(x, y, text, color=colour, fontsize=SMALL - 1, ha="center", va="center")


def _legend(axes: Axes, palette: Palette, *, columns: int) -> None:
    axes.figure.legend(
        *axes.get_legend_handles_labels(),
        loc="outside upper left",
        ncols=columns,
        frameon=False,
        labelcolor=palette.ink,
        fontsize=SMALL,
        handlelength=1.6,
        columnspacing=1.2,
    )
