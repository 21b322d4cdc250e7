"""What every job's command line shares: configuration, logging, exit status."""

import argparse
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from types import TracebackType

from entity_extract.config import logs
from entity_extract.config.load import load_config
from entity_extract.config.secrets import masked, remember
from entity_extract.config.sections import Config, LogConfig
from entity_extract.config.signals import stoppable
from entity_extract.errors import Stopped, UserError


def job_parser(description: str) -> argparse.ArgumentParser:
    """A parser with the options of every job."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument(
        "--conf-file",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="TOML configuration; repeatable, later files win",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="SECTION.KEY=VALUE",
        help="one configuration key; repeatable, wins over files",
    )
    return parser


def positive(text: str) -> int:
    """An argument's type: a whole number of at least 1."""
    if (value := int(text)) < 1:
        raise argparse.ArgumentTypeError(f"must be at least 1, not {value}")
    return value


def local(text: str) -> Path:
    """An argument's type: a path on this machine. A URL would become a folder named `s3a:` here."""
    if "://" in text:
        raise argparse.ArgumentTypeError(f"must be a path on the driver's machine, not {text}")
    return Path(text)


def config_of(args: argparse.Namespace) -> Config:
    """The configuration the parsed arguments ask for, its [log] at work. Raises ConfigError."""
    config = load_config(args.conf_file, args.set)
    remember(config.spark)
    logs.configure(config.log)
    return config


def run_job(job: Callable[[Sequence[str]], None], argv: Sequence[str] | None = None) -> None:
    """Runs a job's main. What is no bug ends it with one message on stderr and its exit status.
    Secrets of the configuration stand in neither message nor traceback."""
    logs.configure(LogConfig())
    sys.excepthook = _told_masked
    try:
        with stoppable():
            job(sys.argv[1:] if argv is None else argv)
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
