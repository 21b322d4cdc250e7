"""What a second executor is worth: real pictures read by one of one core, and by two.

Each run is jobs.read_images on a cluster of processes on this machine, into a new lake; its time is
that of the READ stage, from its manifest, without Spark's start. Runs alternate.

    python -m tests.benchmarks.executors FOLDER --out build/bench [--pictures 200] [--rounds 2]
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pyspark

MEMORY_MIB = 1536


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """A line per picture is of no interest."""


def read_seconds(executors: int, catalog: Path, folder: Path, settings: list[str]) -> float:
    """Seconds of the READ stage."""
    lake = folder / f"lake-{executors}"
    pairs = [
        f"spark.master=local-cluster[{executors},1,{MEMORY_MIB}]",
        f"spark.executor.memory={MEMORY_MIB}m",
        "spark.ui.enabled=false",
        "fetch.allow_private=true",
        "fetch.per_host_rate=0",
        "log.level=WARNING",
        *settings,
    ]
    subprocess.run(
        [sys.executable, "-m", "jobs.read_images", "--conf-file", "local.toml"]
        + ["--catalog", str(catalog), "--lake", str(lake)]
        + [part for pair in pairs for part in ("--set", pair)],
        check=True,
        env={**os.environ, "SPARK_HOME": pyspark.__path__[0], "PYTHONPATH": os.getcwd()},
    )
    manifest = json.loads(next((lake / "runs").glob("*.json")).read_text())
    shutil.rmtree(lake)
    return float(manifest["stages"]["read"]["seconds"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="of pictures")
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    parser.add_argument("--pictures", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument(
        "--set", action="append", default=[], help="of the job, such as ocr.backend=…"
    )
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="executors-", dir=args.out))
    handler = partial(_Quiet, directory=str(args.folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    names = sorted(path.name for path in args.folder.glob("*.jpg"))[: args.pictures]
    catalog = scratch / "catalog.csv"
    lines = [f"http://127.0.0.1:{server.server_port}/{name},1,width" for name in names]
    catalog.write_text("\n".join(["image_link,group_id,entity_name", *lines, ""]))
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(args.rounds):
        for executors, times in seconds.items():
            times.append(read_seconds(executors, catalog, scratch, args.set))
            print(f"{executors} executors: {times[-1]:.1f} s", flush=True)  # noqa: T201
    ratios = [one / two for one, two in zip(seconds[1], seconds[2], strict=True)]
    found = {
        "pictures": len(names),
        "seconds": {str(executors): times for executors, times in seconds.items()},
        "two_over_one": statistics.median(ratios),
    }
    (args.out / "executors.json").write_text(json.dumps(found, indent=1))
    print(json.dumps(found))  # noqa: T201
    shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
