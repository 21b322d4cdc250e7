"""`entity-extract`: finds the subcommand, loads its work, and ends as its scheduler is told."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from entity_extract.commands.table import COMMANDS, Command
from entity_extract.version import __version__

NAME = "entity-extract"


def parser(*, only: str | None = None) -> argparse.ArgumentParser:
    """Of the whole command line; with `only`, of that subcommand's and the names of all others."""
    out = argparse.ArgumentParser(
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
    asked = next((word for word in words if not word.startswith("-")), None)
    known = {command.name: command for command in COMMANDS}
    args = parser(only=asked or "").parse_args(words)
    work = known[args.command].work

    from entity_extract.commands.running import run_job  # pydantic, which --help can do without

    run_job(lambda: import_module(work).run(args))


if __name__ == "__main__":
    main()
