"""ASK alone: answers for catalog rows whose pictures the lake has already read and embedded."""

from collections.abc import Sequence
from pathlib import Path

from entity_extract.config.command import run_job
from entity_extract.learning.bundle import load_bundle
from entity_extract.spark.pipeline import Pipeline, checked_config, table_parser
from entity_extract.spark.runs import Run, summary
from entity_extract.spark.session import spark_session


def main(argv: Sequence[str]) -> None:
    parser = table_parser(__doc__ or "", model=True)
    parser.add_argument("--answers", type=Path, help="also write index,prediction to this CSV")
    args = parser.parse_args(argv)
    config = checked_config(args)
    bundle = load_bundle(args.model)
    run = Run("predict", config)
    with spark_session(run.job, config.spark) as spark:
        pipeline = Pipeline(spark, run, config, catalog=args.catalog, lake=args.lake)
        pipeline.answer(bundle)
        if args.answers is not None:
            pipeline.write_answers(args.answers)
        print(summary(pipeline.finish()))


if __name__ == "__main__":
    run_job(main)
