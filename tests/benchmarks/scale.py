"""Seconds and memory around READ, from ten thousand links to a million.

READ itself costs a fixed time per link (scale_stage.py), so that Spark, the waves and the lake are
what is measured. Every run is a process of its own: first the whole catalog; then jobs.enrich, by
its own door, with nothing new; then 1 % of new links. One more catalog has a million rows of
200,000 links.

    python -m tests.benchmarks.scale --out build/bench [--links 10000,100000,1000000]
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from entity_extract.config import load_config
from entity_extract.lake.files import LakeFiles
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.spark.session.session import spark_session
from entity_extract.spark.waves import read_missing
from tests.benchmarks.memory import Memory
from tests.benchmarks.scale_stage import FixedCostRead

CONF = ["--conf-file", "local.toml", "--set", "log.level=WARNING", "--set", "run.engine=spark"]


def write_catalog(path: Path, rows: int, links: int, *, more: int = 0) -> Path:
    """`rows` rows of `links` links, and `more` rows that each have a new one."""
    number = np.concatenate([np.arange(rows) % links, links + np.arange(more)])
    table = pa.table(
        {
            "image_link": [f"https://shop{n % 97}.example/pictures/{n:08d}.jpg" for n in number],
            "group_id": [f"{n % 750}" for n in number],
            "entity_name": ["item_weight" if i < links else "width" for i in range(len(number))],
            "nth": np.arange(len(number)),
        }
    )
    pq.write_table(table, path)
    return path


def run(catalog: str, lake: str, cost_ms: float) -> None:
    """In a process of its own: reads at a fixed cost, answers by the default bundle."""
    config = load_config([Path("local.toml")])
    record = Run("bench", config)
    with (
        spark_session(record.job, config.spark) as spark,
        opened_pipeline(spark, record, config, catalog=catalog, lake=lake) as pipeline,
    ):
        read_missing(
            pipeline.lake,
            pipeline.links,
            config,
            record.stage("read"),
            reader_version=pipeline.reader_version,
            read=FixedCostRead(cost_ms),
        )
        pipeline.predict(default_bundle())
        pipeline.finish()


def timed(*command: str) -> dict[str, Any]:
    start = time.monotonic()
    process = subprocess.Popen([sys.executable, "-m", *command], stdout=subprocess.PIPE, text=True)
    memory = Memory(process.pid)
    memory.start()
    printed, _ = process.communicate()
    seconds = time.monotonic() - start
    peak = memory.stop()
    if process.returncode:
        sys.exit(f"{command[0]} failed with {process.returncode}")
    return {"seconds": round(seconds, 1), "peak_mib": peak, "printed": printed}


def measured(folder: Path, rows: int, links: int, cost_ms: float) -> dict[str, Any]:
    """One catalog: whole, again with nothing new, then with 1 % more."""
    lake = folder / "lake"
    stage = ["tests.benchmarks.scale", "--cost-ms", f"{cost_ms}", "--run"]
    catalog = write_catalog(folder / "catalog.parquet", rows, links)
    full = timed(*stage, str(catalog), str(lake))
    again = timed("jobs.enrich", "--catalog", str(catalog), "--lake", str(lake), *CONF)
    if "nothing new" not in again.pop("printed"):
        sys.exit("a second run found something new")
    grown = write_catalog(folder / "grown.parquet", rows, links, more=links // 100)
    more = timed(*stage, str(grown), str(lake))
    images = LakeFiles(lake).waves("images")
    held = sum(wave.rows for wave in images.waves) if images else 0
    if held != links + links // 100:
        sys.exit(f"{held} links in the lake, not {links + links // 100}")
    del full["printed"], more["printed"]
    first = min(lake.glob("runs/*.jsonl"))  # their names begin with the time
    stages = [json.loads(line) for line in first.read_text().splitlines()]
    shutil.rmtree(folder)
    return {
        "rows": rows,
        "links": links,
        "full": full,
        "full_stages": {
            name: round(sum(s["seconds"] for s in stages if s["stage"] == name), 1)
            for name in ("read", "predict")
        },
        "nothing_new": again,
        "one_percent_more": more,
        "ms_per_link": round(full["seconds"] * 1000 / links, 3),
        "one_percent_over_full": round(more["seconds"] / full["seconds"], 4),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    parser.add_argument("--links", default="10000,100000,1000000", help='"" for none of these')
    parser.add_argument("--cost-ms", type=float, default=0.5)
    parser.add_argument("--skew", type=int, default=1_000_000, help="rows, five to a link")
    parser.add_argument("--run", nargs=2, metavar=("CATALOG", "LAKE"))
    args = parser.parse_args()
    if args.run:
        run(*args.run, args.cost_ms)
        return
    args.out.mkdir(parents=True, exist_ok=True)
    sizes = [(int(links), int(links)) for links in args.links.split(",") if links]
    sizes += [(args.skew, args.skew // 5)] if args.skew else []
    results = []
    for rows, links in sizes:
        folder = Path(tempfile.mkdtemp(prefix="scale-", dir=args.out))
        results.append(measured(folder, rows, links, args.cost_ms))
        print(json.dumps(results[-1]), flush=True)  # noqa: T201
        whole = {"cost_ms_per_link": args.cost_ms, "catalogs": results}
        (args.out / "scale.json").write_text(json.dumps(whole, indent=1))


if __name__ == "__main__":
    main()
