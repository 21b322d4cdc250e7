"""Clean a lake: remove what crashed runs left, old versions' rows, and failures worth another try;
put small waves together."""

import argparse
from collections.abc import Sequence

from entity_extract.config.command import config_of, job_parser, run_job
from entity_extract.schema import TABLES
from entity_extract.spark.history import expire
from entity_extract.spark.runs.run import Run
from entity_extract.spark.session.session import spark_session
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.tables.vacuum import forget, vacuum
from entity_extract.status import FAILURES

_SUPERSEDED = " and ".join(table.name for table in TABLES if not table.keeps_old_versions)


def parser() -> argparse.ArgumentParser:
    out = job_parser(__doc__ or "")
    out.add_argument("--lake", required=True, help="root folder of the lake's tables")
    out.add_argument(
        "--old-versions",
        action="store_true",
        help=f"remove rows of {_SUPERSEDED} of other versions than the latest run used that came "
        "to its end; where there are none of that version the others are kept",
    )
    out.add_argument("--compact", action="store_true", help="put small waves together")
    out.add_argument(
        "--retry",
        metavar="STATUS",
        action="append",
        default=[],
        choices=sorted(status.value for status in FAILURES),
        help="forget pictures with this status, so that the next run asks for them anew, say "
        "blocked once fetch.allow_hosts is right (repeatable)",
    )
    out.add_argument(
        "--retain-hours",
        type=float,
        default=168.0,
        help="Delta's superseded files are kept for so long (%(default)s)",
    )
    return out


def main(argv: Sequence[str]) -> None:
    args = parser().parse_args(argv)
    config = config_of(args)
    again = [status for status in FAILURES if status in args.retry]
    run = Run("vacuum", config)
    with spark_session(run.job, config.spark) as spark:
        lake = Lake(spark, args.lake, config.lake)
        lake.require()
        with lake.writing(run.id, run.job), run.recorded(lake):
            done = forget(lake, run.id, again) if again else []
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


if __name__ == "__main__":
    run_job(main)
