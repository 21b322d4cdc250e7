"""The answer file of more columns than the challenge's: CSV and Parquet, in the catalog's order."""

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from entity_extract.config import Config
from entity_extract.errors import UserError
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import opened_pipeline
from tests.server import ShopServer

COLUMNS = ["sku", "index", "prediction", "value", "unit", "value_si", "unit_si", "status"]
COLUMNS += ["candidates", "box", "row_copy", "catalog_status"]


@pytest.fixture
def catalog(shop: ShopServer, tmp_path: Path) -> str:
    path = tmp_path / "catalog.csv"
    link, lost = shop.url("/a.jpg"), shop.url("/lost.jpg")
    path.write_text(
        "sku,status,image_link,group_id,entity_name\n"
        f'"s,1",new,{link},7,item_weight\n'
        f"s2,old,{lost},7,item_weight\n"
        f"s3,,{link},7,voltage\n"
    )
    return str(path)


def written(
    spark: SparkSession,
    config: Config,
    catalog: str,
    columns: Sequence[str],
    *files: Path,
) -> None:
    run = Run("tests", config)
    lake = str(Path(catalog).parent / "lake")
    with opened_pipeline(
        spark, run, config, catalog=catalog, lake=lake, answers_columns=columns
    ) as pipeline:
        pipeline.read()
        pipeline.predict(default_bundle())
        for file in files:
            pipeline.write_answers(file)


def test_columns_that_were_named_stand_in_csv_and_parquet_in_that_order(
    spark: SparkSession, config: Config, catalog: str, tmp_path: Path
) -> None:
    flat, typed = tmp_path / "answers.csv", tmp_path / "answers.Parquet"
    written(spark, config, catalog, COLUMNS, flat, typed)
    cells = pd.read_csv(flat)
    assert list(cells.columns) == COLUMNS
    assert cells["sku"].tolist() == ["s,1", "s2", "s3"]
    assert cells["index"].tolist() == [0, 1, 2]
    assert cells["catalog_status"].fillna("").tolist() == ["new", "old", ""]
    assert cells["status"].tolist() == ["ok", "http_error", "ok"]
    assert cells[["value", "unit", "value_si", "unit_si"]].iloc[0].tolist() == [
        500,
        "gram",
        0.5,
        "kilogram",
    ]
    assert cells[["value", "unit", "unit_si"]].iloc[1:].isna().all(axis=None)
    assert json.loads(cells["candidates"][0]) == ["500 gram"]
    assert json.loads(cells["box"][0])["height"] > 10
    table = pq.read_table(typed)
    assert table.column_names == COLUMNS
    rows = table.to_pylist()
    assert [row["prediction"] for row in rows] == ["500 gram", "", ""]
    assert (rows[0]["candidates"], rows[1]["candidates"]) == (["500 gram"], [])
    assert rows[0]["box"] == json.loads(cells["box"][0])
    assert [row["value"] for row in rows] == [500.0, None, None]
    assert [row["index"] for row in rows] == ["0", "1", "2"]
    assert {path.name for path in tmp_path.iterdir()} == {
        "answers.csv",
        "answers.Parquet",
        "catalog.csv",
        "lake",
    }


def test_unless_said_otherwise_it_is_the_challenges_in_parquet_too(
    spark: SparkSession, config: Config, catalog: str, tmp_path: Path
) -> None:
    flat, typed = tmp_path / "answers.txt", tmp_path / "answers.pq"
    written(spark, config, catalog, ["index", "prediction"], flat, typed)
    assert flat.read_text() == "index,prediction\n0,500 gram\n1,\n2,\n"
    assert pq.read_table(typed).to_pydict() == {
        "index": ["0", "1", "2"],
        "prediction": ["500 gram", "", ""],
    }


def test_a_column_that_is_not_there_is_refused_before_a_picture_is_read(
    spark: SparkSession, config: Config, catalog: str, shop: ShopServer
) -> None:
    with pytest.raises(UserError, match="no column 'confidense'; did you mean confidence") as said:
        written(spark, config, catalog, ["index", "confidense"])
    assert "sku" in str(said.value)
    assert not shop.asked
