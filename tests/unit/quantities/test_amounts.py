"""Answers and labels: written, checked and read as the challenge does it."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entity_extract.config import load_config
from entity_extract.quantities.amounts import Amount, format_amount, parse_amount, parse_label

DOMAIN = load_config().domain
UNITS = DOMAIN.unit_names


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (500.0, "500 gram"),
        (12.5, "12.5 gram"),
        (0.1 + 0.2, "0.30000000000000004 gram"),
        (1e-7, "0.0000001 gram"),
        (1e22, "10000000000000000000000 gram"),
        (0.0, "0 gram"),
        (-0.0, "0 gram"),
        (-2.5, "-2.5 gram"),
    ],
)
def test_a_number_is_written_shortest_and_without_an_exponent(value: float, text: str) -> None:
    assert format_amount(value, "gram") == text


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_cannot_be_answered(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        format_amount(value, "gram")


@given(value=st.floats(allow_nan=False, allow_infinity=False), unit=st.sampled_from(UNITS))
def test_every_answer_passes_the_checker_and_reads_back_exactly(value: float, unit: str) -> None:
    text = format_amount(value, unit)
    assert re.match(r"^-?\d+(\.\d+)?\s+[a-zA-Z\s]+$", text)
    assert parse_amount(text, UNITS) == Amount(value, unit)


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("500.0 gram", Amount(500.0, "gram")),
        ("  500   gram \n", Amount(500.0, "gram")),
        ("2 centimeter", Amount(2.0, "centimetre")),
        ("2 meter", Amount(2.0, "metre")),
        ("1 liter", Amount(1.0, "litre")),
        ("3 feet", Amount(3.0, "foot")),
        ("8 fluid ounce", Amount(8.0, "fluid ounce")),
        ("2 cubic feet", Amount(2.0, "cubic foot")),
    ],
)
def test_the_checkers_spelling_repairs_are_made(text: str, answer: Amount) -> None:
    assert parse_amount(text, UNITS) == answer


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "gram", "500", "500gram", "1e3 gram", "[1.0, 2.0] gram", "1 gram to 2 gram"),
        *("5 grams", "5 parsec", ".5 gram", "5. gram", "1,5 gram", "+5 gram", "\u0665 gram"),
        "9" * 400 + " gram",  # larger than any float
    ],
)
def test_what_the_checker_refuses_is_no_answer(text: str) -> None:
    assert parse_amount(text, UNITS) is None


@given(st.text())
def test_any_text_is_an_answer_or_none(text: str) -> None:
    answer = parse_amount(text, UNITS)
    assert answer is None or answer.unit in UNITS


@pytest.mark.parametrize(
    ("entity", "text", "answers"),
    [
        ("item_weight", "500.0 gram", (Amount(500.0, "gram"),)),
        ("item_weight", "500 gram", (Amount(500.0, "gram"),)),
        ("voltage", "[220.0, 240.0] volt", (Amount(220.0, "volt"), Amount(240.0, "volt"))),
        ("voltage", "[240.0, 220.0] volt", (Amount(220.0, "volt"), Amount(240.0, "volt"))),
        ("voltage", "[12.0, 12.0] volt", (Amount(12.0, "volt"),)),
        (
            "item_weight",
            "500 gram to 1 kilogram",
            (Amount(500.0, "gram"), Amount(1.0, "kilogram")),
        ),
        ("item_weight", "0 pound to 1pound", (Amount(0.0, "pound"), Amount(1.0, "pound"))),
        ("item_volume", "[8.0, 12.0] fluid ounce",
         (Amount(8.0, "fluid ounce"), Amount(12.0, "fluid ounce"))),
        ("wattage", "1080.0 horsepower", ()),
        ("item_weight", "8.0 fluid ounce", ()),
        ("item_weight", "2.2e+20 gram", ()),
        ("item_weight", "", ()),
        ("item_weight", "heavy", ()),
        ("colour", "500 gram", ()),
    ],
)  # fmt: skip
def test_a_label_gives_all_the_values_it_allows(
    entity: str, text: str, answers: tuple[Amount, ...]
) -> None:
    assert parse_label(text, DOMAIN, entity) == answers


@pytest.mark.parametrize(
    ("entity", "text", "answers"),
    [
        ("width", "5 inches", [(5.0, "inch")]),
        ("width", ".5 inch", [(0.5, "inch")]),
        ("width", '5"', [(5.0, "inch")]),
        ("width", "½ in.", [(0.5, "inch")]),
        ("width", "1 1/2 inches", [(1.5, "inch")]),
        ("height", "5' 3\"", [(5.25, "foot"), (63.0, "inch")]),
        ("item_weight", "500 g", [(500.0, "gram")]),
        ("item_weight", "(500G).", [(500.0, "gram")]),
        ("item_weight", "5.0 Gram", [(5.0, "gram")]),
        ("item_weight", "1,5 kg", [(1.5, "kilogram")]),
        ("item_weight", "1,000 lbs", [(1000.0, "pound")]),
        ("voltage", "220-240V", [(220.0, "volt"), (240.0, "volt")]),
        ("voltage", "12 to 24 volts", [(12.0, "volt"), (24.0, "volt")]),
    ],
)
def test_a_label_in_another_form_is_read_as_packaging_is(
    entity: str, text: str, answers: list[tuple[float, str]]
) -> None:
    assert set(parse_label(text, DOMAIN, entity)) == {Amount(*answer) for answer in answers}


@pytest.mark.parametrize(
    ("entity", "text"),
    [
        ("item_weight", "about 5 kg"),
        ("item_weight", "10 kg, 20 kg"),
        ("item_weight", "-5 g"),
        ("item_weight", "50Og"),  # a letter among the digits: to read it is to guess
        ("item_volume", "6 x 330 ml"),
        ("item_weight", "5 inches"),
        ("item_weight", "8.0 fluid ounce"),
        ("width", "5"),
    ],
)
def test_a_label_that_is_not_sure_in_whole_is_none(entity: str, text: str) -> None:
    assert parse_label(text, DOMAIN, entity) == ()


@given(text=st.text(), entity=st.sampled_from(DOMAIN.entity_names))
def test_any_label_is_read_without_an_error(text: str, entity: str) -> None:
    for answer in parse_label(text, DOMAIN, entity):
        assert answer.unit in DOMAIN.entities[entity].units
