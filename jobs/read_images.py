"""READ alone: fetch and OCR the catalog's pictures that the lake lacks."""

from collections.abc import Sequence

from entity_extract.config.command import config_of, job_parser, run_job
from entity_extract.reading import ocr
from entity_extract.spark.catalog import check_catalog
from entity_extract.spark.pipeline import Pipeline
from entity_extract.spark.runs import Run, summary
from entity_extract.spark.session import spark_session


def main(argv: Sequence[str]) -> None:
    parser = job_parser(__doc__ or "")
    parser.add_argument("--catalog", required=True, help="CSV, Parquet or JSON lines")
    parser.add_argument("--lake", required=True, help="root folder of the lake's tables")
    args = parser.parse_args(argv)
    config = config_of(args)
    check_catalog(args.catalog, config.catalog)
    ocr.check(config.ocr)
    run = Run("read_images", config)
    with spark_session(run.job, config.spark) as spark:
        pipeline = Pipeline(spark, run, config, catalog=args.catalog, lake=args.lake)
        pipeline.read()
        print(summary(pipeline.finish()))


if __name__ == "__main__":
    run_job(main)
