"""Candidates from words with boxes: lines, joins, stacks, turned text, several passes."""
# ruff: noqa: RUF001  Arabic digits look like letters and points

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entity_extract.config import load_config
from entity_extract.quantities.candidates import Candidate, Mention, find_candidates
from entity_extract.quantities.parse import Kind
from entity_extract.records import Word

DOMAIN = load_config().domain


def typeset(
    text: str,
    left: int,
    top: int,
    *,
    size: int = 20,
    block: int = 0,
    line: int = 0,
    seen_by: str = "sparse@0",
    conf: float = 90.0,
) -> list[Word]:
    """Upright words, each letter half as wide as high, a space of the same width between."""
    words = []
    for piece in text.split():
        width = len(piece) * size // 2
        words.append(Word(piece, conf, left, top, width, size, block, line, 0, seen_by))
        left += width + size // 2
    return words


def turned(words: Sequence[Word], angle: int, side: int = 1000) -> list[Word]:
    """The same words in a square picture turned clockwise by 90 or 270 degrees."""
    boxes = []
    for word in words:
        right, bottom = word.left + word.width, word.top + word.height
        corner = (side - bottom, word.left) if angle == 90 else (word.top, side - right)
        boxes.append(corner)
    return [
        word._replace(
            left=left, top=top, width=word.height, height=word.width, angle=angle, pass_=f"@{angle}"
        )
        for word, (left, top) in zip(words, boxes, strict=True)
    ]


def found(words: Sequence[Word], entity: str = "width") -> dict[tuple[float, str], Candidate]:
    return {(c.value, c.unit): c for c in find_candidates(words, entity, DOMAIN)}


def mention(words: Sequence[Word], value: float, unit: str, entity: str = "width") -> Mention:
    (only,) = found(words, entity)[value, unit].mentions
    return only


def test_a_mention_knows_its_words_its_box_and_its_line() -> None:
    words = typeset("Net weight 500 g only", 100, 50)
    seen = mention(words, 500, "gram", "item_weight")
    assert seen.words == (2, 3)
    assert (seen.left, seen.top, seen.width, seen.height) == (210, 50, 50, 20)
    assert seen.line_text == "Net weight 500 g only"
    assert seen.line_text[seen.quantity.start : seen.quantity.end] == "500 g"
    assert (seen.angle, seen.pass_, seen.letter_height) == (0, "sparse@0", 20)


def test_the_confidence_is_that_of_the_least_sure_word() -> None:
    words = [*typeset("30", 0, 0, conf=95), *typeset("cm", 30, 0, conf=40)]
    assert mention(words, 30, "centimetre").conf == 40


def test_words_out_of_order_are_read_from_left_to_right() -> None:
    words = typeset("10 x 20 cm", 0, 0)
    shuffled = [words[2], words[0], words[3], words[1]]
    seen = found(shuffled)
    assert set(seen) == {(10, "centimetre"), (20, "centimetre")}
    assert seen[20, "centimetre"].mentions[0].words == (0, 2)


def test_a_line_split_into_blocks_is_joined_across_a_small_gap() -> None:
    words = [*typeset("30", 0, 0, block=1), *typeset("cm", 32, 1, block=2)]
    assert (30, "centimetre") in found(words)


def test_words_far_apart_on_one_baseline_are_not_joined() -> None:
    words = [*typeset("30", 0, 0, block=1), *typeset("cm", 200, 0, block=2)]
    assert not found(words)


def test_words_on_different_baselines_are_not_joined() -> None:
    words = [*typeset("stack 30", 0, 0, block=1), *typeset("cm wide", 95, 60, block=2)]
    assert not found(words)


def test_a_unit_below_its_number_belongs_to_it() -> None:
    words = [*typeset("500", 100, 100, size=40, block=1), *typeset("g", 125, 145, block=2)]
    seen = mention(words, 500, "gram", "item_weight")
    assert seen.quantity.kind is Kind.IMPLIED
    assert (seen.top, seen.height) == (100, 65)


def test_a_small_unit_beside_a_large_number_belongs_to_it() -> None:
    words = [*typeset("500", 0, 0, size=60, block=1), *typeset("g", 95, 40, block=2)]
    assert (500, "gram") in found(words, "item_weight")


def test_a_small_unit_may_reach_into_the_box_of_its_large_number() -> None:
    words = [*typeset("37", 0, 0, size=96, block=1), *typeset("kg", 75, 50, size=40, block=2)]
    assert (37, "kilogram") in found(words, "item_weight")


