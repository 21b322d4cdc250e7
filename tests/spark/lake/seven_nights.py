"""Seven nights of a catalog that changes as shops' do, and a lake that has only seen its last one.

`python -m tests.spark.lake.seven_nights FOLDER FORMAT` plays them in a session of its own, which
Delta's jars want; test_seven_nights.py in that of the tests.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from entity_extract.config import Config, load_config
from entity_extract.errors import Busy
from entity_extract.lake.files import LakeFiles
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import Pipeline, opened_pipeline
from entity_extract.spark.session.session import spark_session
from tests.server import ShopServer, shop_server
from tests.spark.conftest import card

Row = dict[str, object]
SETTINGS = ("fetch.allow_private=true", 'ocr.skip=["second_look"]', "catalog.complete=true")
SEEN = ("500 gram", "750 gram", "24 volt", "")  # at the end, of pictures old and new


def rows_of(root: Path, table: str) -> pd.DataFrame:
    """All that count, with the columns that any of them has."""
    files = LakeFiles(root)
    held, mark = files.dataset(table), files.mark()
    if held is None:
        return pd.DataFrame()
    if mark is not None and mark.format == "delta":
        rows = held.to_table().to_pylist()
        return pd.DataFrame(
            [{k: _or_none(v) for k, v in row.items()} for row in rows], dtype=object
        )
    tables = [pq.ParquetFile(file).read() for file in held.files]
    whole = pa.concat_tables(tables, promote_options="default")
    return pd.DataFrame(whole.to_pylist(), dtype=object)


def _or_none(cell: object) -> object:
    """Delta's MERGE makes a struct of nulls of null."""
    empty = isinstance(cell, dict) and all(value is None for value in cell.values())
    return None if empty else cell


class Cut(Exception):
    """Ends a run in its midst."""


class Shop:
    """A lake, and what is handed over to it."""

    def __init__(self, spark: SparkSession, folder: Path, served: ShopServer, held_as: str) -> None:
        self.spark, self.folder, self.served, self.held_as = spark, folder, served, held_as
        self._nights = 0

    def row(self, picture: str, entity: str, **more: object) -> Row:
        link = self.served.url(f"/{picture}.jpg")
        return {"image_link": link, "group_id": 7, "entity_name": entity, **more}

    def enrich(self, lake: str, rows: Sequence[Row], *settings: str, cut: bool = False) -> None:
        """A run; with `cut` it ends when the pictures are read, and rows are yet to be answered."""
        with self.opened(lake, rows, *settings) as pipeline:
            pipeline.read()
            if cut:
                raise Cut
            pipeline.predict(default_bundle())
            pipeline.finish()
        self.spark.catalog.clearCache()

    @contextmanager
    def opened(self, lake: str, rows: Sequence[Row], *settings: str) -> Iterator[Pipeline]:
        self._nights += 1
        catalog = self.folder / f"night{self._nights}.parquet"
        pd.DataFrame(rows).to_parquet(catalog, index=False)
        config = load_config([], [*SETTINGS, f"lake.format={self.held_as}", *settings])
        where = {"catalog": str(catalog), "lake": str(self.folder / lake)}
        with opened_pipeline(self.spark, self._run(config), config, **where) as pipeline:
            yield pipeline

    def _run(self, config: Config) -> Run:
        return Run("tests", config)

    def answers(self, lake: str) -> pd.DataFrame:
        """The rows of `predictions`, but for who wrote them and columns without a value."""
        rows = rows_of(self.folder / lake, "predictions")
        rows = rows.drop(columns=["run_id", "wave"], errors="ignore")
        rows = rows.sort_values(["row_key", "row_copy"], ignore_index=True)
        return rows.dropna(axis="columns", how="all").sort_index(axis="columns").astype(str)


def seven_nights(spark: SparkSession, folder: Path, held_as: str) -> tuple[pd.DataFrame, ...]:
    """The answers in a lake of all nights, and those in a lake of the last."""
    files = {f"/{name}.jpg": card(text) for name, text in CARDS.items()}
    with shop_server(files) as served:
        shop = Shop(spark, folder, served, held_as)
        weigh = [shop.row(name, "item_weight", price=1, sku=name) for name in ("tea", "jam")]
        volts = [shop.row(name, "voltage", price=2, sku=name) for name in ("fan", "tea")]
        shop.enrich("lake", [*weigh, *volts])
        # New rows; a price that has changed, and is no whole number any more.
        weigh = [{**row, "price": 1.5} for row in weigh]
        new = [shop.row("mug", "item_weight", price=3.0, sku="mug")]
        shop.enrich("lake", [*weigh, *volts, *new])
        # A run that was cut off, and one that comes while another has the lake.
        more = [shop.row("oil", "item_weight", price=4.0, sku="oil")]
        with pytest.raises(Cut):
            shop.enrich("lake", [*weigh, *more], cut=True)
        with shop.opened("lake", weigh), pytest.raises(Busy):
            shop.enrich("lake", weigh, "lake.wait_s=0")
        # Rows that left, and one whose question is another; prices as text.
        weigh[1] = {**weigh[1], "group_id": 8}
        shop.enrich("lake", [{**row, "price": "on request"} for row in [*weigh, *more]])
        # Pictures that have changed.
        served.files["/tea.jpg"] = card("750 grams")
        served.files["/fan.jpg"] = card("24 volt")
        shop.enrich("lake", [*weigh, *volts], "fetch.refresh_hours=1e-9")
        # Labels; no prices; a row twice.
        weigh = [{**row, "entity_value": "750 gram"} for row in weigh]
        last = [{k: v for k, v in row.items() if k != "price"} for row in [*weigh, *volts, *new]]
        shop.enrich("lake", [*last, last[0]])
        # Rows that come again, of which one rides with another product.
        last = [*reversed(last), {**last[0], "sku": "tea, large"}, *more]
        shop.enrich("lake", last)
        shop.enrich("fresh", last)
        return shop.answers("lake"), shop.answers("fresh")


CARDS = {
    "tea": "500 grams",
    "jam": "500 grams",
    "fan": "12 volt",
    "mug": "no figure",
    "oil": "750 grams",
}


if __name__ == "__main__":
    where, kind = sys.argv[1:]
    brief = {
        "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
        "spark.sql.shuffle.partitions": "1",
    }
    with spark_session("tests", load_config(["delta.toml"]).spark | brief, brief=True) as own:
        for name, rows in zip(("lake", "fresh"), seven_nights(own, Path(where), kind), strict=True):
            rows.to_csv(Path(where) / f"{name}.csv", index=False)
