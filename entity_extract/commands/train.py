"""Learn from a labelled catalog; pictures that the lake lacks are read first."""

import argparse
from functools import partial

from entity_extract.catalog.few_files import is_small
from entity_extract.commands.checked import checked_learning_config
from entity_extract.commands.outputs import check_folder
from entity_extract.commands.traced import traced
from entity_extract.embedding.chosen import chosen_encoder
from entity_extract.evaluation.console import figures_table
from entity_extract.learning.prediction.bundle_files import check_replaceable
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.spark.session.session import spark_session
from entity_extract.spark.training.backends import BACKENDS
from entity_extract.spark.training.background import further_background
from entity_extract.spark.training.train import train
from entity_extract.tracking.runs import track_training


def run(args: argparse.Namespace) -> None:
    check_folder("--model", args.model)
    check_replaceable(args.model)
    config = checked_learning_config(args)
    backend = BACKENDS[args.backend]
    backend.check_settings(config.spark)
    encoder = chosen_encoder(config.embed)
    run = Run("train", config)
    small = is_small(args.catalog, config.catalog)
    with (
        spark_session(run.job, config.spark, brief=small) as spark,
        traced(spark, run, args) as lineage,
    ):
        backend.check_session(spark, config.learning)
        with opened_pipeline(spark, run, config, catalog=args.catalog, lake=args.lake) as pipeline:
            lineage.pipeline = pipeline
            pipeline.read()
            if encoder is not None:
                pipeline.embed(encoder)
            background = partial(further_background, pipeline, labels=args.labels, texts=args.texts)
            bundle = train(
                pipeline, encoder, backend=args.backend, folder=args.model, background=background
            )
            lineage.trained = bundle.version
            print(pipeline.finish(model_version=bundle.version))
    print(figures_table(bundle.about["metrics"]))
    print(f"model {bundle.version}: {args.model}")
    about = {"catalog": args.catalog, "lake": args.lake}
    if uri := track_training(config, bundle, args.model, about):
        print(f"in MLflow: {uri}")
