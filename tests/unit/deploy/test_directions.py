"""The drawings that the network of dimension lines learns from."""

from collections import Counter

import numpy as np
import pytest

pytest.importorskip("matplotlib", reason="its fonts are what drawings are lettered with")

from deploy.artefacts.directions.drawings import draw
from deploy.artefacts.directions.sheet import Line, Style
from entity_extract.sample_shop.drawing.dice import Dice

STYLE = Style(0, 255, 1, 20, "DejaVuSans", "filled", False, "beside", False, False, False)


def test_the_same_seed_draws_the_same_and_another_one_another() -> None:
    one, same, other = draw(Dice(1)), draw(Dice(1)), draw(Dice(2))
    assert np.array_equal(one.pixels, same.pixels)
    assert one.texts == same.texts
    assert one.texts != other.texts


def test_every_kind_of_line_is_drawn_and_texts_stand_within_the_sheet_apart() -> None:
    kinds: Counter[int] = Counter()
    for seed in range(40):
        drawing = draw(Dice(seed))
        height, width = drawing.pixels.shape
        for text in drawing.texts:
            left, top, wide, high = text.box
            assert 0 <= left < left + wide <= width
            assert 0 <= top < top + high <= height
            part = drawing.pixels[top : top + high, left : left + wide].astype(int)
            assert part.max() - part.min() > 30, "there is ink in it"
            kinds[text.kind] += 1
    assert min(kinds[kind] for kind in range(4)) >= 10


@pytest.mark.parametrize(
    ("end", "kind"),
    [((100.0, 10.0), 1), ((100.0, 30.0), 3), ((10.0, 100.0), 2), ((-100.0, 60.0), 3)],
)
def test_a_line_is_of_the_kind_that_strokes_of_its_slope_are(
    end: tuple[float, float], kind: int
) -> None:
    assert Line((0.0, 0.0), end, (0.0, 1.0), STYLE).kind == kind
    assert Line(end, (0.0, 0.0), (0.0, 1.0), STYLE).kind == kind


def test_a_line_that_is_seen_from_aside_keeps_its_text_on_the_same_hand() -> None:
    moved = Line((0.0, 0.0), (100.0, 0.0), (0.0, 1.0), STYLE).moved(
        np.array([[1.0, 0.0, 0.0], [0.5, 1.0, 7.0]])
    )
    assert moved.begin == pytest.approx((0.0, 7.0))
    assert moved.end == pytest.approx((100.0, 57.0))
    assert moved.kind == 3
    assert moved.outwards[1] > 0
    assert np.dot(moved.outwards, (100.0, 50.0)) == pytest.approx(0.0, abs=1e-9)
    assert np.hypot(*moved.outwards) == pytest.approx(1.0)
