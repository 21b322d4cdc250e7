"""Background gathered by Spark: as in memory, and never from the catalog's own pictures."""

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from entity_extract.config import TeacherParams, load_config
from entity_extract.errors import UserError
from entity_extract.learning.training.background import Background, fit_priors
from entity_extract.spark.catalog.rows import identified
from entity_extract.spark.training.background import background_of

DOMAIN = load_config().domain
PARAMS = TeacherParams(rounds=5, min_leaf=5)
COLUMNS = (
    "image_link string, group_id string, entity_name string, entity_value string, sample_id string"
)


def table(number: int, *, first: int = 0) -> pd.DataFrame:
    """Rows of a few equal labels; the text holds the label and another weight."""
    numbers = range(first, first + number)
    return pd.DataFrame(
        {
            "image_link": [f"https://shop/{i}.jpg" for i in numbers],
            "group_id": [f"{i % 3}" for i in numbers],
            "entity_name": "item_weight",
            "entity_value": [f"{100 + i % 7} gram" for i in numbers],
            "sample_id": [str(i) for i in numbers],
            "text": [f"serving {i % 5 + 1} g, net weight {100 + i % 7} g" for i in numbers],
        }
    )


def catalog(spark: SparkSession, rows: pd.DataFrame, *, text: bool = False) -> DataFrame:
    kept = rows if text else rows.drop(columns="text")
    return identified(spark.createDataFrame(kept, COLUMNS + (", text string" if text else "")))


def gathered(
    spark: SparkSession,
    *,
    labels: pd.DataFrame | None,
    texts: pd.DataFrame | None,
    held_out_groups: Collection[str] = (),
    **more: str,
) -> Background:
    return background_of(
        None if labels is None else catalog(spark, labels),
        None if texts is None else catalog(spark, texts, text=True),
        catalog(spark, table(4)),
        PARAMS,
        text_column=more.get("text_column", "text"),
        seed=0,
        domain=DOMAIN,
        held_out_groups=held_out_groups,
    )


def test_priors_are_those_of_all_labels_but_the_catalogs_own(spark: SparkSession) -> None:
    found = gathered(spark, labels=table(60), texts=None)
    expected = fit_priors(table(56, first=4).assign(rows=1), DOMAIN)
    assert found.priors is not None
    assert found.labels == 56
    assert found.teacher is None
    assert set(found.priors.keys) == set(expected.keys)
    mine, theirs = (
        [priors.keys[key] for key in expected.keys] for priors in (found.priors, expected)
    )
    np.testing.assert_allclose(found.priors.sums[:, mine], expected.sums[:, theirs])
    np.testing.assert_array_equal(found.priors.quantity_priors.keys, expected.quantity_priors.keys)
    np.testing.assert_array_equal(
        found.priors.quantity_priors.counts, expected.quantity_priors.counts
    )


@pytest.mark.parametrize(
    "spelled",
    [
        lambda link: f" {link}\t",
        lambda link: link.replace("https:", "http:"),
        lambda link: link.replace("https://shop", "HTTPS://SHOP:443"),
        lambda link: link.replace(".jpg", "%2Ejpg"),
    ],
    ids=["blanks", "scheme", "host and port", "percent"],
)
def test_a_link_of_the_catalog_in_another_spelling_teaches_nothing(
    spark: SparkSession, spelled: Callable[[str], str]
) -> None:
    rows = table(8)
    others = rows["image_link"].map(spelled).where(rows.index < 4, rows["image_link"])
    assert gathered(spark, labels=rows.assign(image_link=others), texts=None).labels == 4


def test_of_categories_that_are_held_out_nothing_is_known(spark: SparkSession) -> None:
    rows = table(80, first=4)
    rows.loc[rows["group_id"] == "2", "group_id"] = None  # of the category "", then
    found = gathered(spark, labels=rows, texts=rows, held_out_groups={"1", ""})
    others = rows[rows["group_id"] == "0"].reset_index(drop=True)
    expected = fit_priors(others.assign(rows=1), DOMAIN)
    assert found.priors is not None
    assert (found.labels, found.texts) == (len(others), len(others))
    assert list(found.priors.keys) == list(expected.keys)
    np.testing.assert_allclose(found.priors.sums, expected.sums)
    np.testing.assert_array_equal(found.priors.quantity_priors.keys, expected.quantity_priors.keys)
    np.testing.assert_array_equal(
        found.priors.quantity_priors.counts, expected.quantity_priors.counts
    )


def test_texts_make_a_teacher_whatever_the_partitions(spark: SparkSession) -> None:
    rows = table(80, first=4)
    first = gathered(spark, labels=None, texts=rows)
    again = gathered(spark, labels=None, texts=rows.sample(frac=1, random_state=1))
    assert first.texts == 80
    assert first.teacher is not None
    assert again.teacher is not None
    assert first.teacher.to_text() == again.teacher.to_text()


def test_the_catalogs_own_texts_are_not_learned_from(spark: SparkSession) -> None:
    with pytest.raises(UserError, match="no labelled text of another picture"):
        gathered(spark, labels=None, texts=table(4))


def test_a_missing_text_column_is_named(spark: SparkSession) -> None:
    with pytest.raises(UserError, match=r"no column 'ocr_text'.*catalog\.text_column"):
        gathered(spark, labels=None, texts=table(8), text_column="ocr_text")


def test_without_both_there_is_no_background(spark: SparkSession) -> None:
    assert gathered(spark, labels=None, texts=None) == Background()
