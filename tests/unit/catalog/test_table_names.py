"""Tables by their names: what is one, and what is refused before Spark sees it."""

import pytest

from entity_extract.catalog.files import catalog_frame, check_catalog
from entity_extract.catalog.table_names import table_parts, table_version
from entity_extract.config import CatalogConfig
from entity_extract.errors import CatalogError


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("table:items", ("items",)),
        ("table:main.shop.items", ("main", "shop", "items")),
        ("table:`my.shop`.`a``b; DROP`", ("my.shop", "a`b; DROP")),
        ("table:shop.items@v12", ("shop", "items")),
        ("table:shop.`items`@v12", ("shop", "items")),
        ("table:shop.`items@v12`", ("shop", "items@v12")),
        ("table.csv", None),
        ("s3a://table:1/items", None),
    ],
)
def test_a_name_has_one_to_three_parts(path: str, parts: tuple[str, ...] | None) -> None:
    assert table_parts(path) == parts


@pytest.mark.parametrize(
    ("path", "version"),
    [
        ("table:shop.items@v12", 12),
        ("table:ice.items@v8231945023948573912", 8231945023948573912),
        ("table:`a@v1`", None),
        ("table:items@v", None),
    ],
)
def test_a_version_may_stand_behind_the_name(path: str, version: int | None) -> None:
    assert table_version(path) == version


@pytest.mark.parametrize(
    "name", ["@v1", "", "a.b.c.d", "a..b", "a.", ".a", "a`b", "`a", "``", "a b", "a; DROP TABLE b"]
)
def test_what_is_no_name_is_refused_before_spark_starts(name: str) -> None:
    with pytest.raises(CatalogError, match="not the name of a table"):
        check_catalog(f"table:{name}", CatalogConfig())


def test_who_reads_without_spark_says_so() -> None:
    with pytest.raises(CatalogError, match="only a local catalog can be read without Spark"):
        catalog_frame("table:shop.items", CatalogConfig())
