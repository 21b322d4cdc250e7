"""The exceptions that end a job with a message instead of a traceback, and the exit status of each.

Anything else is a bug, keeps its traceback and ends with 1.
"""

import difflib
import signal
from collections.abc import Iterable


class UserError(Exception):
    """Something the user can mend: configuration, a missing file, an unusable model or catalog."""

    exit_status = 2


class CatalogError(UserError):
    """The catalog cannot be read, or lacks a column."""


class TooLittle(UserError, ValueError):
    """Too few rows, or pictures, to learn from."""


class Diverged(UserError):
    """Settings with which a net learns nothing: its loss is no number any more."""


class Busy(UserError):
    """Nothing to mend: another run has the lake. The same command, later, will do."""

    exit_status = 75  # EX_TEMPFAIL of sysexits.h, which schedulers and mailers know


class ServerGone(UserError):
    """Nothing to mend here: the server of Spark Connect is gone, or the session that it had for
    this run. Once it is back, the same command goes on."""

    exit_status = 75


class NothingRead(UserError):
    """The run did all it should, and not one picture of the catalog could be read."""

    exit_status = 3


class Stopped(KeyboardInterrupt):
    """Told to stop, by SIGTERM or Ctrl-C. What libraries do to clean up after Ctrl-C they do."""

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {signal.Signals(number).name}")
        self.exit_status = 128 + number  # as shells have it: 143 for SIGTERM, 130 for SIGINT
        self.kept: str | None = None  # what a run over a lake leaves there for the next

    def __str__(self) -> str:
        said = super().__str__()
        return said if self.kept is None else f"{said}: {self.kept}, run the same command to go on"


def closest(name: str, names: Iterable[str]) -> str | None:
    """The one of `names` that somebody probably meant who wrote `name`: the shortest that holds it
    whole, else the one that is spelled most like it; None where none is."""
    there = list(names)
    holding = [one for one in there if len(name) > 2 and name.lower() in one.lower()]
    like = sorted(holding, key=len)[:1] or difflib.get_close_matches(name, there, n=1)
    return like[0] if like else None


def meant(name: str, names: Iterable[str]) -> str:
    """What to put behind a message about a `name` that is none of `names`."""
    like = closest(name, names)
    return "" if like is None else f"; did you mean {like}?"
