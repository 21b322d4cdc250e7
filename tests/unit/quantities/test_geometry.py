"""Boxes turned into the direction of reading."""

import pytest

from entity_extract.quantities.geometry import Box, overlap, same_place, span, union_box
from entity_extract.records import Word


def at(left: int, top: int, angle: int) -> Word:
    width, height = (60, 20) if angle in (0, 180) else (20, 60)
    return Word("30cm", 90.0, left, top, width, height, angle=angle)


@pytest.mark.parametrize(
    ("angle", "first", "following", "below"),
    [
        (0, (100, 100), (170, 100), (100, 130)),
        (90, (100, 100), (100, 170), (70, 100)),  # reads downwards, the next line is to the left
        (180, (100, 100), (30, 100), (100, 70)),
        (270, (100, 100), (100, 30), (130, 100)),  # reads upwards, the next line is to the right
    ],
)
def test_words_follow_and_lines_descend_at_every_angle(
    angle: int, first: tuple[int, int], following: tuple[int, int], below: tuple[int, int]
) -> None:
    here, after, under = (span(at(*place, angle)) for place in (first, following, below))
    assert (after.start - here.end, overlap(here, after)) == (10, 20)
    assert (under.start, under.top - here.bottom) == (here.start, 10)
    assert here.height == 20


def test_the_union_holds_all_boxes() -> None:
    assert union_box([at(10, 20, 0), at(100, 5, 90)]) == Box(10, 5, 110, 60)


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Box(0, 0, 100, 20), True),
        (Box(5, 2, 100, 20), True),
        (Box(20, 5, 30, 10), True),  # one pass boxed a part of the words
        (Box(60, 0, 100, 20), False),
        (Box(0, 30, 100, 20), False),
    ],
)
def test_boxes_that_share_most_of_the_smaller_are_one_place(other: Box, same: bool) -> None:
    assert same_place(Box(0, 0, 100, 20), other) is same
    assert same_place(other, Box(0, 0, 100, 20)) is same