def test_boxes_of_a_number_and_a_unit_may_overlap_by_the_room_a_detector_leaves_around_them() -> (
    None
):
    above = [*typeset("275", 0, 0, size=43, block=1), *typeset("POUND", 5, 35, size=11, block=2)]
    beside = [*typeset("95", 0, 0, size=32, block=1), *typeset("lb", 20, 2, size=28, block=2)]
    assert (275, "pound") in found(above, "item_weight")
    assert (95, "pound") in found(beside, "item_weight")


def test_a_unit_far_below_a_number_does_not_belong_to_it() -> None:
    words = [*typeset("500", 100, 100, block=1), *typeset("g", 100, 300, block=2)]
    assert not found(words, "item_weight")


def test_a_number_and_a_unit_of_different_passes_do_not_meet() -> None:
    words = [*typeset("500", 0, 0, seen_by="a"), *typeset("g", 35, 0, seen_by="b")]
    assert not found(words, "item_weight")


@pytest.mark.parametrize("angle", [90, 270])
def test_vertical_text_is_read_along_its_own_direction(angle: int) -> None:
    upright = typeset("height 45.5 cm", 100, 300, size=24)
    seen = mention(turned(upright, angle), 45.5, "centimetre")
    assert seen.words == (1, 2)
    assert seen.angle == angle
    assert (seen.width, seen.height) == (24, 84)
    assert seen.letter_height == 24


@pytest.mark.parametrize("angle", [90, 270])
def test_vertical_text_split_into_blocks_is_joined(angle: int) -> None:
    upright = [*typeset("45.5", 100, 300, block=1), *typeset("cm", 150, 300, block=2)]
    assert (45.5, "centimetre") in found(turned(upright, angle))


@pytest.mark.parametrize("angle", [90, 270])
def test_a_unit_below_its_number_belongs_to_it_in_turned_text(angle: int) -> None:
    upright = [*typeset("500", 100, 100, size=40, block=1), *typeset("g", 125, 145, block=2)]
    assert (500, "gram") in found(turned(upright, angle), "item_weight")


def test_two_vertical_lines_side_by_side_stay_two_lines() -> None:
    upright = [*typeset("10 cm", 100, 300, line=0), *typeset("20 cm", 100, 330, line=1)]
    seen = found(turned(upright, 90))
    assert {c.mentions[0].line_text for c in seen.values()} == {"10 cm", "20 cm"}


def test_one_place_seen_by_two_passes_is_two_mentions_and_one_place() -> None:
    words = [*typeset("30 cm", 10, 10, seen_by="a"), *typeset("30 cm", 11, 9, seen_by="b")]
    (candidate,) = find_candidates(words, "width", DOMAIN)
    assert [seen.pass_ for seen in candidate.mentions] == ["b", "a"]
    assert candidate.places == 1


def test_one_line_that_a_pass_cropped_twice_is_one_mention() -> None:
    words = [
        *typeset("18.7 cm", 10, 10, block=3, seen_by="line@0"),
        *typeset("18.7 cm", 12, 9, block=7, seen_by="line@0"),
    ]
    (candidate,) = find_candidates(words, "width", DOMAIN)
    assert (len(candidate.mentions), candidate.places) == (1, 1)


def test_crops_that_lie_over_each_other_are_not_joined() -> None:
    words = [
        *typeset("box 50 g", 10, 10, block=3, seen_by="line@0"),
        *typeset("x 2", 45, 10, block=4, seen_by="line@0"),
    ]
    assert set(found(words, "item_weight")) == {(50, "gram")}


def test_a_line_cut_into_three_crops_is_one_product() -> None:
    words = [
        *typeset("10 x", 0, 0, block=5, seen_by="line@0"),
        *typeset("20 x 30", 52, 1, block=2, seen_by="line@0"),
        *typeset("cm", 134, 0, block=9, seen_by="line@0"),
    ]
    assert set(found(words)) == {(n, "centimetre") for n in (10, 20, 30)}


def test_the_same_answer_in_two_places_is_one_candidate() -> None:
    words = [*typeset("30 cm", 10, 10, line=0), *typeset("30cm", 10, 200, line=1)]
    (candidate,) = find_candidates(words, "width", DOMAIN)
    assert len(candidate.mentions) == 2
    assert candidate.places == 2


