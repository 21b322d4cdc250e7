"""Labels that win over the catalog's own, as jobs read it."""

from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import Row, SparkSession

from entity_extract.catalog import few_files
from entity_extract.config import CatalogConfig
from entity_extract.spark.catalog.rows import POSITION, read_catalog

HOSTILE = 'http://shop/"b",\r\n=cmd().jpg'


@pytest.fixture(params=["few", "many"])
def of_size(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few rows are kept on the driver, many are Spark's."""
    if request.param == "many":
        monkeypatch.setattr(few_files, "FEW_BYTES", 0)


def rows_of(spark: SparkSession, folder: Path, key: tuple[str, ...]) -> list[Row]:
    config = CatalogConfig(corrections=str(folder / "corrections.csv"), key=key)
    read = read_catalog(spark, str(folder / "catalog.csv"), config, entities=["width"])
    return read.orderBy(POSITION).collect()


@pytest.mark.usefixtures("of_size")
def test_a_correction_wins_where_its_row_is_and_nowhere_else(
    spark: SparkSession, tmp_path: Path
) -> None:
    links = ["http://shop/a.jpg", "http://shop/a.jpg", HOSTILE, None]
    catalog = pd.DataFrame({"image_link": links, "group_id": [1.0, 2.0, 1.0, 1.0]})
    catalog = catalog.assign(entity_name="Width", entity_value="5 inch", price="9")
    catalog.to_csv(tmp_path / "catalog.csv", index=False)
    said = pd.DataFrame({"image_link": [links[0], HOSTILE, ""], "group_id": "1"})
    said = said.assign(entity_name="width", catalog_key="", entity_value=["6 inch", "", "7 inch"])
    said.to_csv(tmp_path / "corrections.csv", index=False)
    found = rows_of(spark, tmp_path, ())
    assert [row.entity_value for row in found] == ["6 inch", "5 inch", "", "7 inch"]
    assert [row.image_link for row in found] == links
    assert {row.price for row in found} == {"9"}
    bare = read_catalog(spark, str(tmp_path / "catalog.csv"), CatalogConfig(), entities=["width"])
    columns = set(bare.columns)
    assert set(found[0].asDict()) == columns
    keys = [row.row_key for row in bare.orderBy(POSITION).collect()]
    assert [row.row_key for row in found] == keys  # a label is no part of what a row is


@pytest.mark.usefixtures("of_size")
def test_with_a_key_a_correction_is_of_the_row_with_that_key(
    spark: SparkSession, tmp_path: Path
) -> None:
    (tmp_path / "catalog.csv").write_text(
        "image_link,group_id,entity_name,sku,entity_value\n"
        "a,1,width,7,5 inch\na,1,width,8,5 inch\na,1,width,,5 inch\n"
    )
    catalog = read_catalog(spark, str(tmp_path / "catalog.csv"), CatalogConfig(key=("sku",)))
    first = catalog.orderBy(POSITION).first()
    assert first is not None
    said = pd.DataFrame(
        {"catalog_key": [first.catalog_key, ""], "entity_value": ["6 inch", "9 inch"]}
    )
    said = said.assign(image_link="a", group_id="1", entity_name="width")
    said.to_csv(tmp_path / "corrections.csv", index=False)
    found = rows_of(spark, tmp_path, ("sku",))
    assert [row.entity_value for row in found] == ["6 inch", "5 inch", "9 inch"]
