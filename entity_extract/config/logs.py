"""Log lines for people, or as JSON for machines; each carries the run that it belongs to."""

import logging
import sys
from pathlib import Path

from pythonjsonlogger.json import JsonFormatter

from entity_extract.config.secrets import masked
from entity_extract.config.sections import LogConfig
from entity_extract.errors import Stopped

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_JSON = "%(asctime)s %(levelname)s %(name)s %(message)s"


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


class _Terminal(logging.Formatter):
    """For who waits and watches: what is said, and how grave it is."""

    def format(self, record: logging.LogRecord) -> str:
        grave = record.levelno > logging.INFO
        said = super().format(record)
        return masked(f"{record.levelname.lower()}: {said}" if grave else said)


class _Json(JsonFormatter):
    def format(self, record: logging.LogRecord) -> str:
        return masked(super().format(record))


_bound: dict[str, str] = {}  # of the process: it does one run at a time


def bind(**fields: str) -> None:
    """From now on each line of JSON carries these fields."""
    _bound.update(fields)


def configure(config: LogConfig) -> None:
    """Sends log lines to stderr, without secrets, in place of what was set before."""
    handler = logging.StreamHandler(sys.stderr)
    if config.format == "json":
        renamed = {"asctime": "at", "levelname": "level", "name": "logger"}
        handler.setFormatter(_Json(_JSON, rename_fields=renamed))
        handler.addFilter(_bind)
    else:
        handler.setFormatter(_Terminal() if sys.stderr.isatty() else _Text(_TEXT))
    handler.addFilter(_is_news)
    logging.basicConfig(level=config.level, handlers=[handler], force=True)
    for talkative in ("py4j", "botocore"):
        logging.getLogger(talkative).setLevel(logging.WARNING)


def _is_news(record: logging.LogRecord) -> bool:
    """py4j reports, with tracebacks, that it was stopped in a call; the job says so itself. What it
    does about a lost connection, which is to try again, it tells in the root logger's name."""
    if record.levelno < logging.WARNING and Path(record.pathname).parent.name == "py4j":
        return False
    err = record.exc_info[1] if record.exc_info else None
    while err is not None and not isinstance(err, Stopped):
        err = err.__context__
    return err is None


def _bind(record: logging.LogRecord) -> bool:
    for name, value in _bound.items():
        setattr(record, name, value)
    return True
