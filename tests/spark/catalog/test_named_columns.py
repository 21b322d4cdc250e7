"""Catalogs with names of their own, without a category or a question, from file to answer file."""

import logging
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from entity_extract.catalog import few_files
from entity_extract.catalog.files import catalog_frame
from entity_extract.catalog.pictures import with_pictures_allowed
from entity_extract.config import CatalogColumns, CatalogConfig, Config
from entity_extract.errors import CatalogError
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.run import Run
from entity_extract.spark.catalog.rows import POSITION, read_catalog
from entity_extract.spark.pipeline import opened_pipeline
from tests.server import ShopServer
from tests.spark.conftest import card

OWN = ["image_link", "group_id", "entity_name", "entity_value"]
THEIRS = CatalogColumns(image_link="img_url", group_id="Category", entity_value="truth", index="id")
ROW = {"id": "7.0", "img_url": "l1", "Category": "8.0", "truth": "5 inch", "image_link": "thumb"}
ROWS = [ROW, {**ROW, "id": "9", "img_url": "l2", "truth": None}]


def written(folder: Path, name: str) -> str:
    path, frame = folder / name, pd.DataFrame(ROWS)
    path.parent.mkdir(exist_ok=True)
    if name.endswith("csv"):
        frame.to_csv(path, index=False)
    elif name.endswith("jsonl"):
        frame.to_json(path, orient="records", lines=True)
    else:
        (frame.to_excel if name.endswith("xlsx") else frame.to_parquet)(path, index=False)
    return str(path if path.parent == folder else path.parent)


@pytest.mark.parametrize("name", ["c.csv", "many/c.csv", "c.jsonl", "c.parquet", "c.xlsx"])
def test_both_readers_take_the_named_columns_and_ask_alike(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = written(tmp_path, name)
    if name.startswith("many"):
        written(tmp_path, "many/d.csv")
        monkeypatch.setattr(few_files, "FEW_BYTES", -1)
    asked = ("width",) if "xlsx" in name else ("width", "height")
    truth = {} if len(asked) == 1 else {"entity_value": None}
    columns = THEIRS.model_copy(update=truth)
    config = CatalogConfig(columns=columns, entities=asked, key=("id",))
    rows = read_catalog(spark, path, config, entities=asked).orderBy(POSITION).collect()
    expected = catalog_frame(path, config, entities=asked)[OWN].to_numpy().tolist()
    assert [[row[own] or None for own in OWN] for row in rows] == [
        [cell or None for cell in cells] for cells in expected
    ]
    assert [row.entity_name for row in rows][: len(asked)] == list(asked)
    assert {(row.sample_id, row.group_id) for row in rows} == {("7", "8"), ("9", "8")}
    assert {row.catalog_image_link for row in rows} == {"thumb"}
    assert ("truth" in rows[0]) == (len(asked) > 1)


def answered(
    spark: SparkSession,
    config: Config,
    catalog: str,
    folder: Path,
    asked: Sequence[str] | None = None,
) -> list[list[str]]:
    """The answer file, heading included."""
    answers = folder / "answers.csv"
    with opened_pipeline(
        spark,
        Run("tests", config),
        config,
        catalog=catalog,
        lake=str(folder / "lake"),
        answers_columns=asked,
    ) as pipeline:
        pipeline.check_questions(default_bundle())
        pipeline.read()
        pipeline.predict(default_bundle())
        pipeline.write_answers(answers)
    return [line.split(",") for line in answers.read_text().splitlines()]


def test_the_answer_file_has_the_catalogs_own_headings(
    spark: SparkSession, config: Config, shop: ShopServer, tmp_path: Path
) -> None:
    link = shop.url("/a.jpg")
    (tmp_path / "c.csv").write_text(f"sku,photo,price\ns1,{link},5\n,{shop.url('/b.jpg')},6\n")
    columns = CatalogColumns(image_link="photo", index="sku")
    own = CatalogConfig(columns=columns, entities=("voltage", "item_weight"))
    config = config.model_copy(update={"catalog": own})
    assert answered(spark, config, str(tmp_path / "c.csv"), tmp_path) == [
        ["sku", "entity_name", "prediction"],
        ["s1", "voltage", ""],
        ["s1", "item_weight", "500 gram"],
        ["1", "voltage", "12 volt"],
        ["1", "item_weight", ""],
    ]
    asked = ["photo", "index", "image_link", "price", "prediction"]
    rows = answered(spark, config, str(tmp_path / "c.csv"), tmp_path, asked)
    assert rows[:2] == [asked, [link, "s1", link, "5", ""]]
    assert len(shop.asked) == 2


def test_the_pictures_of_a_folder_are_answered_by_their_names(
    spark: SparkSession, config: Config, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    (photos / "tea #1.jpg").write_bytes(card("500 grams"))
    (photos / "broken.jpg").write_bytes(b"\xff\xd8")
    own = CatalogConfig(entities=("item_weight",))
    config = with_pictures_allowed(config.model_copy(update={"catalog": own}), str(photos))
    assert answered(spark, config, str(photos), tmp_path) == [
        ["index", "entity_name", "prediction"],
        ["broken.jpg", "item_weight", ""],
        ["tea #1.jpg", "item_weight", "500 gram"],
    ]
    with pytest.raises(CatalogError, match=r"does not lie below fetch\.file_root"):
        with_pictures_allowed(config, str(tmp_path))


@pytest.mark.parametrize("few", [2**21, -1])
def test_a_catalog_that_asks_nothing_known_is_refused_before_a_picture_is_read(
    spark: SparkSession,
    config: Config,
    shop: ShopServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    few: int,
) -> None:
    monkeypatch.setattr(few_files, "FEW_BYTES", few)
    catalog = tmp_path / "c.csv"
    names = ["weight", "Weight", "weight", ""]
    rows = [f"{shop.url('/a.jpg')},{name}\n" for name in names]
    catalog.write_text("image_link,entity_name\n" + "".join(rows))
    with (
        caplog.at_level(logging.WARNING),
        pytest.raises(CatalogError, match=r"no row of the catalog names .*mean item_weight\?"),
    ):
        answered(spark, config, str(catalog), tmp_path)
    assert not shop.asked
    assert caplog.text.count("4 rows name no entity that is known") == 1
    assert "'weight' in 2 rows (did you mean item_weight?)" in caplog.text
    assert "none in 1 rows" in caplog.text