def test_the_plainest_reading_is_mentioned_first() -> None:
    words = [*typeset("3O cm", 10, 10, line=0), *typeset("30 cm", 10, 200, line=1)]
    candidate = found(words)[30, "centimetre"]
    assert [m.quantity.kind for m in candidate.mentions] == [Kind.PLAIN, Kind.REPAIRED]


def test_a_line_from_right_to_left_is_read_from_the_right() -> None:
    words = typeset("جم ٥٠٠ الصافي: الوزن", 0, 0)  # as they stand in the picture
    seen = mention(words, 500, "gram", "item_weight")
    assert seen.line_text == "الوزن الصافي: ٥٠٠ جم"
    assert seen.quantity.kind is Kind.PLAIN
    assert seen.words == (1, 0)


def test_latin_words_in_a_line_from_right_to_left_keep_their_order() -> None:
    words = typeset("NET WT 500 g الوزن", 0, 0)
    seen = mention(words, 500, "gram", "item_weight")
    assert seen.line_text == "الوزن NET WT 500 g"
    assert seen.words == (2, 3)


@pytest.mark.parametrize(
    ("pieces", "text", "value", "unit"),
    [
        ("内 容 量 : 500 グ ラ ム", "内容量 : 500 グラム", 500, "gram"),
        ("净 重 5 公 斤 (10 袋)", "净重 5 公斤 (10 袋)", 5, "kilogram"),
        ("น้ำหนัก สุทธิ 500 กิโล กรัม", "น้ำหนักสุทธิ 500 กิโลกรัม", 500, "kilogram"),
        ("중량 : 500 그램", "중량 : 500 그램", 500, "gram"),
    ],
)
def test_letters_that_an_engine_took_apart_are_one_word_where_the_script_has_no_spaces(
    pieces: str, text: str, value: float, unit: str
) -> None:
    words = typeset(pieces, 0, 0)
    seen = mention(words, value, unit, "item_weight")
    assert seen.line_text == text
    read = "".join(words[i].text for i in seen.words)
    assert read == seen.quantity.text.replace(" ", "")


def test_no_words_give_no_candidates() -> None:
    assert find_candidates([], "width", DOMAIN) == []
    assert find_candidates([Word(" ", -1.0, 0, 0, 0, 0)], "width", DOMAIN) == []


WORDS = st.builds(
    Word,
    text=st.sampled_from(["30", "cm", "10", "x", "20cm", '5"', "L", "l0cm", "", "½", "(4in)", "-"]),
    conf=st.floats(0, 100),
    left=st.integers(0, 300),
    top=st.integers(0, 100),
    width=st.integers(0, 60),
    height=st.integers(0, 30),
    block=st.integers(0, 2),
    line=st.integers(0, 2),
    angle=st.sampled_from([0, 90, 180, 270]),
    pass_=st.sampled_from(["a", "b"]),
)


@given(st.lists(WORDS, max_size=14))
def test_any_words_give_candidates_whose_boxes_hold_their_words(words: list[Word]) -> None:
    for candidate in find_candidates(words, "width", DOMAIN):
        assert 1 <= candidate.places <= len(candidate.mentions)
        for seen in candidate.mentions:
            assert (seen.quantity.value, seen.quantity.unit) == (candidate.value, candidate.unit)
            assert len({words[i].pass_ for i in seen.words} | {seen.pass_}) == 1
            for i in seen.words:
                assert seen.left <= words[i].left
                assert words[i].left + words[i].width <= seen.left + seen.width
                assert seen.top <= words[i].top
                assert words[i].top + words[i].height <= seen.top + seen.height


@given(st.lists(WORDS, max_size=10), st.randoms())
def test_the_order_of_the_words_does_not_change_the_candidates(
    words: list[Word], random: Random
) -> None:
    distinct = list({word[2:]: word for word in words}.values())
    shuffled = random.sample(distinct, len(distinct))
    answers = [(c.value, c.unit, c.places) for c in find_candidates(distinct, "width", DOMAIN)]
    again = [(c.value, c.unit, c.places) for c in find_candidates(shuffled, "width", DOMAIN)]
    assert answers == again


def test_a_second_look_counts_where_the_first_holds_no_candidate() -> None:
    first = typeset("12 cm", 0, 0)
    again = typeset("30 cm 2 kg", 0, 100, seen_by="reread/contrast/sparse@0")
    assert [*found([*first, *again])] == [(12, "centimetre")]
    assert [*found([*first, *again], "item_weight")] == [(2, "kilogram")]
    assert [*found(again)] == [(30, "centimetre")]
