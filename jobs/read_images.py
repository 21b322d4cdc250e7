"""READ alone: fetch and OCR the catalog's pictures that the lake lacks."""

from collections.abc import Sequence

from entity_extract.config.command import run_job
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.spark.runs.run import Run
from entity_extract.spark.session.session import spark_session
from jobs.options import checked_config, table_parser


def main(argv: Sequence[str]) -> None:
    parser = table_parser(__doc__ or "")
    args = parser.parse_args(argv)
    config = checked_config(args)
    run = Run("read_images", config)
    with (
        spark_session(run.job, config.spark) as spark,
        opened_pipeline(spark, run, config, catalog=args.catalog, lake=args.lake) as pipeline,
    ):
        pipeline.read()
        print(pipeline.finish())


if __name__ == "__main__":
    run_job(main)
