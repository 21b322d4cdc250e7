"""EMBED alone: features of the pictures that the lake has read and not embedded."""

from collections.abc import Sequence

from entity_extract.config.command import run_job
from entity_extract.embedding.chosen import chosen_encoder
from entity_extract.errors import UserError
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.spark.runs.run import Run
from entity_extract.spark.session.session import spark_session
from jobs.options import checked_config, table_parser


def main(argv: Sequence[str]) -> None:
    parser = table_parser(__doc__ or "")
    args = parser.parse_args(argv)
    config = checked_config(args)
    encoder = chosen_encoder(config.embed)
    if encoder is None:
        raise UserError('embed.weights = "none": there is nothing to embed with')
    run = Run("embed_images", config)
    with (
        spark_session(run.job, config.spark) as spark,
        opened_pipeline(spark, run, config, catalog=args.catalog, lake=args.lake) as pipeline,
    ):
        pipeline.embed(encoder)
        print(pipeline.finish())


if __name__ == "__main__":
    run_job(main)
