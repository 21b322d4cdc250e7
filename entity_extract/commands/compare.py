"""Two models, engines or lakes side by side: what they answer otherwise, and which is right."""

import argparse
from pathlib import Path

from entity_extract.commands.running import config_of
from entity_extract.errors import UserError
from entity_extract.evaluation.compared_rows import SIDES, beside, file_answers, lake_answers
from entity_extract.evaluation.comparison import compare
from entity_extract.evaluation.comparison_text import check_out, comparison_text, write_comparison


def run(args: argparse.Namespace) -> None:
    config = config_of(args)
    lakes, named = args.lake, args.predictions or []
    if len(lakes) + len(named) != len(SIDES):
        raise UserError("compare takes two: --lake A --lake B, --predictions A B, or one of each")
    if args.out is not None:
        check_out(args.out)
    a, b = [*map(lake_answers, lakes), *map(file_answers, map(Path, named))]
    found = compare(beside(a, b, args.by), config.domain, config.evaluate)
    names = dict(zip(SIDES, [*lakes, *map(str, named)], strict=True))
    print(comparison_text(found, names, top=args.top))
    if args.out is not None:
        write_comparison(found, names, args.out)
        print(f"comparison: {args.out}")
