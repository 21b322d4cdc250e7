"""The gallery: which rows it takes, and where it draws their boxes."""

from io import BytesIO

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from entity_extract.config import EvaluateConfig, load_config
from entity_extract.evaluation.gallery import GalleryRow, choose, framed, gallery_rows

DOMAIN = load_config().domain
GREY = (128, 128, 128)


def jpeg(width: int = 200, height: int = 100) -> bytes:
    out = BytesIO()
    Image.new("RGB", (width, height), GREY).save(out, "JPEG")
    return out.getvalue()


def gallery_row(box: tuple[int, int, int, int] | None, **more: object) -> GalleryRow:
    columns: dict[str, object] = {
        **{"image": jpeg(), "width": 1000, "height": 500, "box": box, "verdict": "right"},
        **{"entity_name": "width", "entity_value": "5 inch", "prediction": "5 inch"},
        **{"confidence": 0.5, "runner_up": ""},
    }
    return GalleryRow(**(columns | more))  # type: ignore[arg-type]


def painted(row: GalleryRow) -> np.ndarray:
    """(height, width), True where the picture is no longer its grey."""
    content = framed(row)
    assert content is not None
    with Image.open(BytesIO(content)) as picture:
        return np.abs(np.asarray(picture, int) - GREY).max(axis=2) > 40


def test_the_frame_stands_around_the_box_scaled_to_the_thumbnail() -> None:
    """A box of 300 x 150 at (400, 200) of 1000 x 500 is 60 x 30 at (80, 40) of 200 x 100."""
    paint = painted(gallery_row((400, 200, 300, 150)))
    rows, columns = (np.flatnonzero(paint.any(axis=side)) for side in (1, 0))
    assert (columns[0], columns[-1]) == pytest.approx((80 - 3, 140 + 3), abs=1)
    assert (rows[0], rows[-1]) == pytest.approx((40 - 3, 70 + 3), abs=1)
    assert not paint[44:67, 84:137].any()  # the letters stay as they are


def test_both_scales_are_used_where_they_differ() -> None:
    paint = painted(gallery_row((400, 200, 300, 150), height=1000))
    rows, columns = (np.flatnonzero(paint.any(axis=side)) for side in (1, 0))
    assert (columns[0], columns[-1]) == pytest.approx((80 - 3, 140 + 3), abs=1)
    assert (rows[0], rows[-1]) == pytest.approx((20 - 3, 35 + 3), abs=1)


def test_right_and_wrong_rows_have_frames_of_other_colours() -> None:
    def colour(verdict: str) -> tuple[int, ...]:
        content = framed(gallery_row((400, 200, 300, 150), verdict=verdict))
        assert content is not None
        with Image.open(BytesIO(content)) as picture:
            return tuple(np.asarray(picture, int)[39, 100])  # the line above the box

    right, wrong = colour("right"), colour("wrong_chosen")
    assert right[2] > right[0] + 50  # blue
    assert wrong[0] > wrong[2] + 50  # vermilion


@pytest.mark.parametrize("box", [(-50, -50, 5000, 5000), (990, 490, 100, 100), (5, 5, 0, 0)])
def test_a_box_beyond_the_picture_or_without_an_area_still_makes_a_picture(
    box: tuple[int, int, int, int],
) -> None:
    assert painted(gallery_row(box)).shape == (100, 200)


def test_without_a_box_or_a_size_nothing_is_drawn() -> None:
    assert not painted(gallery_row(None)).any()
    assert not painted(gallery_row((1, 1, 50, 50), width=0, height=0)).any()


@pytest.mark.parametrize("image", [b"", b"<html>", jpeg()[:100], b"GIF89a" + bytes(50)])
def test_bytes_that_are_no_picture_are_no_picture(image: bytes) -> None:
    assert framed(gallery_row(None, image=image)) is None


def table(**outcomes: int) -> pd.DataFrame:
    """So many rows of each outcome, for a label of 5 gram."""
    kinds = {
        "right": ("5 gram", "5 gram", "ok"),
        "rightly_abstained": ("", "", "ok"),
        "not_fetched": ("5 gram", "", "timeout"),
        "unreadable": ("5 gram", "", "broken_image"),
        "wrong_chosen": ("5 gram", "6 gram", "ok"),
        "abstained": ("5 gram", "", "ok"),
    }
    rows = [kinds[name] for name, number in outcomes.items() for _ in range(number)]
    frame = pd.DataFrame(rows, columns=["entity_value", "prediction", "status"])
    return frame.assign(entity_name="item_weight", candidates=[["6 gram", "5 gram"]] * len(rows))


def verdicts(frame: pd.DataFrame, size: int) -> dict[str, int]:
    chosen = choose(frame, DOMAIN, EvaluateConfig(gallery=size))
    return dict(chosen["verdict"].value_counts())


def test_half_the_gallery_is_right_and_the_ways_to_fail_take_turns() -> None:
    many = table(
        right=50, rightly_abstained=9, not_fetched=9, unreadable=2, wrong_chosen=40, abstained=40
    )
    assert verdicts(many, 12) == {"right": 6, "unreadable": 2, "wrong_chosen": 2, "abstained": 2}
    assert verdicts(many, 20) == {"right": 10, "unreadable": 2, "wrong_chosen": 4, "abstained": 4}


def test_failures_fill_up_where_few_rows_are_right_and_the_gallery_is_never_too_long() -> None:
    assert verdicts(table(right=1, abstained=50), 10) == {"right": 1, "abstained": 9}
    assert verdicts(table(right=3, abstained=2), 10) == {"right": 3, "abstained": 2}
    assert verdicts(table(right=3, abstained=2), 0) == {}


def test_a_table_without_labels_has_no_gallery() -> None:
    unlabelled = table(wrong_chosen=5).assign(entity_value=None)
    assert verdicts(unlabelled, 10) == {}


@pytest.mark.parametrize(
    ("struct", "box"),
    [
        ({"top": 2, "left": 1, "height": 4, "width": 3}, (1, 2, 3, 4)),
        ((1, 2, 3, 4), (1, 2, 3, 4)),  # Spark's Row is a tuple
        ((None, None, None, None), None),
        (None, None),
        (float("nan"), None),
    ],
)
def test_a_box_is_taken_as_parquet_or_spark_gives_it(struct: object, box: object) -> None:
    chosen = choose(table(abstained=1), DOMAIN, EvaluateConfig()).assign(
        thumbnail=[bytearray(jpeg())], width=1, height=1, confidence=0.5, runner_up=None
    )
    chosen["box"] = pd.Series([struct], index=chosen.index, dtype=object)
    (row,) = gallery_rows(chosen)
    assert row.box == box
    assert row.image == jpeg()


def test_chosen_rows_become_gallery_rows_with_gaps_where_the_lake_has_none() -> None:
    chosen = choose(table(right=1, abstained=1).set_axis([3, 3]), DOMAIN, EvaluateConfig())
    lake = {
        "thumbnail": [jpeg(), None],
        "width": [1000, np.nan],
        "height": [500, np.nan],
        "box": [{"left": 1, "top": 2, "width": 3, "height": 4}, None],
        "confidence": [0.75, np.nan],
        "runner_up": ["6 gram", None],
    }
    whole, empty = gallery_rows(chosen.assign(**lake))
    assert whole == GalleryRow(
        *(jpeg(), 1000, 500, (1, 2, 3, 4), "item_weight", "5 gram", "5 gram", 0.75, "6 gram"),
        verdict="right",
    )
    assert empty == GalleryRow(
        *(b"", 0, 0, None, "item_weight", "5 gram", "", None, ""), verdict="abstained"
    )
