"""Whole jobs at 1, 4 and 16 times as many photos, start included, with a plot.

The runs of end_to_end are taken where they are there; the rest is made. Seconds and CPU seconds by
contender and number of photos, and what 16 times as many photos cost in times.

    python -m tests.benchmarks.end_to_end.growth [FOLDER] [--photos 15,60,240] [--weights FILE]
"""

import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

from tests.benchmarks.end_to_end.figures import of_contender
from tests.benchmarks.end_to_end.opened import names, opened, parser, sizes

matplotlib.use("Agg")
from matplotlib import pyplot as plt

_NAMED = {
    "default": "ours, default",
    "tesseract": 'ours, engine = "tesseract"',
    "plain": "plain Spark",
    "daft": "Daft",
    "ray": "Ray Data",
    "limit": "limit",
}


def main() -> None:
    options = parser(__doc__ or "")
    options.add_argument("--photos", type=sizes, default=[15, 60, 240])
    usual = ["default", "tesseract", "plain", "daft", "ray"]
    options.add_argument("--contenders", type=names, default=usual, help="comma-separated")
    args = options.parse_args()
    with opened(args, max(args.photos)) as bench:
        found = {
            name: of_contender(
                [{n: bench.run(name, n, turn) for n in args.photos} for turn in range(args.rounds)]
            )
            for name in args.contenders
        }
    grown = {name: figures | _growth(figures) for name, figures in found.items()}
    (args.out / "growth.json").write_text(json.dumps(grown, indent=1) + "\n")
    plot(found, args.out / "growth.png")
    sys.stdout.write(json.dumps({n: _growth(f) for n, f in found.items()}) + "\n")


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


if __name__ == "__main__":
    main()
