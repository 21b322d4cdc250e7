"""How much of public specifications of number-with-unit recognition our parser reads, by language.

The folder is `Specs/NumberWithUnit` of Microsoft's Recognizers-Text (MIT), which does not come with
the project. Counted are the cases with digits whose unit is one of ours: read right is one whose
value, which may be rounded to two decimals as thirds and feet with inches are on labels, and unit
are among the plain readings of the whole text. `other` counts the cases of units
that no entity of ours has (mile, acre, degree), `taken` those of them that were read as ours, and
`huge` those above ten million, which the parser leaves out by intent.

A hash of the text keeps half of each language's cases apart: the parser was written with the other
half in sight (`--show`), never with this one.

    python -m tests.benchmarks.languages recognizers/Specs/NumberWithUnit [--show Japanese]
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from entity_extract.config import load_config
from entity_extract.quantities.parse import Kind, Quantity, parse
from entity_extract.quantities.spellings import spellings_for

LARGEST = 1e7
DOMAIN = load_config().domain
# Their names of units of ours, in any of the languages, lower case. A metric ton is a "ton" here.
OURS = {
    "gram": "gram",
    "kilogram": "kilogram",
    "milligram": "milligram",
    "microgram microgramme": "microgram",
    "ounce oncia onça onza": "ounce",
    "pound libra livre libbra": "pound",
    "ton tonelada tonnellata tonne": "ton",
    "meter metro mètres": "metre",
    "centimeter centimètres": "centimetre",
    "millimeter millimètres milímetro millimetro": "millimetre",
    "inch pouce pollice polegada pulgada": "inch",
    "foot pied pé pie piede": "foot",
    "yard": "yard",
    "volt": "volt",
    "watt": "watt",
    "kilowatt": "kilowatt",
    "liter litre litro": "litre",
    "milliliter millilitre mililitro millilitro": "millilitre",
    "gallon gallone galão galón": "gallon",
    "cup": "cup",
    "pint": "pint",
    "quart": "quart",
    "onces": "fluid ounce",
}
PHRASES = {
    "metric ton": "ton",
    "tonne métrique": "ton",
    "tonelada métrica": "ton",
    "cubic foot": "cubic foot",
    "pieds cube": "cubic foot",
    "piede cubo": "cubic foot",
    "pé cúbico": "cubic foot",
    "pie cúbico": "cubic foot",
    "centímetro cúbico": "millilitre",
}
UNITS = {name: unit for names, unit in OURS.items() for name in names.split()} | PHRASES


class Case(NamedTuple):
    """A quantity of a specification; `unit` is None where no entity of ours has it."""

    language: str
    text: str
    quantity: str
    value: float
    unit: str | None

    @property
    def counts(self) -> bool:
        return self.unit is not None and self.value <= LARGEST

    @property
    def kept_apart(self) -> bool:
        return hashlib.sha256(f"{self.language} {self.text}".encode()).digest()[0] % 2 == 1


def cases(folder: Path) -> Iterator[Case]:
    """Every quantity with digits and a value, once for each text."""
    for path in sorted(folder.glob("*/DimensionModel.json")):
        found = {
            Case(
                path.parent.name,
                entry["Input"],
                result["Text"],
                float(resolution["value"].replace(",", ".")),
                UNITS.get(resolution["unit"].lower()),
            )
            for entry in json.loads(path.read_text("utf-8-sig"))
            for result in entry["Results"]
            if (resolution := result["Resolution"]).get("value")
            and any(map(str.isdigit, result["Text"]))
        }
        yield from sorted(found, key=lambda case: (case.text, case.quantity))


@cache
def readings(text: str) -> list[Quantity]:
    """What any entity reads plainly."""
    return [
        quantity
        for entity in DOMAIN.entity_names
        for quantity in parse(text, spellings_for(DOMAIN, entity))
        if quantity.kind is not Kind.REPAIRED
    ]


def is_read(case: Case) -> bool:
    return any(
        quantity.unit == case.unit
        and (
            abs(quantity.value - case.value) < 1e-6 * case.value
            or quantity.value == round(case.value, 2)
        )
        for quantity in readings(case.text)
    )


def is_taken(case: Case) -> bool:
    """Whether a quantity in another's unit is read as one of ours."""
    at = case.text.find(case.quantity)
    return any(
        quantity.start < at + len(case.quantity) and at < quantity.end
        for quantity in readings(case.text)
    )


def table(found: list[Case]) -> pd.DataFrame:
    """A row for each language, cases and those read right, and a last one for all."""
    rows = pd.DataFrame(
        {
            "language": case.language,
            "cases": case.counts,
            "read": case.counts and is_read(case),
            "huge": case.unit is not None and not case.counts,
            "other": case.unit is None,
            "taken": case.unit is None and is_taken(case),
        }
        for case in found
    )
    counts = rows.groupby("language").sum().astype(int)
    counts.loc["all"] = counts.sum()
    return counts.assign(share=(counts["read"] / counts["cases"]).round(3))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--show", metavar="LANGUAGE", help="what of the half in sight goes wrong")
    parser.add_argument("--kept-apart", action="store_true", help="count that half, too")
    arguments = parser.parse_args()
    everything = list(cases(arguments.folder))
    halves = {"in sight": [case for case in everything if not case.kept_apart]}
    if arguments.kept_apart:
        halves["kept apart"] = [case for case in everything if case.kept_apart]
    for name, half in halves.items():
        sys.stdout.write(f"\n{name}\n{table(half).to_string()}\n")
    for case in halves["in sight"]:
        wrong = is_taken(case) if case.unit is None else not is_read(case)
        if case.language == arguments.show and wrong:
            sys.stdout.write(f"{case.value:g} {case.unit}: {case.quantity!r} in {case.text!r}\n")


if __name__ == "__main__":
    main()
