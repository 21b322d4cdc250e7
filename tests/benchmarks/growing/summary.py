"""What the lines of all waves come to: whether the last links cost more than the first."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

FLAT = 1.15  # the last tenth may take so many times what the first does
_PER = 100_000  # rows that times are given for
_TIMES = ("seconds", "publishing_s", "before_first_task_s", "without_task_s")
Line = dict[str, Any]


def lines_of(file: Path) -> list[Line]:
    """Of a run that is killed while it writes the last one is not whole."""
    found = []
    for text in file.read_text().splitlines() if file.exists() else ():
        try:
            found.append(json.loads(text))
        except ValueError:
            continue
    return found


def summed_up(lines: Sequence[Line]) -> dict[str, Any]:
    """By step; of all its runs together, if it was stopped and begun again."""
    steps = dict.fromkeys(line["step"] for line in lines)
    return {step: _of([line for line in lines if line["step"] == step]) for step in steps}


def _of(lines: Sequence[Line]) -> dict[str, Any]:
    waves = [line for line in lines if line["wave"]]
    prepared = [line["seconds"] for line in lines if not line["wave"]]
    if not waves:
        return {"preparing_s": prepared, "rows": 0}
    held, rows = waves[-1]["rows_held"], sum(wave["rows"] for wave in waves)
    # A JVM that has just begun is slow: a run's first wave tells nothing of the lake.
    warm = [wave for wave in waves if wave["wave"] > 1] or waves
    first = [wave for wave in warm if wave["rows_held"] <= held / 10] or warm[:1]
    last = [wave for wave in warm if wave["rows_held"] > held * 9 / 10] or warm[-1:]
    times = {"first_tenth": _per(first), "last_tenth": _per(last)}
    ratio = times["last_tenth"]["seconds"] / times["first_tenth"]["seconds"]
    return {
        "preparing_s": prepared,
        "rows": rows,
        "rows_total": waves[-1]["rows_total"],
        "rows_held": held,
        "waves": len(waves),
        "seconds": round(sum(wave["seconds"] for wave in waves), 1),
        f"per_{_PER}_rows": times,
        "last_over_first": round(ratio, 3),
        "flat": ratio <= FLAT,
        "bytes_a_row": round(waves[-1]["bytes_held"] / held),
        "files_held": waves[-1]["files_held"],
        "bytes_held": waves[-1]["bytes_held"],
        "list_bytes": waves[-1]["list_bytes"],
        "peak_mib": {
            name: {
                "first_tenth": max(wave["peak_mib"][name] for wave in first),
                "last_tenth": max(wave["peak_mib"][name] for wave in last),
            }
            for name in ("driver", "jvm", "worker")
        },
    }


def _per(waves: Sequence[Line]) -> dict[str, float]:
    rows = sum(wave["rows"] for wave in waves)
    return {name: round(sum(wave[name] for wave in waves) / rows * _PER, 3) for name in _TIMES}
