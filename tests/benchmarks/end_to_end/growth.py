"""Whole jobs at 1, 4 and 16 times as many photos, start included, with a plot."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import matplotlib

from tests.benchmarks.end_to_end.figures import of_contender
from tests.benchmarks.end_to_end.runs import Bench

matplotlib.use("Agg")
from matplotlib import pyplot as plt

Grown = dict[str, dict[str, Any]]
_NAMED = {
    "default": "ours, default",
    "tesseract": 'ours, engine = "tesseract"',
    "plain": "plain Spark",
    "daft": "Daft",
    "ray": "Ray Data",
}


def grown(bench: Bench, contenders: Sequence[str], photos: Sequence[int], rounds: int) -> Grown:
    """By contender what figures.of_contender says, with times of growth."""
    found = {
        name: of_contender([{n: bench.run(name, n, k) for n in photos} for k in range(rounds)])
        for name in contenders
        if name in _NAMED
    }
    return {name: figures | _growth(figures) for name, figures in found.items()}


def _growth(found: dict[str, Any]) -> dict[str, float]:
    """Times the seconds and the CPU seconds, from the fewest photos to the most."""
    if "error" in found:
        return {}
    columns = {key: list(found[key].values()) for key in ("seconds", "cpu_seconds")}
    return {f"{key}_grown": round(row[-1] / row[0], 2) for key, row in columns.items()}


def plot(found: dict[str, Any], path: Path) -> None:
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for name, figures in found.items():
        if "error" in figures:
            continue
        photos = [int(number) for number in figures["seconds"]]
        seconds = list(figures["seconds"].values())
        is_ours = name in ("default", "tesseract")
        label = _NAMED.get(name, name)
        axes.plot(photos, seconds, "o-", lw=2.2 if is_ours else 1.2, label=label)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log", base=2)
    numbers = sorted({int(n) for f in found.values() for n in f.get("seconds", ())})
    axes.set_xticks(numbers, [str(number) for number in numbers])
    axes.yaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    axes.minorticks_off()
    axes.set_xlabel("photos")
    axes.set_ylabel("seconds of the whole job")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=150)
