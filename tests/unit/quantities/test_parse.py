"""Quantities in text: a golden list of strings, and properties that hold for any text."""

import time
import tomllib
from collections.abc import Callable
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
    assert len(STRINGS) >= 900


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
            "1 x " * 4000 + "1 cm",
            "W1 " * 5000 + "cm",
            "1±" * 9000,
            "6 g x " * 3000,
            "5 g/m2 x " * 2000,
            "11/2" * 5000,
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
        ("W30 D20 H10 cm", ["w", "d", "h"]),
        ("L:30 W:20 H:10 cm", ["l", "w", "h"]),
        ("L 30 W 20 H 10 cm", ["l", "w", "h"]),
        ("(W) 30 (D) 20 (H) 10 cm", ["w", "d", "h"]),
        ("W30/D20/H10cm", ["w", "d", "h"]),
        ("90cmH x 45cmW x 30cmD", ["h", "w", "d"]),
        ("2.1mL x 1.5mW x 1.2mH", ["l", "w", "h"]),
        ("H10 W12 D14 inch", ["h", "w", "d"]),
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
        ("1 kg 500 g", 1500, "item_weight", Kind.FEET_INCHES),
        ("1 pint 7 fl oz", 23, "item_volume", Kind.FEET_INCHES),
        ("10...30 V", 10, "voltage", Kind.RANGE_LOW),
        ("9…36 V", 36, "voltage", Kind.RANGE_HIGH),
        ("12±0.5 cm", 12, "width", Kind.PLAIN),
        ("W30 D20 H10 cm", 30, "width", Kind.LIST),
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


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("20 x 30 x 40 cm (7.9 x 11.8 x 15.7 in)", [(0, 3), (1, 3), (2, 3)] * 2),
        ("20x30cm / 8x12in", [(0, 2), (1, 2)] * 2),
        ("20 x 30 cm, 8 x 12 in", [(0, 2), (1, 2)] * 2),
        ("10cm (4in) x 20cm (8in)", [(0, 2), (0, 2), (1, 2), (1, 2)]),
        ("10 x 20 cm and 5 cm", [(0, 2), (1, 2), (0, 1)]),
        ("90cmH x 45cmW x 30cmD", [(0, 3), (1, 3), (2, 3)]),
    ],
)
def test_what_is_repeated_in_another_unit_is_another_product(
    text: str, sides: list[tuple[int, int]]
) -> None:
    assert [(q.position, q.of) for q in read(text)] == sides


@pytest.mark.parametrize(
    "text",
    [
        *("2000mAh", "2.4GHz", "500mW", "300mL", "12 mV", "100 MHz", "16GByte", "16GB", "5G"),
        *("1080p", "4K", "1000 lm", "5 m²", "5 m³/h", "10 l/min", "120 g/m2", "5 V/Hz", "8 W/m"),
        *("3000 rpm", "300 dpi", "30°C", "120 mmHg", "100 kgf", "50 lb-ft", "40 psi", "40 Nm"),
        *("20 inch-lbs", "5 kWh", "500Wh", "500VA", "5 kVA", "5 Vpp", "10 Gbps", "15 kg.cm"),
    ],
)
@pytest.mark.parametrize("change", [str, str.lower, lambda text: text.replace(" ", "")])
def test_the_unit_of_another_thing_is_none_of_ours(text: str, change: Callable[[str], str]) -> None:
    """But for those that are: 300 ml is a volume, 12 mV a voltage, and 5 g in small letters."""
    own = {"300ml": "item_volume", "12mv": "voltage", "5g": "item_weight"}
    printed = change(text)
    expected = own.get(printed.lower().replace(" ", ""))
    if printed == "5G":
        expected = None
    plain = {
        entity
        for entity in DOMAIN.entity_names
        if any(q.kind is not Kind.REPAIRED for q in read(printed, entity))
    }
    assert plain - {"maximum_weight_recommendation"} == ({expected} if expected else set())


def test_an_unknown_entity_is_an_error() -> None:
    with pytest.raises(KeyError):
        spellings_for(DOMAIN, "colour")


def test_equal_domains_share_their_compiled_spellings() -> None:
    again = load_config().domain
    assert spellings_for(again, "width") is spellings_for(DOMAIN, "width")


def test_what_a_caller_does_to_an_answer_is_nothing_to_the_next() -> None:
    read("10 x 20 cm").clear()
    assert [quantity.value for quantity in read("10 x 20 cm")] == [10.0, 20.0]


def test_the_same_line_says_something_else_to_another_question() -> None:
    line = "12 V, 30 cm, 5 kg"
    units = [[q.unit for q in read(line, of)] for of in ("voltage", "width", "item_weight")]
    assert units == [["volt"], ["centimetre"], ["kilogram"]]


@pytest.mark.parametrize("text", ["\u0663\u0660 cm", "\uff13\uff10 cm", "½ cm", "IOOcm", "Scm"])
def test_a_line_without_an_ascii_digit_may_hold_a_number(text: str) -> None:
    assert read(text)
