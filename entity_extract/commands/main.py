"""`entity-extract`: finds the subcommand, loads its work, and ends as its scheduler is told."""

import argparse
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Final, NoReturn

from entity_extract.commands.table import COMMANDS, Command
from entity_extract.errors import UserError, meant
from entity_extract.version import __version__

NAME: Final = "entity-extract"
# Packages that only some commands need, and the extra that brings them.
_EXTRAS: Final = {"pyspark": "spark", "py4j": "spark"}
_NO_CHOICE: Final = re.compile(r"invalid choice: '(.+)' \(choose from (.*)\)")  # argparse's words
_NAME: Final = re.compile(r"[\w-]+")


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, as all else that the user can mend is said."""

    def error(self, message: str) -> NoReturn:
        like = ""
        if told := _NO_CHOICE.search(message):
            like = meant(told[1], _NAME.findall(told[2]))
        self.exit(2, f"error: {message}{like} ({self.prog} --help)\n")


def parser(*, only: str | None = None) -> argparse.ArgumentParser:
    """Of the whole command line; with `only`, of that subcommand's and the names of all others."""
    out = _Parser(
        NAME, description="Reads a catalog's pictures and writes down the quantities in them."
    )
    out.add_argument("--version", action="version", version=f"{NAME} {__version__}")
    names = out.add_subparsers(title="commands", metavar="COMMAND", dest="command", required=True)
    for command in COMMANDS:
        found = names.add_parser(command.name, help=command.about, description=_sentence(command))
        if only in (None, command.name):
            command.options(found)
    return out


def _sentence(command: Command) -> str:
    return f"{command.about[0].upper()}{command.about[1:]}."


def main(argv: Sequence[str] | None = None) -> None:
    """Does what `argv` says (the words behind the program's name), and exits unless with 0."""
    words = list(sys.argv[1:] if argv is None else argv)
    asked = next((word for word in words if not word.startswith("-")), "")
    with _ended_by_a_closed_pipe():
        args = parser(only=asked).parse_args(words)

        from entity_extract.commands.running import run_job  # pydantic: --help can do without

        run_job(lambda: _work(args))


def _work(args: argparse.Namespace) -> None:
    (module,) = (command.work for command in COMMANDS if command.name == args.command)
    try:
        import_module(module).run(args)
    except ModuleNotFoundError as err:
        package = (err.name or "").partition(".")[0]
        extra = _EXTRAS.get(package)
        if extra is None:
            raise
        how = f'pip install "entity-extract[{extra}]"'
        raise UserError(f"{NAME} {args.command} needs {package}: {how}") from None


@contextmanager
def _ended_by_a_closed_pipe() -> Iterator[None]:
    """As others are by SIGPIPE, which Python ignores: `| head -1` has all that it wants."""
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # for the flush at the end
        raise SystemExit(128 + signal.SIGPIPE) from None


if __name__ == "__main__":
    main()
