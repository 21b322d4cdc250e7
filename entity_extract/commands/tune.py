"""Find better settings for the learners on a labelled catalog; writes a conf file for all jobs."""

import argparse

from entity_extract.catalog.few_files import is_small
from entity_extract.commands.checked import checked_learning_config
from entity_extract.commands.traced import traced
from entity_extract.embedding.chosen import chosen_encoder
from entity_extract.learning.training.leakage import check_encoder
from entity_extract.learning.training.split_table import held_out_groups
from entity_extract.learning.tuning.conf_file import check_out, tuned_table, write_tuned
from entity_extract.learning.tuning.search import parts_of, tune_table
from entity_extract.learning.tuning.space import PARTS
from entity_extract.learning.tuning.study import check_optuna, check_study_file
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.spark.session.session import spark_session
from entity_extract.spark.training.backends import labelled_table
from entity_extract.spark.training.background import further_background
from entity_extract.spark.training.tuning_gain import f1_before_and_after
from entity_extract.tracking.runs import track_tuning


def run(args: argparse.Namespace) -> None:
    parts, study = (
        parts_of(args.parts or ",".join(PARTS)),
        args.study or args.out.with_suffix(".study.db"),
    )
    check_optuna()
    check_out(args.out)
    check_study_file(study)
    config = checked_learning_config(args)
    encoder = chosen_encoder(config.embed)
    run = Run("tune", config)
    small = is_small(args.catalog, config.catalog)
    with (
        spark_session(run.job, config.spark, brief=small) as spark,
        traced(spark, run, args) as lineage,
        opened_pipeline(spark, run, config, catalog=args.catalog, lake=args.lake) as pipeline,
    ):
        lineage.pipeline = pipeline
        pipeline.read()
        if encoder is not None:
            pipeline.embed(encoder)
        table = labelled_table(pipeline, encoder)
        check_encoder(table, encoder.weights.seen if encoder else ())
        background = further_background(
            pipeline,
            held_out_groups(table, config.learning),
            labels=args.labels,
            texts=args.texts,
        )
        print(pipeline.finish())
    tuned = tune_table(  # Spark has ended: the cores are free
        table,
        config.learning,
        parts=parts,
        trials=args.trials,
        timeout_s=args.timeout,
        study=study,
        background=background,
    )
    f1 = f1_before_and_after(table, tuned, config, background)
    write_tuned(args.out, tuned, f1)
    print("\n".join(tuned_table(tuned, f1)))
    print(f"conf file: {args.out}\nstudy: {study}")
    track_tuning(config, f1, args.out, {"catalog": args.catalog, "lake": args.lake})
