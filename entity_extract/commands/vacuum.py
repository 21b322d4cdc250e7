"""Clean a lake: remove what crashed runs left, old versions' rows, and failures worth another try;
put small waves together."""

import argparse

from entity_extract.commands.running import config_of
from entity_extract.runs.run import Run
from entity_extract.spark.earlier import forget_model
from entity_extract.spark.history import expire
from entity_extract.spark.session.session import spark_session
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.tables.vacuum import forget, vacuum
from entity_extract.status import FAILURES


def run(args: argparse.Namespace) -> None:
    config = config_of(args)
    again = [status for status in FAILURES if status in args.retry]
    run = Run("vacuum", config)
    with spark_session(run.job, config.spark) as spark:
        lake = Lake(spark, args.lake, config.lake)
        lake.require()
        with lake.writing(run.id, run.job), run.recorded(lake):
            done = forget(lake, run.id, again) if again else []
            for model in args.forget_model:
                rows = forget_model(lake, model, run.id)
                done.append(f"earlier_answers: {rows} rows of model {model} removed")
            if rows := expire(lake, f"{run.id}-expire"):
                done.append(f"history: {rows} rows of more than {config.lake.history_days:g} days")
            done += vacuum(
                lake,
                run.id,
                old_versions=args.old_versions,
                compact=args.compact,
                retain_hours=args.retain_hours,
            )
            run.finish(done=done)
    print("\n".join(done or ["nothing to clean"]))
