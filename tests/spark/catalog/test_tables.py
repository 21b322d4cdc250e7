"""A catalog that is a table of the session's own catalog."""

import pytest
from pyspark.sql import SparkSession

from entity_extract.config import CatalogColumns, CatalogConfig
from entity_extract.errors import CatalogError
from entity_extract.spark.catalog.rows import read_catalog

ROWS = [("l1", 7, "Width", 1.5), ("l2", None, "width", None)]
CONFIG = CatalogConfig(
    columns=CatalogColumns(image_link="img", group_id="cat", entity_name="ask"), key=("price",)
)


def test_a_table_and_a_view_are_read_by_their_names(spark: SparkSession) -> None:
    spark.sql("CREATE SCHEMA shop")
    try:
        rows = spark.createDataFrame(ROWS, "img string, cat int, ask string, price double")
        rows.write.saveAsTable("shop.items")
        rows.createOrReplaceTempView("`my items`")
        names = ("table:shop.items", "table:spark_catalog.`shop`.items", "table:`my items`")
        for name in names:
            read = read_catalog(spark, name, CONFIG, entities=["width"]).collect()
            assert {(r.image_link, r.group_id, r.entity_name, r.price) for r in read} == {
                ("l1", "7", "width", "1.5"),
                ("l2", None, "width", None),
            }
    finally:
        spark.sql("DROP SCHEMA shop CASCADE")


@pytest.mark.parametrize("name", ["nowhere", "nowhere.items", "default.nowhere"])
def test_a_table_that_is_not_there_is_refused_in_a_line(spark: SparkSession, name: str) -> None:
    with pytest.raises(CatalogError, match="the session's catalog has no such") as refused:
        read_catalog(spark, f"table:{name}", CONFIG)
    assert "\n" not in str(refused.value)


def test_a_column_that_a_table_lacks_is_named(spark: SparkSession) -> None:
    spark.sql("CREATE OR REPLACE TEMPORARY VIEW bare AS SELECT 'l' AS image_url")
    with pytest.raises(CatalogError, match=r"table:bare: no column 'img' .*found: image_url"):
        read_catalog(spark, "table:bare", CONFIG)
