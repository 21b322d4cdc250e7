"""What a candidate and a row look like to the learners, on words printed by hand."""

import os
import subprocess
import sys
from random import Random

import numpy as np
import pytest

from entity_extract.learning.features.examples import allowed_units, build_example
from entity_extract.learning.features.text import text_feature_names
from entity_extract.records import Word
from tests.unit.learning_cases import DOMAIN, PICTURE, Product, features_of, printed, to_examples


def turned(words: list[Word]) -> list[Word]:
    """The same words, reading from top to bottom."""
    return [
        Word(w.text, w.conf, w.top, w.left, w.height, w.width, 9, 9, 90, "sparse@90") for w in words
    ]


def text_of(words: list[Word], entity: str) -> dict[str, float]:
    example = build_example(words, entity=entity, picture=PICTURE, domain=DOMAIN)
    return dict(zip(text_feature_names(DOMAIN), example.text.tolist(), strict=True))


def test_a_keyword_of_the_entity_counts_on_the_line_and_before_the_number() -> None:
    words = [*printed("Weight 500 g", line=0), *printed("250 g weight", top=200, line=1)]
    seen = features_of(words, "item_weight")
    assert [seen["500 gram"][x] for x in ("keyword_on_line", "keyword_before")] == [1, 1]
    assert [seen["250 gram"][x] for x in ("keyword_on_line", "keyword_before")] == [1, 0]


def test_a_keyword_of_another_entity_of_the_same_dimension_is_a_rivals() -> None:
    words = [*printed("Height 30 cm", line=0), *printed("Voltage 20 cm", top=200, line=1)]
    seen = features_of(words, "width")
    assert [seen["30 centimetre"][x] for x in ("keyword_on_line", "rival_on_line")] == [0, 1]
    assert [seen["20 centimetre"][x] for x in ("keyword_on_line", "rival_on_line")] == [0, 0]


def test_keyword_distance_is_measured_in_picture_diagonals() -> None:
    words = [*printed("30cm", 0, 0, line=0), *printed("wide", 300, 400, line=1)]  # equally long
    seen = features_of(words, "width", picture=(600, 800))["30 centimetre"]
    assert seen["keyword_distance"] == pytest.approx(500 / 1000)
    assert seen["rival_distance"] == 3.0  # no such word at all


@pytest.mark.parametrize(
    ("text", "entity", "own", "rival"),
    [
        ("内容量500g", "item_weight", 1, 0),
        ("商品の内容量は 500g", "item_weight", 1, 0),
        ("耐荷重500g", "item_weight", 0, 1),
        ("高级品 500cm", "height", 0, 0),  # "high-grade" is no height
        ("高 500cm", "height", 1, 0),
        ("무게는 500g", "item_weight", 1, 0),
        ("น้ำหนักสุทธิ500g", "item_weight", 1, 0),
        ("वजन 500 ग्राम", "item_weight", 1, 0),
        ("HOHE 500cm", "height", 1, 0),
        ("MASA NETTO ŁĄCZNIE 500g", "item_weight", 1, 0),
    ],
)
def test_a_keyword_is_found_in_any_script(text: str, entity: str, own: int, rival: int) -> None:
    (seen,) = features_of(printed(text), entity).values()
    assert (seen["keyword_before"], seen["rival_on_line"]) == (own, rival)
    assert (seen["keyword_chars"] < 60, seen["rival_chars"] < 60) == (own, rival)
    assert (seen["keyword_distance"] < 3.0, seen["rival_distance"] < 3.0) == (own, rival)
    assert text_of(printed(text), entity)[f"keyword_{entity}"] == own


@pytest.mark.parametrize(
    ("text", "own", "rival"),
    [
        ("幅30cm", 1, 0),
        ("高さ約30cm", 0, 1),
        ("Lățime 30 cm", 1, 0),
        ("30 cm W", 1, 0),
        ("30 cm H", 0, 1),
        ("30 cm", 0, 0),
        ("Breite 30 cm", 1, 0),
        ("Largeur 30 cm", 1, 0),
        ("Höhe 30 cm", 0, 1),
        ("ø 30 cm", 0, 1),
    ],
)
def test_an_axis_at_the_number_names_the_entity_or_a_rival(text: str, own: int, rival: int) -> None:
    seen = features_of(printed(text), "width")["30 centimetre"]
    assert (seen["axis_own"], seen["axis_rival"]) == (own, rival)


