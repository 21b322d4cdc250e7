"""READ + EMBED + Parquet out, beside what a user would build instead: `make bench`.

The same photos from one loopback server, two cores, one thread a process. Ours is jobs.enrich as a
user starts it, with a model that looks at pictures: it answers as well, which nobody else does.
Beside it: plain Spark, Daft and Ray Data with pytesseract and torchvision's ResNet50 in float32
(psm 11, and 3); the same three with our reading and embedding (equal work); and the limit, a bare
pool of processes that reads files. Peers' environments: see environments.py.

Each job runs whole, with few photos and with many; steady is the slope between the two, so that no
start is in it. Runs are kept below the output's end_to_end/runs: what was cut off goes on there. A
contender that fails is named with its error, and the rest goes on.

end_to_end.json holds the figures, growth.json and growth.png the whole jobs' at a quarter of the
few photos too, stages.json where a picture's CPU goes (stages.py).

    python -m tests.benchmarks.end_to_end [FOLDER] [--rounds 3] [--photos 60,240] [--weights FILE]
"""

import argparse
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from tests.benchmarks.end_to_end.contenders import CONTENDERS, USUAL
from tests.benchmarks.end_to_end.environments import PeerMissing, python_of, versions
from tests.benchmarks.end_to_end.figures import compared, of_contender, table
from tests.benchmarks.end_to_end.growth import grown, plot
from tests.benchmarks.end_to_end.opened import names, opened, parser, sizes
from tests.benchmarks.end_to_end.runs import Bench, Run
from tests.benchmarks.end_to_end.stages import ENGINES

Runs = dict[str, list[dict[int, Run]]]


def main() -> None:
    options = parser(__doc__ or "")
    options.add_argument("--photos", type=sizes, default=[60, 240], help="few and many")
    options.add_argument("--contenders", type=names, default=list(USUAL), help="comma-separated")
    options.add_argument("--parts", default=",".join(PARTS), help="comma-separated, of these")
    args = options.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started ends with it
    for name in args.parts.split(","):
        PARTS[name](args)


def compare(args: argparse.Namespace) -> None:
    with opened(args, max(args.photos)) as bench:
        runs: Runs = {name: [] for name in args.contenders}
        for turn in range(args.rounds):
            for name in _in_turn(args.contenders, turn):
                runs[name].append({n: _told(bench, name, n, turn) for n in args.photos})
                _write(args, bench, runs)
    sys.stdout.write(table({name: of_contender(found) for name, found in runs.items()}) + "\n")


def grow(args: argparse.Namespace) -> None:
    photos = sorted({max(min(args.photos) // 4, 1), *args.photos})
    with opened(args, max(photos)) as bench:
        found = grown(bench, args.contenders, photos, args.rounds)
    (args.out / "growth.json").write_text(json.dumps(found, indent=1) + "\n")
    plot(found, args.out / "growth.png")


def profile(args: argparse.Namespace) -> None:
    """In a process of its own, which has clocks put around its functions."""
    for engine in ENGINES:
        command = ["tests.benchmarks.end_to_end.stages", "--engine", engine]
        command += [str(args.data)] if args.data else []
        command += ["--photos", str(min(args.photos)), "--weights", args.weights]
        command += ["--out", str(args.out), *(p for pair in args.set for p in ("--set", pair))]
        one_thread = {"OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
        subprocess.run([sys.executable, "-m", *command], check=True, env=os.environ | one_thread)


def _in_turn(contenders: Sequence[str], turn: int) -> list[str]:
    """Each round begins with another, so that no one always has the machine as it was left."""
    first = turn * len(contenders) // 3 % len(contenders)
    return [*contenders[first:], *contenders[:first]]


def _told(bench: Bench, name: str, photos: int, turn: int) -> Run:
    run = bench.run(name, photos, turn)
    said = run.get("error") or f"{run['seconds']} s, {run['cpu_seconds']} CPU s"
    sys.stderr.write(f"{datetime.now():%H:%M:%S} round {turn} {name} {photos}: {said[-300:]}\n")
    return run


def _write(args: argparse.Namespace, bench: Bench, runs: Runs) -> None:
    """After each contender, so that what was measured is there."""
    measured = {name: found for name, found in runs.items() if found}
    contenders = {name: of_contender(found) for name, found in measured.items()}
    figures: dict[str, Any] = {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "of_them_used": args.cores},
        "photos": {"origin": bench.photos.origin, "numbers": args.photos},
        "versions": _versions(bench, list(measured)),
        **compared(measured),
        "equal_words": _equal_words(contenders),
        "contenders": contenders,
    }
    (args.out / "end_to_end.json").write_text(json.dumps(figures, indent=1) + "\n")


def _versions(bench: Bench, measured: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for peer in sorted({CONTENDERS[name].peer or "own" for name in measured}):
        try:
            python = python_of(None if peer == "own" else peer, bench.folder.parent / "envs")
            found[peer] = versions(python)
        except PeerMissing as error:
            found[peer] = {"error": str(error)}
    return found


def _equal_words(contenders: dict[str, Any]) -> dict[str, bool]:
    """Whether they read what ours reads, to the letter."""
    ours = contenders.get("default", {}).get("words_sha256")
    equal = [name for name in contenders if name.startswith("equal_") or name == "limit"]
    return {name: contenders[name].get("words_sha256") == ours for name in equal}


PARTS = {"end_to_end": compare, "growth": grow, "stages": profile}

if __name__ == "__main__":
    main()
