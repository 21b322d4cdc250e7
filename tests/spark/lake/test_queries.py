"""The queries of jobs/README.md, run as they stand there, on a lake of two nights."""

import re
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from pyspark.sql import SparkSession

from entity_extract.config import Config
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.runs.run import Run
from entity_extract.spark.pipeline import opened_pipeline
from tests.jobs.conftest import ROOT
from tests.server import shop_server
from tests.spark.conftest import card

_PAGE = (ROOT / "jobs/README.md").read_text("utf-8")


def block(before: str) -> str:
    """The code that follows such words."""
    found = re.search(rf"^{before}.*?```\w+\n(.*?)```", _PAGE, re.DOTALL | re.MULTILINE)
    assert found is not None, before
    return found.group(1)


def ran(before: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(block(before), names)  # noqa: S102
    return names


@pytest.fixture(scope="module")
def folder(spark: SparkSession, config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a `lake`: of the second night the catalog has a column more; a link may be tried again.
    Seven answers of one category, one of them far from the others."""
    folder = tmp_path_factory.mktemp("queries")
    weights = [500, 510, 520, 530, 9]
    with shop_server({f"/{w}.jpg": card(f"{w} grams") for w in weights}) as shop:
        links = [shop.url(f"/{weight}.jpg") for weight in weights]
        lost = "http://127.0.0.1:9/x.jpg"
        nights = [
            ["image_link,group_id,entity_name", f"{lost},7,width"]
            + [f"{link},7,item_weight" for link in links],
            ["image_link,group_id,entity_name,price", f"{links[0]},7,voltage,5"],
        ]
        for number, lines in enumerate(nights):
            catalog = folder / f"catalog-{number}.csv"
            catalog.write_text("\n".join(lines) + "\n")
            where = {"catalog": str(catalog), "lake": str(folder / "lake")}
            with opened_pipeline(spark, Run("tests", config), config, **where) as pipeline:
                pipeline.read()
                pipeline.predict(default_bundle())
    assert list(folder.rglob("lake/images/wave=*-open/.*.crc"))
    return folder


@pytest.fixture(autouse=True)
def _there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def test_duckdb_counts_the_answers_of_each_entity() -> None:
    found = duckdb.sql(block("DuckDB:")).fetchall()
    assert [row[:3] for row in found] == [("item_weight", 5, 5), ("voltage", 1, 0), ("width", 1, 0)]
    assert 0.5 < found[0][3] <= 1


def test_duckdb_has_the_further_columns_of_every_wave() -> None:
    rows = duckdb.read_parquet("lake/predictions/wave=*/*.parquet", union_by_name=True)
    assert rows.aggregate("count(price), count(*)").fetchall() == [(1, 7)]


def test_polars_tells_why_pictures_have_no_reading() -> None:
    lost = ran("Polars:")["lost"]
    assert lost["status"].to_list() == ["unreachable"]
    assert lost["len"].to_list() == [1]


def test_polars_has_the_rows_of_waves_with_other_columns() -> None:
    form = block("Polars:").split("lost =")[0].replace("lake/images", "lake/predictions")
    names: dict[str, Any] = {}
    exec(form, names)  # noqa: S102
    assert names["images"].select(pl.len()).collect().item() == 7


def test_pandas_finds_the_answer_that_is_far_from_the_others() -> None:
    odd = ran("pandas:")["odd"]
    assert odd["prediction"].tolist() == ["9 gram"]


def test_spark_sql_tells_what_was_read_where_a_question_stayed_open(
    spark: SparkSession, folder: Path
) -> None:
    query = block("Spark SQL:").replace("`lake/", f"`{folder}/lake/")
    (row,) = spark.sql(query).collect()
    assert (row.entity_name, row.text, row.candidates) == ("voltage", "500 grams", [])


def test_the_rows_that_count_go_into_each() -> None:
    rows = ran("On an object store")["rows"]
    assert rows.to_table().num_rows == 7
    assert pl.scan_pyarrow_dataset(rows).select(pl.len()).collect().item() == 7
    assert duckdb.sql("SELECT count(*) FROM rows").fetchall() == [(7,)]
