"""Labelled rows and their split: whole categories may be held out, and then nothing is known of
them."""

import logging

import numpy as np
import pandas as pd
import pytest

from entity_extract.config import LearningConfig, load_config
from entity_extract.learning.features.frames import SPLIT_ROW
from entity_extract.learning.training.split_table import SplitRows, held_out_groups, split_rows
from entity_extract.status import Status

DOMAIN = load_config().domain


def rows_of(pictures: list[tuple[str, str | None]]) -> pd.DataFrame:
    """A readable row of SPLIT_ROW for each (link, category)."""
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
        figures=pd.Series([[]] * len(found), dtype=object),
    )
    return found[[*SPLIT_ROW]]


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


CHAIN = [(f"{i}-{j}.jpg", category) for i, category in enumerate("abcdefghij") for j in range(20)]
CHAIN += [(f"{i}-0.jpg", category) for i, category in enumerate("bcdefghij")]  # its neighbour's


def test_categories_that_share_pictures_are_parted_and_the_rows_between_them_counted() -> None:
    rows = rows_of(CHAIN)
    split, config = split_of(rows, "group")
    held_out = held_out_groups(split, config)
    in_validation = rows["group_id"].isin(held_out)
    links = set(rows["image_link"][in_validation])
    between = ~in_validation & rows["image_link"].isin(links)
    assert len(held_out) == 2
    assert between.sum() > 0
    assert split.dropped["picture_in_validation"] == between.sum()
    assert set(split.rows["row_key"]) == set(rows["row_key"][~between])
    assert set(split.rows["row_key"][split.validation]) == set(rows["row_key"][in_validation])
    for what in (split.picture, split.clusters, split.rows["group_id"].to_numpy()):
        assert not set(what[split.validation]) & set(what[~split.validation])


def test_a_picture_is_no_category_but_folds_part_neither() -> None:
    split, _ = split_of(rows_of(CHAIN), "group")
    assert len(set(split.picture)) == split.rows["image_link"].nunique()
    for column in ("image_link", "group_id"):
        for _, cluster in split.rows.assign(cluster=split.clusters).groupby(column)["cluster"]:
            assert cluster.nunique() == 1


def test_a_near_identical_picture_of_another_category_is_left_out_of_training() -> None:
    rows = rows_of([(f"{i}.jpg", "abcdefghij"[i % 10]) for i in range(100)])
    rows.loc[:9, "phash"] = [f"{0xABCDEF ^ (1 << i):016x}" for i in range(10)]  # one of each
    split, _ = split_of(rows, "group")
    assert split.dropped["picture_in_validation"] == 8
    assert len(split.rows) == 92


def test_variants_of_a_product_with_the_same_figures_are_on_one_side() -> None:
    rows = rows_of([(f"{i}.jpg", "abcde"[i % 5]) for i in range(100)])
    rows["figures"] = [[10 * i, 10 * i + 1, 10 * i + 2] for i in range(100)]
    for i in range(50):  # each of the first half has a variant, in another photo, in the second
        rows.at[i + 50, "figures"] = [*rows.at[i, "figures"], 5000 + i]
    split, _ = split_of(rows, "image")
    side = dict(zip(split.rows["row_key"].astype(int), split.validation, strict=True))
    assert all(side[i] == side[i + 50] for i in range(50))
    assert split.validation.sum() == 20
    apart = rows.assign(group_id=[f"{'ab'[i // 50]}" for i in range(100)])
    assert len(set(split_of(apart, "image")[0].picture)) == 100  # another category, another product


def test_labels_in_another_form_than_the_challenges_are_read_and_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    rows = rows_of([(f"{i}.jpg", "a") for i in range(100)])
    rows.loc[:2, "entity_value"] = ["500 g", "1,5 kg", "heavy"]
    split, _ = split_of(rows, "image")
    assert split.dropped["label_not_allowed"] == 1
    assert "3 labels are not in the challenge's form: 2 are read" in caplog.text
    assert "1 cannot be read, such as 'heavy'" in caplog.text


@pytest.mark.parametrize("split", ["image", "group"])
def test_validation_of_another_share_than_asked_is_warned_of(
    split: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    split_of(rows_of([(f"{i}.jpg", f"{i % 10}") for i in range(100)]), split)
    assert not caplog.records
    large = [("same.jpg", "same")] * 60 + [(f"{i}.jpg", f"{i % 10}") for i in range(40)]
    found, _ = split_of(rows_of(large), split)
    share = found.validation.mean()
    assert f"validation has {100 * share:.0f} % of the rows, not the 20 %" in caplog.text
