"""PREDICT alone: answers for catalog rows whose pictures the lake has already read and embedded."""

import argparse

from entity_extract.catalog.few_files import is_small
from entity_extract.commands.checked import checked_config, model_of
from entity_extract.commands.traced import traced
from entity_extract.runs.run import Run
from entity_extract.schema import EMBEDDINGS, IMAGES, REREADINGS
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.spark.session.session import spark_session


def run(args: argparse.Namespace) -> None:
    config = checked_config(args)
    bundle = model_of(args, config)
    run = Run("predict", config)
    small = is_small(args.catalog, config.catalog)
    with (
        spark_session(run.job, config.spark, brief=small) as spark,
        traced(spark, run, args, reads=(IMAGES, REREADINGS, EMBEDDINGS)) as lineage,
        opened_pipeline(
            spark,
            run,
            config,
            catalog=args.catalog,
            lake=args.lake,
            answers_columns=args.answers_columns,
        ) as pipeline,
    ):
        lineage.pipeline = pipeline
        pipeline.check_questions(bundle)
        pipeline.open_answers(args.answers)
        pipeline.predict(bundle)
        if args.answers is not None:
            pipeline.write_answers(args.answers)
        print(pipeline.finish())
        pipeline.write_metrics(args.metrics_file)
    if args.answers is not None:
        print(f"answers: {args.answers}")
    pipeline.check()
