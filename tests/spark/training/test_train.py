"""Training on a catalog that cannot be trained on, and what is no fault of the catalog."""

from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from entity_extract.config import Config
from entity_extract.errors import UserError
from entity_extract.learning.training.background import Background
from entity_extract.learning.training.orchestrator import BackgroundOf
from entity_extract.runs.run import Run
from entity_extract.spark.catalog.rows import identified
from entity_extract.spark.pipeline import Pipeline
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.training.train import train

CATALOG = "image_link string, group_id string, entity_name string, entity_value string"


def test_too_few_rows_are_the_users_to_mend_and_a_bug_is_not(
    spark: SparkSession, lake: Lake, config: Config, tmp_path: Path
) -> None:
    rows = [(f"https://shop.example/{i}.jpg", "1", "item_weight", "5 gram") for i in range(20)]
    catalog = identified(spark.createDataFrame(rows, CATALOG))
    lake.images.ensure()  # nothing was read
    pipeline = Pipeline(Run("train", config), config, lake, catalog, named="lake")

    def trained(background: BackgroundOf) -> None:
        train(pipeline, None, backend="local", folder=tmp_path / "model", background=background)

    def broken(held_out: frozenset[str]) -> Background:
        raise ValueError("operands could not be broadcast together")

    with pytest.raises(UserError, match="cannot train on this catalog: 0 labelled"):
        trained(lambda held_out: Background())
    with pytest.raises(ValueError, match="broadcast") as caught:
        trained(broken)
    assert not isinstance(caught.value, UserError)
