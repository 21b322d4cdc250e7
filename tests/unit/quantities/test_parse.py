"""Quantities in text: a golden list of strings, and properties that hold for any text."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entity_extract.config import Domain, Entity, Unit, load_config
from entity_extract.quantities.amounts import format_amount
from entity_extract.quantities.parse import Kind, Quantity, parse
from entity_extract.quantities.spellings import spellings_for

DOMAIN = load_config().domain
GOLDEN = Path(__file__).parents[2] / "golden" / "quantities.toml"
STRINGS = [
    (entity, text, expected)
    for entity, strings in tomllib.loads(GOLDEN.read_text("utf-8")).items()
    for text, expected in strings.items()
]
ENTITIES = st.sampled_from(DOMAIN.entity_names)
PRINTED = st.text("0123456789 .,/-x'\"()½\u00d7~OIlSZ|gkmcinftlbozvwLWHVADCñ\n", max_size=60)


def read(text: str, entity: str = "width") -> list[Quantity]:
    return parse(text, spellings_for(DOMAIN, entity))


def one(text: str, value: float, entity: str = "width") -> Quantity:
    (quantity,) = (q for q in read(text, entity) if q.value == value and q.kind != Kind.REPAIRED)
    return quantity


@pytest.mark.parametrize(("entity", "text", "expected"), STRINGS, ids=[s[1] for s in STRINGS])
def test_a_text_holds_exactly_these_quantities(entity: str, text: str, expected: list[str]) -> None:
    found = {
        ("? " if quantity.kind is Kind.REPAIRED else "")
        + format_amount(quantity.value, quantity.unit)
        for quantity in read(text, entity)
    }
    assert found == set(expected)


def test_the_golden_list_is_long_enough_to_mean_something() -> None:
    assert len(STRINGS) >= 300


@given(entity=ENTITIES, text=st.text(max_size=200) | PRINTED)
def test_any_text_is_read_without_an_error_and_every_span_is_its_text(
    entity: str, text: str
) -> None:
    for quantity in read(text, entity):
        assert text[quantity.start : quantity.end] == quantity.text
        assert quantity.text
        assert quantity.unit in DOMAIN.entities[entity].units
        assert 0 < quantity.value <= 1e7
        assert 0 <= quantity.position < quantity.of


@given(
    data=st.data(),
    entity=ENTITIES,
    value=st.integers(1, 99_999_999).map(lambda n: n / 1000),
    before=st.sampled_from(["", "Net ", "size: ", "("]),
)
def test_what_is_written_as_an_answer_is_read_back(
    data: st.DataObject, entity: str, value: float, before: str
) -> None:
    unit = data.draw(st.sampled_from(DOMAIN.entities[entity].units))
    found = read(before + format_amount(value, unit), entity)
    assert (value, unit) in {(quantity.value, quantity.unit) for quantity in found}


@given(entity=ENTITIES, text=PRINTED)
def test_repairs_come_after_the_plain_readings_and_replace_none(entity: str, text: str) -> None:
    kinds = [quantity.kind is Kind.REPAIRED for quantity in read(text, entity)]
    assert kinds == sorted(kinds)


@given(
    number=st.integers(10, 9999).map(str) | st.integers(101, 999).map(lambda n: f"{n / 10:.1f}"),
    misread=st.sampled_from(["em", "¢m", " om", "¢em", "crn", "<m", "em|", " tom"]),
    before=st.sampled_from(["", "Width: ", '"', "(", "| "]),
)
def test_a_misread_unit_is_a_repaired_reading_and_never_a_plain_one(
    number: str, misread: str, before: str
) -> None:
    kinds = {(q.value, q.unit, q.kind) for q in read(before + number + misread)}
    assert kinds == {(float(number), "centimetre", Kind.REPAIRED)}


@given(grams=st.integers(10, 999), ounces=st.integers(1, 40), glyph=st.sampled_from("986"))
def test_a_digit_for_the_g_is_repaired_beside_ounces(grams: int, ounces: int, glyph: str) -> None:
    found = [
        (q.value, q.unit, q.kind) for q in read(f"{ounces} OZ ({grams}{glyph})", "item_weight")
    ]
    assert found == [(ounces, "ounce", Kind.PLAIN), (grams, "gram", Kind.REPAIRED)]


@given(text=PRINTED)
def test_what_a_repair_adds_takes_no_plain_reading_away(text: str) -> None:
    alone = {(q.value, q.unit) for q in read(text) if q.kind is not Kind.REPAIRED}
    beside = {(q.value, q.unit) for q in read(text + "\n; ; 7.5em") if q.kind is not Kind.REPAIRED}
    assert alone <= beside


@pytest.mark.parametrize(
    "text",
    [
        *(
            "1/" * 5000,
            "1 x " * 5000,
            "1 2/" * 5000,
            "1.1," * 5000,
            "l0Il" * 5000,
            "L x W x " * 2500,
        ),
        *(
            "9" * 20000,
            "O" * 20000,
            "'" * 20000,
            " " * 20000,
            "5 fl. . - " * 2000,
            "(10 cm " * 3000,
        ),
    ],
    ids=lambda text: text[:8],
)
def test_a_long_repetition_takes_no_longer_than_its_length_asks_for(text: str) -> None:
    for entity in ("width", "item_volume", "item_weight"):
        began = time.process_time()
        read(text, entity)
        assert time.process_time() - began < 5.0  # a backtracking pattern would take hours


def test_the_sides_of_a_product_know_their_place() -> None:
    sides = read("10 x 20 x 30 cm")
    assert [(q.value, q.position, q.of, q.kind) for q in sides] == [
        (10.0, 0, 3, Kind.PRODUCT),
        (20.0, 1, 3, Kind.PRODUCT),
        (30.0, 2, 3, Kind.PRODUCT),
    ]


@pytest.mark.parametrize(
    ("text", "axes"),
    [
        ("L 30cm", ["l"]),
        ("30cm(L)", ["l"]),
        ('30"W x 20"D', ["w", "d"]),
        ("W70 x H125 mm", ["w", "h"]),
        ("36Lx32Wx48HCM", ["l", "w", "h"]),
        ("L x W x H: 10x20x30cm", ["l", "w", "h"]),
        ("10 x 20 x 30 cm (W/D/H)", ["w", "d", "h"]),
        ("L 30cm W 20cm H 10cm", ["l", "w", "h"]),
        ("30cm L 20cm 10cm H", ["l", None, "h"]),
        ("Ø12mm", ["ø"]),
        ("Breite: 30 cm", ["breite"]),
        ("30 cm long", ["long"]),
        ("Width (cm): 30", ["width"]),
        ("30 cm", [None]),
    ],
)
def test_an_axis_beside_a_number_is_kept(text: str, axes: list[str | None]) -> None:
    assert [quantity.axis for quantity in read(text)] == axes


@pytest.mark.parametrize(
    ("text", "value", "entity", "kind"),
    [
        ("12 cm", 12, "width", Kind.PLAIN),
        ("12½ in", 12.5, "width", Kind.FRACTION),
        ("5' 10\"", 70, "width", Kind.FEET_INCHES),
        ("2 lb 3 oz", 35, "item_weight", Kind.FEET_INCHES),
        ("220-240V", 220, "voltage", Kind.RANGE_LOW),
        ("220-240V", 240, "voltage", Kind.RANGE_HIGH),
        ("6 x 330 ml", 330, "item_volume", Kind.PRODUCT),
        ("6 x 330 ml", 1980, "item_volume", Kind.TOTAL),
        ("12/16/24W", 16, "wattage", Kind.LIST),
        ("Net wt (g): 500", 500, "item_weight", Kind.IMPLIED),
    ],
)
def test_a_quantity_says_how_it_was_read(text: str, value: float, entity: str, kind: Kind) -> None:
    assert one(text, value, entity).kind is kind


def test_a_unit_added_in_configuration_is_read_like_any_other() -> None:
    lumen = Unit(dimension="luminous flux", si=1.0, spellings=("lm", "lumens"))
    domain = Domain(
        entities={"brightness": Entity(units=("lumen",), keywords=("brightness",))},
        units={"lumen": lumen},
    )
    found = parse("Brightness: 800lm, 1O00 lumens", spellings_for(domain, "brightness"))
    assert [(q.value, q.unit, q.kind) for q in found] == [
        (800.0, "lumen", Kind.PLAIN),
        (1000.0, "lumen", Kind.REPAIRED),
    ]


def test_an_unknown_entity_is_an_error() -> None:
    with pytest.raises(KeyError):
        spellings_for(DOMAIN, "colour")


def test_equal_domains_share_their_compiled_spellings() -> None:
    again = load_config().domain
    assert spellings_for(again, "width") is spellings_for(DOMAIN, "width")
