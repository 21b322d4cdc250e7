"""Learn from a labelled catalog; pictures that the lake lacks are read first."""

from collections.abc import Sequence
from pathlib import Path

from entity_extract.config.command import config_of, job_parser, run_job
from entity_extract.judging.table import figures_table
from entity_extract.reading import ocr
from entity_extract.spark.catalog import check_catalog
from entity_extract.spark.encoding import encoding_of
from entity_extract.spark.fitting import train
from entity_extract.spark.pipeline import Pipeline
from entity_extract.spark.runs import Run, summary
from entity_extract.spark.session import spark_session


def main(argv: Sequence[str]) -> None:
    parser = job_parser(__doc__ or "")
    parser.add_argument("--catalog", required=True, help="with entity_value as the label")
    parser.add_argument("--lake", required=True, help="root folder of the lake's tables")
    parser.add_argument("--model", required=True, type=Path, help="folder of the bundle to write")
    parser.add_argument("--backend", choices=["local", "distributed"], default="local")
    args = parser.parse_args(argv)
    config = config_of(args)
    check_catalog(args.catalog, config.catalog)
    ocr.check(config.ocr)
    encoding = encoding_of(config.embed)
    run = Run("train", config)
    with spark_session(run.job, config.spark) as spark:
        pipeline = Pipeline(spark, run, config, catalog=args.catalog, lake=args.lake)
        pipeline.read()
        if encoding is not None:
            pipeline.embed(encoding)
        bundle = train(pipeline, encoding, backend=args.backend, folder=args.model)
        print(summary(pipeline.finish(model_version=bundle.version)))
    print(figures_table(bundle.about["metrics"]))
    print(f"model {bundle.version}: {args.model}")


if __name__ == "__main__":
    run_job(main)
