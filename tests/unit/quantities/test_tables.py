"""Numbers whose unit stands apart: headers of columns and rows, sentences, captions, drawings."""
# ruff: noqa: RUF001  brackets and colons of East Asian scripts look like ours

from collections.abc import Sequence

import pytest

from entity_extract.config import load_config
from entity_extract.quantities.candidates import Mention, find_candidates
from entity_extract.quantities.parse import Kind
from entity_extract.records import Word

DOMAIN = load_config().domain
Cells = Sequence[tuple[str, int, int]]  # text, left, top


def printed(cells: Cells, *, size: int = 20, engine: str = "rapidocr") -> list[Word]:
    """Each cell a line of its own; letters are half as wide as high."""
    words = []
    for block, (text, left, top) in enumerate(cells):
        for piece in text.split():
            width = len(piece) * size // 2
            box = left, top, width, size
            words.append(Word(piece, 95.0, *box, block, 0, 0, "line@0", engine))
            left += width + size // 2
    return words


def upwards(text: str, left: int, top: int, *, size: int = 20, block: int = 90) -> Word:
    """A word in vertical letters, to be read upwards from its end."""
    box = left, top, size, len(text) * size // 2
    return Word(text, 95.0, *box, block, 0, 270, "line@270", "rapidocr")


def mentions(words: Sequence[Word], entity: str) -> list[Mention]:
    found = find_candidates(words, entity, DOMAIN)
    return [mention for candidate in found for mention in candidate.mentions]


def of_tables(words: Sequence[Word], entity: str) -> dict[tuple[float, str], str | None]:
    """Value and unit -> the axis, of what only a table says."""
    return {
        (m.quantity.value, m.quantity.unit): m.quantity.axis
        for m in mentions(words, entity)
        if m.quantity.kind is Kind.TABLE
    }


@pytest.mark.parametrize(
    ("header", "entity", "unit", "axis"),
    [
        ("Net Weight (LBS)", "item_weight", "pound", "weight"),
        ("Rated Voltage(V~)", "voltage", "volt", "voltage"),
        ("Rated Power Input ( W )", "wattage", "watt", None),
        ("Capacity (fl. oz)", "item_volume", "fluid ounce", "capacity"),
        ("Weight/kg", "item_weight", "kilogram", "weight"),
        ("Gewicht in kg", "item_weight", "kilogram", "gewicht"),
        ("Gewicht: kg", "item_weight", "kilogram", "gewicht"),
        ("Height [mm]", "height", "millimetre", "height"),
        ("Width (in)", "width", "inch", "width"),
        ("宽度（cm）", "width", "centimetre", "宽度"),
    ],
)
def test_the_header_of_a_row_gives_the_number_in_the_next_cell_its_unit_and_axis(
    header: str, entity: str, unit: str, axis: str | None
) -> None:
    words = printed([(header, 20, 100), ("362", 600, 102)])
    assert of_tables(words, entity) == {(362, unit): axis}


def test_a_header_above_gives_its_unit_to_all_numbers_of_its_column() -> None:
    words = printed(
        [("Width (in)", 200, 0), ("12", 230, 60), ("14.5", 220, 120), ("16-18", 220, 180)]
    )
    found = of_tables(words, "width")
    assert found == dict.fromkeys([(n, "inch") for n in (12, 14.5, 16, 18)], "width")


def test_a_mention_of_a_table_is_where_its_number_stands_and_says_what_its_header_does() -> None:
    words = printed([("Net Weight (LBS)", 20, 100), ("362", 600, 102)])
    (seen,) = mentions(words, "item_weight")
    assert (seen.words, seen.box) == ((3,), (600, 102, 30, 20))
    assert seen.line_text.startswith("Net Weight 362 ")
    assert seen.line_text[seen.quantity.start :].startswith("362 ")


def test_columns_far_from_each_other_and_other_units_keep_apart() -> None:
    words = printed([
        ("Width (in)", 0, 0), ("Weight (kg)", 300, 0), ("Speed (rpm)", 600, 0),
        ("12", 20, 50), ("3.5", 330, 50), ("900", 640, 50),
    ])  # fmt: skip
    assert set(of_tables(words, "width")) == {(12, "inch")}
    assert set(of_tables(words, "item_weight")) == {(3.5, "kilogram")}


