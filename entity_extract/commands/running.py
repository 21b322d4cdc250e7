"""What every subcommand does around its work: configuration, logging, exit status."""

import argparse
import sys
import traceback
from collections.abc import Callable
from types import TracebackType

from entity_extract.config import logs
from entity_extract.config.load import load_config
from entity_extract.config.secrets import masked, remember
from entity_extract.config.sections import Config, LogConfig
from entity_extract.config.signals import stoppable
from entity_extract.errors import Stopped, UserError


def config_of(args: argparse.Namespace) -> Config:
    """The configuration the parsed arguments ask for, its [log] at work. Raises ConfigError."""
    config = load_config(args.conf_file, args.set)
    remember(config.spark)
    logs.configure(config.log)
    return config


def run_job(job: Callable[[], None]) -> None:
    """Does a job. What is no bug ends it with one message on stderr and its exit status.
    Secrets of the configuration stand in neither message nor traceback."""
    logs.configure(LogConfig())
    sys.excepthook = _told_masked
    try:
        with stoppable():
            job()
    except UserError as err:
        sys.stderr.write(f"error: {masked(str(err))}\n")
        raise SystemExit(err.exit_status) from None
    except Stopped as err:
        sys.stderr.write(f"{err}\n")
        raise SystemExit(err.exit_status) from None


def _told_masked(
    kind: type[BaseException], err: BaseException, trace: TracebackType | None
) -> None:
    sys.stderr.write(masked("".join(traceback.format_exception(kind, err, trace))))
