"""Writes a conf file that has every key with its default and what it means, all commented out."""

import argparse
import re
from importlib.resources import files

from entity_extract.errors import UserError

_KEY = re.compile(r"^(?=[a-z_]+ = )", re.MULTILINE)
_HEAD = """\
# Settings of entity-extract, by --conf-file {name}. Every key stands here with its default: take
# away the "# " of what is to differ.
"""


def run(args: argparse.Namespace) -> None:
    try:
        with args.file.open("x", encoding="utf-8") as file:
            file.write(commented(args.file.name))
    except FileExistsError:
        raise UserError(f"{args.file} is there already; name another file") from None
    except OSError as err:
        raise UserError(f"{args.file}: {err.strerror}") from None
    print(f"{args.file}: every key with its default; entity-extract … --conf-file {args.file}")


def commented(name: str) -> str:
    """base.toml under the head of a user's own file, its sections as they are."""
    base = files("entity_extract").joinpath("conf", "base.toml").read_text("utf-8")
    _, _, sections = base.partition("\n\n")
    return f"{_HEAD.format(name=name)}\n{_KEY.sub('# ', sections)}"
