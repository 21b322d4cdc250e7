"""What packs print in other scripts and languages: a golden list, and what holds for any."""

import tomllib
from pathlib import Path

import pytest

from entity_extract.config import load_config
from entity_extract.quantities.amounts import format_amount
from entity_extract.quantities.parse import Kind, Quantity, parse
from entity_extract.quantities.spellings import spellings_for

DOMAIN = load_config().domain
GOLDEN = Path(__file__).parents[2] / "golden" / "languages.toml"
STRINGS = [
    (language, entity, text, expected)
    for language, entities in tomllib.loads(GOLDEN.read_text("utf-8")).items()
    for entity, strings in entities.items()
    for text, expected in strings.items()
]
SPELLED = [
    (entity, unit, spelling)
    for entity in DOMAIN.entity_names
    for unit in DOMAIN.entities[entity].units
    for spelling in DOMAIN.units[unit].spellings
]


def read(text: str, entity: str) -> list[Quantity]:
    return parse(text, spellings_for(DOMAIN, entity))


@pytest.mark.parametrize(("language", "entity", "text", "expected"), STRINGS)
def test_a_pack_of_any_language_holds_exactly_these_quantities(
    language: str, entity: str, text: str, expected: list[str]
) -> None:
    found = {
        ("? " if quantity.kind is Kind.REPAIRED else "")
        + format_amount(quantity.value, quantity.unit)
        for quantity in read(text, entity)
    }
    assert found == set(expected), language
