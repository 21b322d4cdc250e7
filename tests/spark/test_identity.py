"""Night after night `predictions` are the catalog's answers: a row is what its answer depends on,
what else the catalog says rides along, and rows that left are gone where that is known."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from entity_extract.catalog import few_files
from entity_extract.config import Config, load_config
from entity_extract.errors import UserError
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.run import Run
from entity_extract.schema import HISTORY, QUESTION
from entity_extract.spark.catalog.rows import read_catalog
from entity_extract.spark.evaluation import evaluated_rows
from entity_extract.spark.pipeline import opened_pipeline
from entity_extract.spark.tables.lake import Lake
from tests.server import ShopServer
from tests.spark.lake.seven_nights import rows_of

ENTITIES = ("item_weight", "voltage", "width")
WHOLE = "catalog.complete=true"
Row = dict[str, object]


class Nights:
    """A lake, and runs over what a shop hands over each night."""

    def __init__(self, spark: SparkSession, config: Config, folder: Path) -> None:
        self.spark, self.config, self.folder = spark, config, folder
        self.root = folder / "lake"

    def configured(self, *settings: str) -> Config:
        extra = load_config([], settings)
        return self.config.model_copy(
            update={"catalog": extra.catalog, "lake": extra.lake, "predict": extra.predict}
        )

    def night(self, rows: Sequence[Row], *settings: str) -> Mapping[str, int]:
        """Rows worked on by each stage that had something to do."""
        config = self.configured(*settings)
        run = Run("tests", config)
        where = {"catalog": str(self.written(rows)), "lake": str(self.root)}
        with opened_pipeline(self.spark, run, config, **where) as pipeline:
            pipeline.read()
            pipeline.predict(default_bundle())
            pipeline.write_answers(self.folder / "answers.csv")
            pipeline.finish()
        self.spark.catalog.clearCache()
        manifest = json.loads((self.root / "runs" / f"{run.id}.json").read_text())
        return {name: stage["rows"] for name, stage in manifest["stages"].items() if stage["rows"]}

    def written(self, rows: Sequence[Row]) -> Path:
        path = self.folder / f"catalog-{len(list(self.folder.glob('catalog-*')))}.csv"
        columns = list(rows[0]) if rows else list(QUESTION)
        pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
        return path

    def held(self, *columns: str, table: str = "predictions") -> list[tuple[Any, ...]]:
        """These columns of all rows that count; None where nothing is there."""
        found = rows_of(self.root, table).reindex(columns=list(columns))
        rows = found[list(columns)].astype(object).where(found[list(columns)].notna(), None)
        return sorted(rows.itertuples(index=False, name=None), key=repr)

    def answers(self) -> list[str]:
        return pd.read_csv(self.folder / "answers.csv", keep_default_na=False)[
            "prediction"
        ].tolist()


@pytest.fixture(params=["here", "there"])
def nights(
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
    spark: SparkSession,
    config: Config,
    tmp_path: Path,
) -> Nights:
    """Of a catalog whose rows are kept on the driver, and of one whose rows are not."""
    if request.param == "there":
        monkeypatch.setattr(few_files, "FEW_BYTES", 0)
    return Nights(spark, config, tmp_path)


def asked(shop: ShopServer, name: str = "/gone.jpg", **more: object) -> list[Row]:
    """Three questions about a picture; about none where it is no matter what is answered."""
    link = shop.url(name)
    return [
        {"image_link": link, "group_id": 7, "entity_name": entity, **more} for entity in ENTITIES
    ]


def test_a_changed_column_is_brought_up_to_date_and_nothing_is_asked_again(
    nights: Nights, shop: ShopServer
) -> None:
    rows = [*asked(shop, "/a.jpg", price=5), *asked(shop, "/b.jpg", price=12)]
    assert nights.night(rows) == {"read": 2, "predict": 6}
    (run_id,) = {run_id for (run_id,) in nights.held("run_id")}
    rows[0]["price"] = "2 for 1"
    assert nights.night(rows) == {"update": 1}
    assert nights.held("price") == [("12",)] * 3 + [("2 for 1",)] + [("5",)] * 2
    assert nights.held("run_id") == [(run_id,)] * 6
    answers = dict(nights.held("price", "prediction"))
    assert (answers["2 for 1"], nights.answers()[0]) == ("500 gram", "500 gram")
    assert shop.asked == {"/a.jpg": 1, "/b.jpg": 1}
    assert nights.night([{**row, "title": None} for row in reversed(rows)]) == {}


def test_a_label_changes_no_row_and_finds_its_answer(nights: Nights, shop: ShopServer) -> None:
    rows = asked(shop, index=3)[:2]
    nights.night(rows)
    labelled = [{**row, "entity_value": "500 gram"} for row in rows[:1]]
    path = str(nights.written(labelled))
    lake = Lake(nights.spark, str(nights.root), nights.config.lake)
    found = evaluated_rows(lake, read_catalog(nights.spark, path, nights.config.catalog))
    assert found["status"].tolist() == ["http_error"]
    assert nights.night(labelled) == {"update": 1}
    assert nights.held("entity_value", "sample_id") == [("500 gram", "3"), (None, "3")]


def test_rows_that_left_a_complete_catalog_go_to_the_history(
    nights: Nights, shop: ShopServer
) -> None:
    rows = [*asked(shop, sku="a"), *asked(shop, "/lost.jpg", sku="b")]
    assert nights.night(rows, WHOLE) == {"read": 2, "predict": 6}
    rows[0]["group_id"] = 8  # another question, in place of the one before
    assert nights.night(rows[:4], WHOLE) == {"predict": 1, "withdraw": 3}
    assert nights.held("sku", "group_id") == [("a", "7")] * 2 + [("a", "8"), ("b", "7")]
    left = nights.held("entity_name", "group_id", "status", table="history")
    assert left == [(name, "7", "http_error") for name in sorted(ENTITIES)]
    assert nights.night(rows[:4], WHOLE) == {}
    with pytest.raises(UserError, match="no row: its 4 answers"):
        nights.night([], WHOLE)


def test_a_withdrawal_that_was_cut_off_is_made_good_and_the_history_ends(
    nights: Nights, shop: ShopServer
) -> None:
    rows = asked(shop)
    nights.night(rows, WHOLE)
    lake = Lake(nights.spark, str(nights.root), nights.config.lake)
    with lake.writing("cut off", "tests"):
        leaving = lake.predictions.read().where("entity_name != 'voltage'").drop("wave")
        leaving = leaving.withColumns({"withdrawn_at": F.current_timestamp(), "open": F.lit(True)})
        for table in (lake[HISTORY], lake.predictions):
            table.publish(leaving, "cut-withdraw00000", replace=True)
    assert nights.night(rows[:2], WHOLE) == {"predict": 1}
    assert nights.held("entity_name", "withdrawn_at") == [("item_weight", None), ("voltage", None)]
    assert len(nights.held("run_id", table="history")) == 2
    assert nights.night(rows[:1], WHOLE, "lake.history_days=0") == {"withdraw": 1}
    assert nights.held("entity_name") == [("item_weight",)]
    assert nights.held("run_id", table="history") == []


def test_a_catalog_says_all_of_the_keys_that_it_names_and_nothing_of_others(
    nights: Nights, shop: ShopServer
) -> None:
    key = 'catalog.key=["sku"]'
    first, second = asked(shop, sku="x", price=1), asked(shop, sku="y", price=1)
    assert nights.night([*first, *second], key) == {"read": 1, "predict": 6}
    moved = [{**row, "group_id": 8, "price": 2} for row in first[:2]]
    other = [{**second[0], "sku": None, "price": 3}]
    assert nights.night([*moved, *other], key) == {"predict": 3, "withdraw": 3}
    assert nights.held("sku", "group_id", "price", "row_copy") == [
        *[("x", "8", "2", 1)] * 2,
        *[("y", "7", "1", 1)] * 3,
        (None, "7", "3", 1),
    ]
    assert nights.night([*reversed(moved), *other], key) == {}
    with pytest.raises(UserError, match=r"no column sku of catalog\.key"):
        nights.night(asked(shop), key)


def test_catalogs_that_share_a_lake_leave_one_anothers_rows_and_columns_are_chosen(
    nights: Nights, shop: ShopServer
) -> None:
    rows = asked(shop, price=1, title="Tea", status="new")
    shop_a, shop_b = rows[:2], [{**rows[1], "price": 2}, {**rows[1], "price": 3}, rows[2]]
    assert nights.night(shop_a) == {"read": 1, "predict": 2}
    assert nights.night(shop_b, 'catalog.keep=["price", "status"]') == {"update": 1, "predict": 2}
    assert nights.held("entity_name", "price", "title", "catalog_status") == [
        ("item_weight", "1", "Tea", "new"),
        ("voltage", "2", None, "new"),
        ("voltage", "3", None, "new"),
        ("width", "1", None, "new"),
    ]
    sure = "predict.min_confidence=0.01"  # another model version: all that the catalog has, anew
    assert nights.night(shop_b, sure) == {"predict": 3}
    assert len(nights.held("title")) == 4
