"""A lake that grows to ten million links, wave by wave, and other shapes of catalogs.

READ is a stub without cost (scale_stage.py), so that Spark, waves and lake are what is measured. Of
each shape: the whole catalog; a second run by the job's own door, with nothing new; 1 % of new
links; PREDICT, if asked. After each wave a line is added to OUT/SHAPE.jsonl, and the figures so far
stand in OUT/growing.json. Who is stopped, by --limit-s, Ctrl-C or a crash, goes on by the same
command.

    python -m tests.benchmarks.growing --out build/bench/growing --limit-s 3000
"""

import argparse
import json
import sys
from pathlib import Path

from tests.benchmarks.growing.shapes import SHAPES
from tests.benchmarks.growing.steps import OutOfTime, Steps, Until


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("build/bench/growing"))
    parser.add_argument("--shapes", default="grown", help=f"some of {','.join(SHAPES)}")
    parser.add_argument("--links", type=int, default=10_000_000)
    parser.add_argument("--wave-links", type=int, default=200_000)
    parser.add_argument("--thumbnail-bytes", type=int, default=64)
    parser.add_argument("--cost-ms", type=float, default=0.0, help="of READ, for a link")
    parser.add_argument("--one-host", type=float, default=0.9, help="share of the links on it")
    parser.add_argument("--giants", type=int, default=3_000, help="links of the shape")
    parser.add_argument("--giant-kb", type=int, default=1_024, help="of words in each row")
    parser.add_argument("--csv-gb", type=float, default=5.0)
    parser.add_argument("--lines-in-cells", action="store_true", help="of the CSV: it is not cut")
    parser.add_argument("--predict", action="store_true", help="of giants it is always done")
    parser.add_argument("--limit-s", type=float, help="for all of it; none: to its end")
    parser.add_argument("--keep", action="store_true", help="leaves finished lakes where they are")
    parser.add_argument("--set", action="append", default=[], help="as of a job, of every run")
    args = parser.parse_args()
    until = Until(args.limit_s)
    found = {}
    for name in args.shapes.split(","):
        shape = SHAPES[name](args)
        try:
            for figures in Steps(shape, args.out, until, keep=args.keep):
                found[name] = figures
                (args.out / "growing.json").write_text(json.dumps(found, indent=1))
        except OutOfTime as err:
            sys.exit(f"{name}: {err}; the figures so far: {args.out / 'growing.json'}")
        print(json.dumps({name: found[name]}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
