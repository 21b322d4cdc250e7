"""What a shell completes our commands by, as a script that it reads once."""

import argparse

from entity_extract.commands.shared_options import local
from entity_extract.errors import UserError


def run(args: argparse.Namespace) -> None:
    try:
        import shtab
    except ImportError:
        raise UserError(
            'completion needs shtab: pip install "entity-extract[completion]"'
        ) from None
    from entity_extract.commands.main import parser  # it lists this command, too

    whole = parser()
    for action in _options(whole):
        if action.type is local or action.dest in ("conf_file", "catalog", "lake", "pictures"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
    print(shtab.complete(whole, args.shell))


def _options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    found: list[argparse.Action] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            found += [one for name in action.choices.values() for one in _options(name)]
        else:
            found.append(action)
    return found
