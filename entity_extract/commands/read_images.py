"""READ alone: fetch and OCR the catalog's pictures that the lake lacks."""

import argparse

from entity_extract.catalog.few_files import is_small
from entity_extract.commands.checked import checked_config
from entity_extract.commands.traced import traced
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.spark.session.session import spark_session


def run(args: argparse.Namespace) -> None:
    config = checked_config(args)
    run = Run("read_images", config)
    small = is_small(args.catalog, config.catalog)
    with (
        spark_session(run.job, config.spark, brief=small) as spark,
        traced(spark, run, args) as lineage,
        opened_pipeline(spark, run, config, catalog=args.catalog, lake=args.lake) as pipeline,
    ):
        lineage.pipeline = pipeline
        pipeline.read()
        print(pipeline.finish())
    pipeline.check()
