"""Which engine does a run: Spark, or this process alone, where a catalog is small and all of it is
on this machine."""

import argparse
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from entity_extract.catalog.few_files import has_few_rows, is_small
from entity_extract.catalog.paths import local_path
from entity_extract.catalog.table_names import table_parts
from entity_extract.commands.traced import traced
from entity_extract.config import Config
from entity_extract.config.remote import remote_of
from entity_extract.errors import UserError
from entity_extract.lake.file_systems import is_here
from entity_extract.local.source import LocalSource
from entity_extract.runs.run import Run
from entity_extract.runs.settled import Inputs

if TYPE_CHECKING:
    from entity_extract.local.pipeline import LocalPipeline
    from entity_extract.local.standing import StandingRun
    from entity_extract.spark.pipeline import Pipeline

LOCAL, SPARK, AUTO = "local", "spark", "auto"
ENGINES: Final = (AUTO, LOCAL, SPARK)
_BY_JVM: Final = "PYSPARK_GATEWAY_PORT"  # spark-submit has started this process
_OF_SPARK: Final = ("SPARK_HOME", "SPARK_CONF_DIR", "SPARK_REMOTE", "PYSPARK_SUBMIT_ARGS")


def chosen_engine(args: argparse.Namespace, config: Config) -> str:
    """LOCAL or SPARK. Raises UserError where the local one is asked for and cannot do the run, and
    where Spark is wanted and not installed."""
    asked = args.engine or config.run.engine
    if asked == SPARK:
        return SPARK
    source = _source(args, config)
    reason = source if isinstance(source, str) else None
    if asked == LOCAL and reason is not None:
        raise UserError(f"--engine local: {reason} wants Spark: --engine spark")
    if not isinstance(source, str) and (asked == LOCAL or not _wants_spark(source, config)):
        return LOCAL
    if find_spec("pyspark") is None:
        why = reason or "a catalog of this size"
        how = "" if reason else "; --engine local does it in this process, if its memory holds it"
        raise UserError(f'{why} wants Spark and Java: pip install "entity-extract[spark]"{how}')
    return SPARK


def _source(args: argparse.Namespace, config: Config) -> LocalSource | str:
    """The catalog as this process reads it; or what of the run only Spark can do."""
    if config.lake.format != "parquet":
        return f"lake.format = {config.lake.format!r}"
    if not is_here(args.lake, config.spark):
        return f"--lake {args.lake}, which is not on this machine's disk,"
    if isinstance(args.answers, str):
        return f"--answers {args.answers}"
    if table_parts(args.catalog) is not None or local_path(args.catalog) is None:
        return f"--catalog {args.catalog}"
    source = LocalSource.of(args.catalog, config.catalog)
    unknown = source.unknown()
    return source if unknown is None else f"--catalog {args.catalog}: {unknown}"


def _wants_spark(source: LocalSource, config: Config) -> bool:
    """Whether somebody has set Spark up for it, or the catalog is none of a few rows."""
    master = config.spark.get("spark.master", "local")
    if not master.startswith("local") or _BY_JVM in os.environ:
        return True
    if any(map(os.environ.get, _OF_SPARK)):
        return True
    return not has_few_rows(source.format, list(source.files))


def may_do_without_session(config: Config) -> bool:
    """Whether a run may end without having asked for a session of Spark: to a cluster's manager a
    driver that never does has failed."""
    return _BY_JVM not in os.environ and remote_of(config.spark) is None


@contextmanager
def opened_settled(
    args: argparse.Namespace, run: Run, config: Config, inputs: Inputs | None
) -> Iterator["StandingRun | None"]:
    """The run, where there is nothing to do for it; else None. Raises UserError."""
    if inputs is None:
        yield None
        return
    from entity_extract.local.standing import opened_standing

    asked = {"lake": args.lake, "answers_columns": args.answers_columns}
    with opened_standing(run, config, inputs, **asked) as standing:
        if standing is None:
            yield None
            return
        with traced(None, run, args) as lineage:
            lineage.pipeline = standing
            yield standing


@contextmanager
def opened(
    engine: str, args: argparse.Namespace, run: Run, config: Config
) -> Iterator["Pipeline | LocalPipeline"]:
    """The stages of `run`, done by this engine, with the lake to itself to the end of the block.
    The other one is not loaded. Raises UserError."""
    asked = {
        "catalog": args.catalog,
        "lake": args.lake,
        "limit": args.limit,
        "answers_columns": args.answers_columns,
    }
    if engine == LOCAL:
        from entity_extract.local.pipeline import opened_pipeline as opened_here

        with traced(None, run, args) as lineage, opened_here(run, config, **asked) as here:
            lineage.pipeline = here
            yield here
        return
    from entity_extract.spark.pipeline import opened_pipeline
    from entity_extract.spark.session.session import spark_session

    small = is_small(args.catalog, config.catalog)
    with (
        spark_session(run.job, config.spark, brief=small) as spark,
        traced(spark, run, args) as lineage,
        opened_pipeline(spark, run, config, **asked) as pipeline,
    ):
        lineage.pipeline = pipeline
        yield pipeline