def test_the_title_in_a_tables_corner_is_for_all_its_columns_but_those_without_a_unit() -> None:
    words = printed([
        ("Size (cm)", 0, 0), ("Width", 200, 0), ("Length", 400, 0), ("US", 600, 0),
        ("S", 30, 50), ("40", 215, 50), ("60", 420, 50), ("6", 605, 50),
        ("M", 30, 100), ("42", 215, 100), ("62", 420, 100), ("8", 605, 100),
    ])  # fmt: skip
    found = of_tables(words, "width")
    widths = {(n, "centimetre"): "width" for n in (40, 42)}
    assert found == widths | {(n, "centimetre"): "length" for n in (60, 62)}


def test_columns_that_have_letters_and_rows_that_have_sizes_are_of_the_titles_unit() -> None:
    words = printed([
        ("Size (cm)", 0, 0), ("A", 200, 0), ("B", 300, 0), ("C", 400, 0),
        ("S", 30, 50), ("30", 195, 50), ("40", 295, 50), ("50", 395, 50),
    ])  # fmt: skip
    assert {value for value, _ in of_tables(words, "width")} == {30, 40, 50}


@pytest.mark.parametrize("gap", [10, 60])
def test_axes_before_a_unit_in_one_row_name_the_columns(gap: int) -> None:
    at = [100 + i * (20 + gap) for i in range(4)]
    names = [*zip("WDH", at, [0] * 3, strict=False), ("(cm)", at[3], 0)]
    words = printed([*names, ("30", at[0] - 5, 40), ("40", at[1] - 5, 40), ("50", at[2] - 5, 40)])
    found = of_tables(words, "width")
    assert found == {(30, "centimetre"): "w", (40, "centimetre"): "d", (50, "centimetre"): "h"}


def test_a_column_headed_by_a_unit_alone_has_rows_named_on_the_left() -> None:
    words = printed([("kg", 300, 0), ("Weight", 0, 50), ("3.2", 300, 50)])
    assert of_tables(words, "item_weight") == {(3.2, "kilogram"): "weight"}


def test_a_unit_in_the_column_behind_belongs_to_the_number_before_it() -> None:
    words = printed([("Weight", 0, 50), ("3.2", 300, 50), ("kg", 420, 50)])
    assert of_tables(words, "item_weight") == {(3.2, "kilogram"): "weight"}


def test_a_row_of_the_size_l_is_no_length() -> None:
    words = printed([
        ("INCH", 200, 0), ("M", 0, 60), ("8", 210, 60), ("L", 0, 120), ("9.5", 210, 120)
    ])  # fmt: skip
    assert of_tables(words, "depth") == {(8, "inch"): None, (9.5, "inch"): None}


def test_units_that_touch_the_first_row_head_their_columns_all_the_same() -> None:
    words = printed([
        ("INCH", 200, 0), ("CM", 400, 0),
        ("S", 0, 22), ("21-22", 195, 22), ("53-54", 385, 22),
        ("M", 0, 44), ("23-24", 195, 44), ("55-56", 385, 44),
    ])  # fmt: skip
    found = {(m.quantity.value, m.quantity.unit) for m in mentions(words, "width")}
    inches = {(n, "inch") for n in (21, 22, 23, 24)}
    assert found == inches | {(n, "centimetre") for n in (53, 54, 55, 56)}


def test_headers_that_an_engine_read_close_to_each_other_are_cells_of_their_own() -> None:
    words = printed([
        ("Volts", 0, 0), ("Amps", 60, 0), ("Watts", 110, 0),
        ("120", 10, 60), ("0.10", 60, 60), ("12.6", 115, 60),
    ])  # fmt: skip
    assert set(of_tables(words, "wattage")) == {(12.6, "watt")}
    assert set(of_tables(words, "voltage")) == {(120, "volt")}


@pytest.mark.parametrize(
    "said",
    ["Unit: mm", "(Unit: mm)", "All dimensions in mm", "Einheit: mm", "Maße in mm", "单位：mm",
     "Size (mm)", "(mm)"],
)  # fmt: skip
def test_a_unit_that_is_said_once_is_that_of_all_numbers_of_a_drawing(said: str) -> None:
    words = [*printed([(said, 0, 0), ("450", 300, 200)]), upwards("820", 700, 400)]
    found = of_tables(words, "width")
    assert set(found) == {(450, "millimetre"), (820, "millimetre")}


def test_two_units_that_are_said_of_all_numbers_are_of_none() -> None:
    words = printed([("Unit: mm", 0, 0), ("Unit: inch", 0, 300), ("450", 300, 200)])
    assert not of_tables(words, "width")


def test_a_title_that_has_its_table_is_not_for_numbers_elsewhere() -> None:
    words = printed([("Size (cm)", 0, 0), ("40", 40, 50), ("7", 700, 600)])
    assert set(of_tables(words, "width")) == {(40, "centimetre")}


