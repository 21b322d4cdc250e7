"""Labelled rows and their split: whole categories may be held out, and then nothing is known of
them."""

import numpy as np
import pandas as pd

from entity_extract.config import LearningConfig, load_config
from entity_extract.learning.table import KEPT, SplitRows, held_out_groups, split_rows
from entity_extract.schema import Status

DOMAIN = load_config().domain


def rows_of(pictures: list[tuple[str, str | None]]) -> pd.DataFrame:
    """A readable row of KEPT for each (link, category)."""
    found = pd.DataFrame(pictures, columns=["image_link", "group_id"], dtype=object)
    number = np.arange(len(found)).astype(str)
    found = found.assign(
        row_key=number,
        row_copy=1,
        entity_name="item_weight",
        entity_value=np.char.add(number, " gram"),
        status=Status.OK.value,
        content_sha256=[f"content of {link}" for link in found["image_link"]],
        phash="",
    )
    return found[[*KEPT]]


def split_of(rows: pd.DataFrame, split: str) -> tuple[SplitRows, LearningConfig]:
    config = LearningConfig.model_validate({"split": split})
    return split_rows(rows, config, DOMAIN), config


def test_categories_in_validation_are_held_out_of_everything_if_categories_are_split() -> None:
    rows = rows_of([(f"{i}.jpg", [*"abcdefghi", None][i % 10]) for i in range(100)])
    split, config = split_of(rows, "group")
    category = split.rows["group_id"].fillna("")
    held_out = held_out_groups(split, config)
    assert len(held_out) == 2
    np.testing.assert_array_equal(category.isin(held_out), split.validation)
    by_picture, config = split_of(rows, "image")
    assert held_out_groups(by_picture, config) == set()
