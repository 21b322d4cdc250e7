"""Which line a length belongs to, on drawings given by their strokes and words."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw

from entity_extract.config.domain import Domain, Entity
from entity_extract.learning.features.candidates.drawing import DRAWING_FEATURES, FAR
from entity_extract.learning.features.examples import build_example
from entity_extract.reading.line_segments import find_strokes
from entity_extract.records import Stroke, Word
from tests.unit.learning_cases import DOMAIN, printed

PICTURE = (1000, 1000)
# A box seen from the front right: its dimension lines, and what is written beside them.
LEVEL = Stroke(200, 850, 600, 850, 3)
UPRIGHT = Stroke(120, 200, 120, 800, 3)
OBLIQUE = Stroke(640, 850, 800, 700, 3)
LINES = (LEVEL, UPRIGHT, OBLIQUE)
KINDS = ("level", "upright", "oblique")
WORDS = (
    *printed("40 cm", 375, 870, line=0),
    *printed("60 cm", 40, 490, line=1),
    *printed("25 cm", 740, 785, line=2),
)


def seen(
    strokes: Sequence[Stroke],
    words: Sequence[Word] = WORDS,
    entity: str = "width",
    picture: tuple[int, int] = PICTURE,
) -> dict[float, dict[str, float]]:
    """Value -> feature -> number, for each candidate."""
    example = build_example(words, entity=entity, picture=picture, domain=DOMAIN, strokes=strokes)
    return {
        float(value): dict(zip(example.names, row.tolist(), strict=True))
        for value, row in zip(example.values, example.candidate, strict=True)
    }


def test_each_text_is_nearest_to_the_line_that_it_was_written_along() -> None:
    features = seen(LINES)
    for value, kind in ((40, "level"), (60, "upright"), (25, "oblique")):
        assert features[value][f"{kind}_line"] < 2.5
        assert features[value][f"rank_by_{kind}_line"] == 0
        others = [features[other][f"rank_by_{kind}_line"] for other in features if other != value]
        assert min(others) >= 1


@pytest.mark.parametrize(
    ("entity", "kind", "own"),
    [("width", "level", 40), ("height", "upright", 60), ("depth", "oblique", 25)],
)
def test_a_length_is_told_how_far_off_the_line_is_that_its_entity_is_drawn_along(
    entity: str, kind: str, own: float
) -> None:
    features = seen(LINES, entity=entity)
    for candidate in features.values():
        assert candidate["own_line"] == candidate[f"{kind}_line"]
        assert candidate["rank_by_own_line"] == candidate[f"rank_by_{kind}_line"]
    assert features[own]["own_line_over_best"] == 0
    assert min(features[other]["own_line_over_best"] for other in features if other != own) > 1


def test_an_entity_that_is_drawn_along_no_kind_of_line_has_none_of_its_own() -> None:
    seat = Entity(units=("centimetre",), keywords=("seat",))
    domain = Domain(entities={**DOMAIN.entities, "seat": seat}, units=DOMAIN.units)
    example = build_example(WORDS, entity="seat", picture=PICTURE, domain=domain, strokes=LINES)
    columns = [example.names.index(name) for name in ("own_line", "own_line_over_best")]
    assert not example.candidate[:, columns].any()
    assert example.candidate[:, example.names.index("level_line")].any()


def test_a_text_in_the_broken_middle_of_a_drawn_arrow_belongs_to_it() -> None:
    image = Image.new("RGB", PICTURE, "white")
    draw = ImageDraw.Draw(image)
    for ends in ((100, 500, 420, 500), (580, 500, 900, 500), (950, 100, 950, 900)):
        draw.line(ends, fill="black", width=3)
    words = [*printed("80 cm", 450, 480, size=40, line=0), *printed("70 cm", 700, 100, line=1)]
    features = seen(find_strokes(np.asarray(image)), words)
    assert features[80]["level_line"] < 3.5  # beside the end of one half, not of its middle
    assert features[80]["upright_line"] > features[80]["level_line"] + 3
    assert features[80]["rank_by_level_line"] == 0


def test_the_middle_of_a_line_is_nearer_than_its_end_and_a_drawn_line_than_an_edge() -> None:
    words = [*printed("40 cm", 375, 870, line=0), *printed("41 cm", 560, 870, line=1)]
    features = seen([LEVEL], words)
    assert features[40]["level_line"] < features[41]["level_line"]
    edge = seen([LEVEL._replace(thickness=0.0)], words)
    assert features[40]["level_line"] < edge[40]["level_line"]


def test_strokes_of_the_letters_themselves_are_no_lines() -> None:
    word = WORDS[0]
    stem = Stroke(word.left + 4, word.top + 1, word.left + 4, word.top + word.height - 1, 2)
    assert seen([stem])[40]["upright_line"] == FAR
    through = stem._replace(y0=word.top - 200, y1=word.top + 200)
    assert seen([through])[40]["upright_line"] < FAR


def test_without_strokes_every_line_is_far_and_sides_are_those_of_the_picture() -> None:
    features = seen([])[60]
    assert [features[f"{kind}_line"] for kind in ("level", "upright", "oblique")] == [FAR] * 3
    assert features["side_x"] == pytest.approx(features["center_x"])
    assert features["side_y"] == pytest.approx(features["center_y"])


def test_sides_are_counted_from_the_ends_of_the_drawing() -> None:
    features = seen(LINES)
    assert features[60]["side_x"] < 0 < features[60]["side_y"] < 1  # left of all that is drawn
    assert 0 < features[40]["side_x"] < 1 < features[40]["side_y"]  # below it


def test_the_neighbour_is_the_nearest_other_text_and_its_own_repetition_is_none() -> None:
    words = [
        *printed("40 cm", 100, 100, line=0),
        *printed("30 cm", 100, 200, line=1),
        *printed("20 cm", 800, 100, line=2),
    ]
    features = seen([], words)
    assert (features[40]["neighbour_x"], features[40]["neighbour_y"]) == (0, 5)
    assert features[20]["neighbour_x"] == -20  # no farther than that
    alone = seen([], [*printed("40 cm"), *printed("40 cm", seen_by="block@0")])
    assert (alone[40]["neighbour_x"], alone[40]["neighbour_y"]) == (0, 0)


@pytest.mark.parametrize("factor", [0.5, 2, 3])
def test_the_scale_of_the_picture_does_not_matter(factor: float) -> None:
    words = [
        word._replace(
            **{k: round(getattr(word, k) * factor) for k in ("left", "top", "width", "height")}
        )
        for word in WORDS
    ]
    strokes = [Stroke(*(x * factor for x in stroke)) for stroke in LINES]
    picture = (round(PICTURE[0] * factor), round(PICTURE[1] * factor))
    scaled, expected = seen(strokes, words, picture=picture), seen(LINES)
    for value in expected:
        for name in DRAWING_FEATURES:
            assert scaled[value][name] == pytest.approx(expected[value][name], abs=0.15), name


def test_a_quantity_that_is_no_length_has_nothing_to_do_with_lines() -> None:
    features = seen(LINES, printed("500 g", 375, 870), "item_weight")[500]
    assert {features[name] for name in DRAWING_FEATURES} == {0.0}


def test_features_are_finite_for_a_stroke_without_length_and_a_picture_without_size() -> None:
    features = seen([Stroke(5, 5, 5, 5)], printed("1 cm"), picture=(0, 0))[1]
    assert np.isfinite([features[name] for name in DRAWING_FEATURES]).all()


def test_the_order_of_strokes_does_not_change_the_features() -> None:
    assert seen(LINES[::-1]) == seen(LINES)


def test_what_the_network_told_of_a_line_comes_with_its_candidates() -> None:
    odds = {"40": (0.9, 0.05, 0.0), "60": (0.1, 0.8, 0.1), "25": (0.2, 0.1, 0.6)}
    told = [
        word._replace(level=level, upright=upright, oblique=oblique)
        for word in WORDS
        for level, upright, oblique in [odds.get(word.text, (0.0, 0.0, 0.0))]
    ]
    for entity, kind, own in (("width", "level", 40), ("depth", "oblique", 25)):
        features = seen((), told, entity)
        assert [features[value]["level_told"] for value in (40, 60, 25)] == pytest.approx(
            [0.9, 0.1, 0.2]
        )
        assert features[own][f"rank_by_{kind}_told"] == 0
        assert features[own]["rank_by_own_told"] == 0
        assert features[own]["own_told"] == pytest.approx(odds[str(own)][KINDS.index(kind)])
        assert min(features[v]["rank_by_own_told"] for v in features if v != own) >= 1