def test_sides_of_a_product_know_their_place() -> None:
    seen = features_of(printed("10 x 20 x 30 cm"), "width")
    assert [seen[f"{n} centimetre"]["position"] for n in (10, 20, 30)] == [0, 1, 2]
    assert {side["factors"] for side in seen.values()} == {3}
    assert {side["kind_product"] for side in seen.values()} == {1}
    assert {side["kind_plain"] for side in seen.values()} == {0}


def test_ranks_are_counted_from_the_largest_the_largest_print_the_left_and_the_top() -> None:
    words = [
        *printed("30 cm", 500, 100, size=20, line=0),
        *printed("10 cm", 100, 300, size=60, line=1),
        *printed("20 cm", 300, 500, size=40, line=2),
    ]
    seen = features_of(words, "width")
    ranks = {
        "rank_from_largest": [2, 1, 0],
        "rank_from_smallest": [0, 1, 2],
        "rank_by_letter_height": [0, 1, 2],
        "rank_from_left": [0, 1, 2],
        "rank_from_top": [1, 2, 0],
    }
    for name, expected in ranks.items():
        assert [seen[f"{n} centimetre"][name] for n in (10, 20, 30)] == expected, name


def test_values_are_ranked_in_si_units() -> None:
    words = [*printed("2 kg", line=0), *printed("500 g", top=200, line=1)]
    seen = features_of(words, "item_weight")
    assert seen["2 kilogram"]["rank_from_largest"] == 0
    assert seen["500 gram"]["log_si"] == pytest.approx(np.log10(0.5))


def test_the_same_size_in_another_unit_is_a_twin_and_the_larger_print_is_known() -> None:
    words = [
        *printed("10 in", size=20, line=0),
        *printed("25 cm", top=200, size=40, line=1),
        *printed("30 cm", top=400, line=2),
    ]
    seen = features_of(words, "width")
    assert [seen[x]["twin"] for x in ("10 inch", "25 centimetre", "30 centimetre")] == [1, 1, 0]
    assert seen["10 inch"]["twin_is_larger_print"] == 1
    assert seen["25 centimetre"]["twin_is_larger_print"] == 0


def test_two_near_values_in_one_unit_are_no_twins() -> None:
    words = [*printed("100 cm", line=0), *printed("101 cm", top=200, line=1)]
    assert not any(seen["twin"] for seen in features_of(words, "width").values())


def test_mentions_places_and_passes_are_counted_apart() -> None:
    words = [
        *printed("30 cm", conf=90, seen_by="a"),
        *printed("30 cm", conf=40, seen_by="b"),
        *printed("30 cm", top=300, conf=70, seen_by="a", line=1),
    ]
    seen = features_of(words, "width")["30 centimetre"]
    assert [seen[x] for x in ("mentions", "places", "passes")] == [3, 2, 2]
    assert [seen["conf_max"], seen["conf_min"]] == [90, 40]


def test_the_mention_in_the_largest_print_gives_place_and_box() -> None:
    words = [*printed("30 cm", 0, 0, size=20), *printed("30cm", 400, 300, size=50, line=1)]
    example = build_example(words, entity="width", picture=PICTURE, domain=DOMAIN)
    assert example.boxes.tolist() == [[400, 300, 100, 50]]
    seen = features_of(words, "width")["30 centimetre"]
    assert seen["center_x"] == pytest.approx(450 / PICTURE[0])
    assert seen["center_y"] == pytest.approx(325 / PICTURE[1])
    assert seen["letter_height"] == pytest.approx(50 / PICTURE[1])


def test_the_box_is_of_the_mention_that_the_features_describe_in_a_tie_too() -> None:
    repaired = printed("3O cm", 100, 100)  # higher up, though not the plainest reading
    words = [*printed("30 cm", 400, 500, line=1), *repaired]
    example = build_example(words, entity="width", picture=PICTURE, domain=DOMAIN)
    seen = features_of(words, "width")["30 centimetre"]
    left, top, width, height = example.boxes[0]
    center = ((left + width / 2) / PICTURE[0], (top + height / 2) / PICTURE[1])
    assert (seen["center_x"], seen["center_y"]) == pytest.approx(center)


def test_a_number_alone_on_its_line_and_vertical_print_are_marked() -> None:
    words = [*printed("30 cm", line=0), *printed("only 20 cm wide", top=200, line=1)]
    seen = features_of([*words, *turned(printed("10 cm", 600, 600))], "width")
    assert [seen[f"{n} centimetre"]["alone_on_line"] for n in (30, 20, 10)] == [1, 0, 1]
    assert [seen[f"{n} centimetre"]["vertical"] for n in (30, 20, 10)] == [0, 0, 1]


