"""Runs become figures: each contender's own, and ours over theirs."""

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from typing import Any

Run = dict[str, Any]
Rounds = Sequence[Mapping[int, Run]]  # by round: photos -> run

# How the JSON names whom ours is over, and who that is.
NAIVE = {
    "over_plain": "plain",
    "over_plain_psm3": "plain_psm3",
    "over_daft": "daft",
    "over_daft_psm3": "daft_psm3",
    "over_ray": "ray",
    "over_ray_psm3": "ray_psm3",
}
# Equal work knows no page segmentation mode: both of plain Spark's keys are the same there.
EQUAL = {
    "over_plain": "equal_plain",
    "over_plain_psm3": "equal_plain",
    "over_daft": "equal_daft",
    "over_ray": "equal_ray",
}
COMPARED = {
    "default": ("default", NAIVE | {"over_limit": "limit"}),
    "tesseract": ("tesseract", NAIVE | {"over_limit": "limit_tesseract"}),
    "equal_work": ("default", EQUAL | {"over_limit": "limit"}),
}


def steady(runs: Mapping[int, Run], what: str = "seconds") -> float:
    """Of `what`, that which a picture more takes: from the smallest and the largest run."""
    few, many = min(runs), max(runs)
    return float((runs[many][what] - runs[few][what]) / (many - few))


def of_contender(rounds: Rounds) -> dict[str, Any]:
    """Medians over the rounds. A picture's CPU is user and system, of every process."""
    failed = [run["error"] for runs in rounds for run in runs.values() if "error" in run]
    if failed:
        return {"error": failed[0]}
    sizes = sorted(rounds[0])
    last = rounds[-1][sizes[-1]]
    found: dict[str, Any] = {
        "seconds": {str(n): median(runs[n]["seconds"] for runs in rounds) for n in sizes},
        "cpu_seconds": {str(n): median(runs[n]["cpu_seconds"] for runs in rounds) for n in sizes},
        "peak_mib": last["peak_mib"],
        "words": last["words"],
        "words_sha256": last["words_sha256"],
        "labels_found": last["labels_found"],
        "rounds": [{str(n): runs[n] for n in sizes} for runs in rounds],
    }
    if len(sizes) > 1:
        seconds = median(steady(runs) for runs in rounds)
        cpu = median(steady(runs, "cpu_seconds") for runs in rounds)
        found |= {
            "steady_images_per_s": round(1 / seconds, 3),
            "start_s": round(found["seconds"][str(sizes[0])] - sizes[0] * seconds, 1),
            "cpu_ms_a_picture": round(cpu * 1000, 1),
            "core_hours_a_million": round(cpu * 1e6 / 3600, 1),
        }
    return found


def compared(all_rounds: Mapping[str, Rounds]) -> dict[str, Any]:
    """How many times better ours is, more is better everywhere: images/s, steady; `cpu`, CPU
    seconds a picture; `whole_jobs`, seconds of whole jobs. Medians of the rounds' ratios; null
    where one of the two is missing or has failed.
    """
    return {
        name: {
            **_ratios(all_rounds, ours, others, steady),
            "cpu": _ratios(all_rounds, ours, others, lambda runs: steady(runs, "cpu_seconds")),
            "whole_jobs": {
                str(n): _ratios(all_rounds, ours, others, lambda runs, n=n: runs[n]["seconds"])
                for n in sorted({n for runs in all_rounds.get(ours, ())[:1] for n in runs})
            },
        }
        for name, (ours, others) in COMPARED.items()
    }


def _ratios(
    all_rounds: Mapping[str, Rounds],
    ours: str,
    others: Mapping[str, str],
    cost: Callable[[Mapping[int, Run]], float],
) -> dict[str, float | None]:
    return {
        key: _ratio(all_rounds.get(ours, ()), all_rounds.get(other, ()), cost)
        for key, other in others.items()
        if other in all_rounds
    }


def _ratio(ours: Rounds, theirs: Rounds, cost: Callable[[Mapping[int, Run]], float]) -> Any:
    pairs = list(zip(ours, theirs, strict=False))
    whole = not any("error" in run for pair in pairs for runs in pair for run in runs.values())
    if not pairs or not whole or len(pairs[0][0]) < 2:
        return None
    return round(median(cost(b) / cost(a) for a, b in pairs), 3)


def table(contenders: Mapping[str, Mapping[str, Any]]) -> str:
    """For people."""
    heads = ("images/s", "start s", "CPU ms", "core h a million", "labels found")
    keys = ("steady_images_per_s", "start_s", "cpu_ms_a_picture", "core_hours_a_million")
    lines = [f"| | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for name, found in contenders.items():
        if "error" in found:
            lines.append(f"| {name} | failed: {found['error'].splitlines()[-1][:80]} |")
            continue
        cells = [str(found.get(key, "")) for key in (*keys, "labels_found")]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
