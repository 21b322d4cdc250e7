"""Two models, engines or lakes side by side: what they answer otherwise, and which is right."""

import argparse
from collections.abc import Sequence
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from entity_extract.commands.outputs import check_file
from entity_extract.commands.running import config_of
from entity_extract.errors import UserError
from entity_extract.evaluation.compared_rows import (
    SIDES,
    beside,
    file_answers,
    lake_answers,
    models_of,
)
from entity_extract.evaluation.comparison import compare
from entity_extract.evaluation.comparison_text import FORMATS, comparison_text, write_comparison


class Side(NamedTuple):
    """A lake, and whose answers in it, the latest ones where nobody says; or a file."""

    place: str | Path
    model: str | None = None

    def answers(self, by: Sequence[str] | None) -> pd.DataFrame:
        """With the columns of `by`. Raises UserError where there are none."""
        if isinstance(self.place, Path):
            return file_answers(self.place, by)
        return lake_answers(self.place, self.model, by)

    def __str__(self) -> str:
        return str(self.place) if self.model is None else f"{self.place}, model {self.model}"


def _sides(lakes: Sequence[str], models: Sequence[str], files: Sequence[Path]) -> list[Side]:
    """Raises UserError where these are not two."""
    if len(lakes) == 1 and not files:
        return [Side(lakes[0], model) for model in _two_models(lakes[0], models)]
    if models and (files or len(models) != len(lakes)):
        raise UserError("--model A --model B go with one --lake, or with two, each with its own")
    if len(lakes) + len(files) != len(SIDES):
        raise UserError(
            "compare takes two: --lake A --lake B, --predictions A B, one of each, or one --lake "
            "with answers of two models"
        )
    held = [Side(lake, model) for lake, model in zip_longest(lakes, models)]
    return [*held, *map(Side, files)]


def _two_models(lake: str, asked: Sequence[str]) -> Sequence[str]:
    """Those asked for, else those that the lake has."""
    there = models_of(lake)
    if not asked and len(there) == len(SIDES):
        return list(there)
    unknown = [model for model in asked if model not in there]
    if len(asked) == len(SIDES) and not unknown:
        return asked
    told = ", ".join(f"{model} ({rows:,} rows)" for model, rows in there.items()) or "none"
    wrong = f"no answer of model {unknown[0]}" if unknown else "which two models?"
    raise UserError(
        f"{lake}: {wrong} --model A --model B name them; there: {told}. Answers of earlier models "
        "stay where lake.keep_earlier_answers is set"
    )


def run(args: argparse.Namespace) -> None:
    config = config_of(args)
    if args.out is not None:
        check_file("--out", args.out, FORMATS)
    sides = _sides(args.lake, args.model, args.predictions or [])
    a, b = (side.answers(args.by) for side in sides)
    found = compare(beside(a, b, args.by), config.domain, config.evaluate)
    names = dict(zip(SIDES, map(str, sides), strict=True))
    print(comparison_text(found, names, top=args.top))
    if args.out is not None:
        write_comparison(found, names, args.out)
        print(f"comparison: {args.out}")