def test_a_number_below_the_caption_of_an_icon_has_its_unit() -> None:
    assert set(of_tables(printed([("lb", 100, 0), ("25", 100, 60)]), "item_weight")) == {
        (25, "pound")
    }


def test_a_unit_below_the_words_below_a_number_belongs_to_it() -> None:
    words = printed([("4500", 100, 0), ("Starting", 85, 24), ("Watts", 95, 48)])
    assert set(of_tables(words, "wattage")) == {(4500, "watt")}


def test_a_name_over_its_unit_is_the_header_of_a_row_between_the_two() -> None:
    words = printed([("Diameter", 0, 0), ("(mm)", 20, 24), ("17.3", 200, 10), ("18.1", 300, 10)])
    assert of_tables(words, "width") == {
        (17.3, "millimetre"): "diameter", (18.1, "millimetre"): "diameter",
    }  # fmt: skip


def test_numbers_over_units_in_rows_are_pairs() -> None:
    words = printed([
        ("12", 0, 0), ("35-42", 60, 0), ("9.5", 135, 0),
        ("INCH", -10, 24), ("cm", 75, 24), ("kg", 140, 24),
    ])  # fmt: skip
    assert {(m.quantity.value, m.quantity.unit) for m in mentions(words, "item_weight")} == {
        (9.5, "kilogram")
    }


def test_the_unit_of_a_number_above_it_is_not_that_of_a_number_below() -> None:
    words = printed([("5", 105, 0), ("lbs", 100, 24), ("12", 100, 90), ("hours", 90, 114)])
    assert {m.quantity.value for m in mentions(words, "item_weight")} == {5}


def test_a_vertical_unit_goes_on_after_a_digit_that_was_read_as_upright() -> None:
    digit = Word("8", 95.0, 100, 220, 20, 20, 0, 0, 0, "line@0", "rapidocr")
    (seen,) = mentions([digit, upwards("cm", 100, 195)], "height")
    assert (seen.quantity.value, seen.quantity.unit) == (8, "centimetre")


@pytest.mark.parametrize(
    ("header", "number", "entity"),
    [
        ("Width (in)", "12 kg", "width"),
        ("Weight (kg)", "$12", "item_weight"),
        ("Weight (kg)", "12%", "item_weight"),
        ("Weight (kg)", "X18", "item_weight"),
        ("Weight (kg)", "007", "item_weight"),
        ("Weight (kg)", "555-1234", "item_weight"),
        ("Weight (kg)", "4006381333931", "item_weight"),
        ("Weight (kg)", "60 Hz", "item_weight"),
        ("Protein (g/kg)", "12", "item_weight"),
        ("Weight (g/m2)", "12", "item_weight"),
        ("Length (L)", "12", "item_volume"),
        ("Depth (W)", "12", "wattage"),
        ("Indoor/yard", "12", "width"),
        ("Made in", "12", "width"),
        ("W", "12", "wattage"),
        ("L", "12", "item_volume"),
        ("Weight (kg) max 5", "12", "item_weight"),
    ],
)
def test_what_is_no_bare_number_or_no_header_gives_nothing(
    header: str, number: str, entity: str
) -> None:
    words = printed([(header, 20, 100), (number, 600, 100)])
    assert not of_tables(words, entity)


@pytest.mark.parametrize("between", ["Depth", "Colour"])
def test_another_name_between_a_header_and_a_number_parts_them(between: str) -> None:
    words = printed([("Weight (kg)", 0, 0), (between, 400, 0), ("12", 700, 0)])
    assert not of_tables(words, "item_weight")


def test_years_and_counted_rows_are_not_of_the_unit_of_all() -> None:
    words = printed([("Unit: mm", 0, 0), ("2019", 300, 200), ("US", 0, 300), ("7", 300, 300)])
    assert not of_tables(words, "width")


def test_a_number_that_has_its_own_unit_takes_none_from_a_header() -> None:
    words = printed([("Weight (kg)", 0, 0), ("500 g", 20, 60)])
    found = {(m.quantity.value, m.quantity.unit) for m in mentions(words, "item_weight")}
    assert found == {(500, "gram")}


def test_a_unit_that_is_hardly_read_heads_no_column() -> None:
    words = [word._replace(conf=20.0) for word in printed([("ml", 100, 0), ("4", 105, 60)])]
    assert not of_tables(words, "item_volume")


def test_tables_without_end_are_left_alone() -> None:
    words = printed([("Width (cm)", 0, 0), *(("12", 0, 40 * n) for n in range(1, 600))])
    assert not of_tables(words, "width")
