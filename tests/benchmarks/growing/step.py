"""One step in a process of its own: READ at a fixed cost, or PREDICT, with a line for each wave.

python -m tests.benchmarks.growing.step read CATALOG LAKE LINES --set lake.wave_links=200000
"""

import argparse
import json
import os
from pathlib import Path

from entity_extract.commands.running import run_job
from entity_extract.config import load_config
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.progress import Progress
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import Pipeline, opened_pipeline
from entity_extract.spark.session.session import spark_session
from entity_extract.spark.waves import read_missing
from tests.benchmarks.growing.wave_lines import WaveLines
from tests.benchmarks.memory import Memory
from tests.benchmarks.scale_stage import FixedCostRead

TABLES = {"read": "images", "predict": "predictions"}


class Watched(Run):
    """A run whose stages are watched by one more."""

    lines: WaveLines

    def stage(self, name: str) -> Progress:
        progress = super().stage(name)
        progress.watchers = (*progress.watchers, self.lines)
        return progress


def step(args: argparse.Namespace) -> None:
    config = load_config([Path("local.toml")], args.set)
    run = Watched(args.step, config)
    memory = Memory(os.getpid())
    memory.start()
    with (
        spark_session(run.job, config.spark) as spark,
        opened_pipeline(spark, run, config, catalog=args.catalog, lake=args.lake) as pipeline,
    ):
        table = TABLES[args.step]
        run.lines = WaveLines(spark, args.lake, args.lines, table=table, memory=memory)
        if args.step == "read":
            _read(pipeline, FixedCostRead(**json.loads(args.stub)))
        else:
            pipeline.predict(default_bundle())
        pipeline.finish()


def _read(pipeline: Pipeline, stub: FixedCostRead) -> None:
    progress, version = pipeline.run.stage("read"), pipeline.reader_version
    read_missing(
        pipeline.lake, pipeline.links, pipeline.config, progress, reader_version=version, read=stub
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step", choices=list(TABLES))
    parser.add_argument("catalog")
    parser.add_argument("lake")
    parser.add_argument("lines", type=Path)
    parser.add_argument("--stub", default="{}", help="what FixedCostRead is made of, as JSON")
    parser.add_argument("--set", action="append", default=[])
    args = parser.parse_args()
    run_job(lambda: step(args))


if __name__ == "__main__":
    main()
