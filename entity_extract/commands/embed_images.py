"""EMBED alone: features of the pictures that the lake has read and not embedded."""

import argparse

from entity_extract.catalog.few_files import is_small
from entity_extract.commands.checked import checked_config
from entity_extract.commands.traced import traced
from entity_extract.embedding.chosen import chosen_encoder
from entity_extract.errors import UserError
from entity_extract.runs.run import Run
from entity_extract.schema import IMAGES
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.spark.session.session import spark_session


def run(args: argparse.Namespace) -> None:
    config = checked_config(args)
    encoder = chosen_encoder(config.embed)
    if encoder is None:
        raise UserError('embed.weights = "none": there is nothing to embed with')
    run = Run("embed_images", config)
    small = is_small(args.catalog, config.catalog)
    with (
        spark_session(run.job, config.spark, brief=small) as spark,
        traced(spark, run, args, reads=(IMAGES,)) as lineage,
        opened_pipeline(spark, run, config, catalog=args.catalog, lake=args.lake) as pipeline,
    ):
        lineage.pipeline = pipeline
        pipeline.embed(encoder)
        print(pipeline.finish())
