"""What packs print in other scripts and languages: a golden list, and what holds for any."""

# ruff: noqa: RUF001  look-alike glyphs are what these tests are about

import tomllib
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entity_extract.config import load_config
from entity_extract.quantities.amounts import format_amount
from entity_extract.quantities.glyphs import normalise
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


def test_every_language_has_strings_enough_to_mean_something() -> None:
    counts = Counter(language for language, *_ in STRINGS)
    assert {language for language, count in counts.items() if count < 15} <= {"persian", "bengali"}
    assert len(counts) >= 28
    assert sum(not expected for *_, expected in STRINGS) >= 50


# Everyday words elsewhere: these count in lines that show the letters of their own language.
LINES = {
    "fit": ("width", "ağaç 7 fit"),
    "libre": ("item_weight", "ağırlık 7 libre"),
    "ons": ("item_weight", "ağırlık 7 ons"),
    "pes": ("width", "7 pes não"),
    "uns": ("item_weight", "7 uns på"),
}


@pytest.mark.parametrize(("word", "entity", "line"), [(w, *line) for w, line in LINES.items()])
def test_an_everyday_word_is_a_unit_only_in_lines_of_its_language(
    word: str, entity: str, line: str
) -> None:
    assert [q.value for q in read(line, entity)] == [7.0]
    assert not read(f"7 {word}", entity)


@pytest.mark.parametrize("entity", DOMAIN.entity_names)
def test_every_spelling_of_a_unit_is_read_as_it_however_its_glyphs_are_composed(
    entity: str,
) -> None:
    for unit in DOMAIN.entities[entity].units:
        for spelling in DOMAIN.units[unit].spellings:
            if spelling in LINES or not spelling[0].isalpha():
                continue
            line = f"7 {spelling}"
            for form in ("NFC", "NFD"):
                found = read(unicodedata.normalize(form, line), entity)
                assert (7.0, unit) in {(q.value, q.unit) for q in found}, (spelling, form)


@pytest.mark.parametrize("entity", DOMAIN.entity_names)
def test_every_spelling_is_read_in_capitals_and_in_full_width(entity: str) -> None:
    for unit in DOMAIN.entities[entity].units:
        for spelling in DOMAIN.units[unit].spellings:
            if spelling in LINES or not spelling[0].isalpha():
                continue
            wide = "".join(
                chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else c for c in f"7{spelling.upper()}"
            )
            for text in (f"7 {spelling.upper()}", wide):
                assert (7.0, unit) in {(q.value, q.unit) for q in read(text, entity)}, text


@given(st.text(max_size=60))
def test_normalising_keeps_the_length_and_changes_nothing_twice(text: str) -> None:
    plain = normalise(text)
    assert len(plain) == len(text)
    assert normalise(plain) == plain


def test_normalising_keeps_the_length_of_every_glyph_there_is() -> None:
    wrong = [
        glyph
        for code in range(0x110000)
        if not 0xD800 <= code < 0xE000 and len(normalise(glyph := chr(code))) != 1
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("５００ｍｌ", "500ml"),
        ("ｸﾞﾗﾑ", "ク\u3099ラム"),
        ("٥٠٠٫٥", "500.5"),
        ("१२ ४५", "12 45"),
        ("১২৩", "123"),
        ("๕๐๐", "500"),
        ("İNÇ", "inç"),
        ("ΓΡΑΜΜΆΡΙΟΣ", "γραµµάριοσ"),
        ("Maß ẞ", "maß ß"),
        ("１．５ℓ", "1.5l"),
        ("半", "½"),
        ("1\u200f500", "1 500"),
    ],
)
def test_one_glyph_becomes_one_glyph(text: str, plain: str) -> None:
    assert normalise(text) == plain


DIGITS = (
    "0123456789",
    "０１２３４５６７８９",
    "०१२३४५६७८९",
    "٠١٢٣٤٥٦٧٨٩",
    "۰۱۲۳۴۵۶۷۸۹",
    "๐๑๒๓๔๕๖๗๘๙",
)
UNITS = (
    ("グラム", "gram"),
    ("公斤", "kilogram"),
    ("그램", "gram"),
    ("ग्राम", "gram"),
    ("كجم", "kilogram"),
    ("กรัม", "gram"),
    ("㎏", "kilogram"),
    ("gramów", "gram"),
    ("γραμμάρια", "gram"),
    ("миллиграммов", "milligram"),
)


@given(
    value=st.integers(1, 9999),
    digits=st.sampled_from(DIGITS),
    unit=st.sampled_from(UNITS),
    space=st.sampled_from(["", " ", "\u3000", "\u00a0"]),
    before=st.sampled_from(["", "約", "내용량 ", "净含量：", "वजन: ", "الوزن ", "น้ำหนัก", "Masa "]),
    after=st.sampled_from(["", "入り", " / 袋", "。", ")"]),
)
def test_any_digits_with_any_unit_are_one_quantity_whatever_stands_around(
    value: int, digits: str, unit: tuple[str, str], space: str, before: str, after: str
) -> None:
    number = "".join(digits[int(digit)] for digit in str(value))
    found = read(before + number + space + unit[0] + after, "item_weight")
    plain = {(q.value, q.unit) for q in found if q.kind is not Kind.REPAIRED}
    assert plain == {(float(value), unit[1])}


@pytest.mark.parametrize(
    ("text", "entity", "axis"),
    [
        ("幅約30センチ", "width", "幅"),
        ("本体高75cm", "width", "高"),
        ("重量：約170g", "item_weight", "重量"),
        ("จอกว้าง 30 ซม.", "width", "กว้าง"),
        ("폭: 30센치", "width", "폭"),
        ("चौड़ाई 30 सेमी", "width", "चौड़ाई"),
        ("العرض ٣٠ سم", "width", "العرض"),
        ("HOEHE 30 cm", "width", None),
        ("BREITE 30 cm", "width", "breite"),
        ("Lăţime 30 cm", "width", "lăţime"),
        ("Latime 30 cm", "width", "latime"),
    ],
)
def test_an_axis_is_found_in_any_script(text: str, entity: str, axis: str | None) -> None:
    (quantity,) = read(text, entity)
    assert quantity.axis == (axis and normalise(axis))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5 million litres", 1.5e6),
        ("1,5 milyon litre", 1.5e6),
        ("1,5 тыс. л", 1500),
        ("2만 리터", 20_000),
        ("1万2500リットル", 12_500),
        ("3万4,500リットル", 34_500),
        ("29만 1,890 리터", 291_890),
        ("3 thousand gallons", 3000),
        ("5 mil litros", 5000),
    ],
)
def test_a_number_word_scales_the_digits_before_it(text: str, value: float) -> None:
    assert value in {q.value for q in read(text, "item_volume") if q.kind is not Kind.REPAIRED}


@pytest.mark.parametrize(
    ("text", "value"), [("5千克", 5), ("5千瓦", None), ("6 mil bags 50 g", 50), ("2 mil 3 kg", 3)]
)
def test_what_only_looks_like_a_number_word_scales_nothing(text: str, value: float | None) -> None:
    assert {q.value for q in read(text, "item_weight")} == ({value} if value else set())