@pytest.mark.parametrize(
    ("number", "digits"), [("500", 1), ("12.5", 3), ("0.05", 1), ("1050", 3), ("1500000", 2)]
)
def test_significant_digits_are_those_of_the_printed_number(number: str, digits: int) -> None:
    (seen,) = features_of(printed(f"{number} g"), "item_weight").values()
    assert seen["significant_digits"] == digits


def test_a_picture_without_quantities_has_no_candidates_and_a_text_all_the_same() -> None:
    for words in ([], printed("New and tasty")):
        example = build_example(words, entity="width", picture=PICTURE, domain=DOMAIN)
        assert len(example.values) == len(example.units) == len(example.candidate) == 0
        assert example.boxes.shape == (0, 4)
        assert np.isfinite(example.text).all()


def test_features_are_finite_even_in_a_picture_of_one_pixel() -> None:
    example = build_example(printed("1 cm"), entity="width", picture=(0, 1), domain=DOMAIN)
    assert example.candidate.shape[0] == 1
    assert np.isfinite(example.candidate).all()


def test_the_order_of_the_words_does_not_change_the_features() -> None:
    words = [
        *printed("Width 30 cm W 12 in", line=0),
        *printed("10 x 20 cm high", top=200, line=1),
        *printed("30 cm", 400, 400, seen_by="block@0", line=2),
    ]
    expected = build_example(words, entity="width", picture=PICTURE, domain=DOMAIN)
    for seed in range(5):
        shuffled = Random(seed).sample(words, len(words))
        again = build_example(shuffled, entity="width", picture=PICTURE, domain=DOMAIN)
        np.testing.assert_array_equal(again.candidate, expected.candidate)
        np.testing.assert_array_equal(again.boxes, expected.boxes)
        np.testing.assert_allclose(again.text, expected.text, rtol=1e-6)


def test_text_features_say_what_was_read() -> None:
    words = [*printed("Net weight 500 g", line=0), *printed("2 kg", top=200, line=1)]
    seen = text_of([*words, *turned(printed("3 kg", 600, 600))], "item_weight")
    assert seen["words"] == 8
    assert seen["digit_share"] == pytest.approx(3 / 8)
    assert seen["vertical_words"] == 2
    assert [seen["keyword_item_weight"], seen["keyword_voltage"]] == [1, 0]
    assert [seen["found_kilogram"], seen["found_gram"], seen["found_ton"]] == [2, 1, 0]
    assert seen["log_si_kilogram"] == pytest.approx(np.log10(3))
    assert seen["log_si_least"] == pytest.approx(np.log10(0.5))
    assert seen["log_si_most"] == pytest.approx(np.log10(3))
    assert seen["log_si_ton"] < np.log10(1e-9)  # below every real quantity


def test_a_repeated_word_adds_to_one_bucket() -> None:
    once, twice = text_of(printed("tasty"), "width"), text_of(printed("tasty tasty"), "width")
    changed = {name for name in once if name.startswith("token_") and once[name] != twice[name]}
    assert len(changed) == 1


def test_features_are_the_same_in_every_process() -> None:
    words = [tuple(word) for word in printed("Net weight 500 g tasty wholemeal flour 2 kg")]
    code = (
        "from entity_extract.config import load_config\n"
        "from entity_extract.learning.features.examples import build_example\n"
        "from entity_extract.records import Word\n"
        f"words = [Word(*word) for word in {words}]\n"
        "domain = load_config().domain\n"
        "e = build_example(words, entity='item_weight', picture=(9, 9), domain=domain)\n"
        "print((e.text.tobytes() + e.candidate.tobytes()).hex())"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(outputs) == 1
    assert len(outputs.pop()) > 1000


def test_rows_are_taken_in_any_order_with_their_own_candidates() -> None:
    examples = to_examples(
        [
            Product("item_weight", "tea", tuple(printed(text)), ())
            for text in ("500 gram", "nothing", "1 kilogram or 3 gram")
        ]
    )
    taken = examples.take(np.array([2, 1, 0, 2]))
    assert taken.owner.tolist() == [0, 0, 2, 3, 3]
    assert taken.value.tolist() == [3, 1, 500, 3, 1]
    assert taken.picture.tolist() == ["picture 2", "picture 1", "picture 0", "picture 2"]
    assert len(examples.take(np.zeros(0, int))) == 0


def test_allowed_units_are_those_of_each_rows_entity() -> None:
    mask = allowed_units(np.array(["voltage", "item_weight"], object), DOMAIN)
    for row, entity in zip(mask, ("voltage", "item_weight"), strict=True):
        names = {unit for unit, allowed in zip(DOMAIN.unit_names, row, strict=True) if allowed}
        assert names == set(DOMAIN.entities[entity].units)
