"""Clean a lake: remove what crashed runs left, old versions' rows, and failures worth another try;
put small waves together."""

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Final

from entity_extract.commands.remote_lake import check_remote_lake
from entity_extract.commands.running import config_of
from entity_extract.config import Config
from entity_extract.lake.file_systems import is_here
from entity_extract.lake.files import LakeFiles
from entity_extract.runs.run import Run
from entity_extract.schema import IMAGES
from entity_extract.status import FAILURES, Status

_FEW_PICTURES: Final = 50_000  # some 0.6 GB, of which a wave at a time is in hand


def run(args: argparse.Namespace) -> None:
    config = config_of(args)
    again = [status for status in FAILURES if status in args.retry]
    run = Run("vacuum", config)
    clean = _here if _can_do_without_spark(args, config) else _by_spark
    print("\n".join(clean(args, config, run, again) or ["nothing to clean"]))


def _can_do_without_spark(args: argparse.Namespace, config: Config) -> bool:
    """To forget failures is all, in a lake on this disk that is small; or there is no Spark."""
    more = args.forget_model or args.old_versions or args.compact
    here = config.lake.format == "parquet" and is_here(args.lake, config.spark)
    if not args.retry or more or not here:
        return False
    images = LakeFiles(args.lake).waves(IMAGES.name)
    held = sum(wave.rows for wave in images.waves) if images else 0
    return held <= _FEW_PICTURES or find_spec("pyspark") is None


def _here(args: argparse.Namespace, config: Config, run: Run, again: Sequence[Status]) -> list[str]:
    from entity_extract.local.lake import LocalLake
    from entity_extract.local.vacuum import forget

    lake = LocalLake(args.lake, config.lake)
    lake.require()
    with lake.writing(run.id, run.job), run.recorded(lake):
        done = forget(lake, run.id, again)
        run.finish(done=done)
    return done


def _by_spark(
    args: argparse.Namespace, config: Config, run: Run, again: Sequence[Status]
) -> list[str]:
    from entity_extract.spark.earlier import forget_model
    from entity_extract.spark.history import expire
    from entity_extract.spark.session.session import spark_session
    from entity_extract.spark.tables.lake import Lake
    from entity_extract.spark.tables.vacuum import forget, vacuum

    check_remote_lake(args.lake, config)
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
    return done
