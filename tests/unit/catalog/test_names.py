"""Names of a catalog: its columns', its files', its entities'."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from entity_extract.catalog.ids import whole_id
from entity_extract.catalog.names import OWN, kept_names
from entity_extract.catalog.paths import format_by_name, local_path
from entity_extract.config import CatalogColumns
from entity_extract.config.entity_names import matched

TAKEN = {"status", "unit", "index_of"}
NAMES = """status Status catalog_status CATALOG_STATUS catalog_status_2 index Index t T sample_id
image_link Image_Link catalog_image_link a.b unit"""
NAME = st.sampled_from(["", *NAMES.split()])


@given(st.lists(NAME | st.text(max_size=3), unique_by=str.lower))
def test_kept_names_are_free_however_case_is_looked_at(names: list[str]) -> None:
    kept = kept_names(names, TAKEN, CatalogColumns())
    assert set(kept) == set(names)
    low = [name.lower() for name in kept.values()]
    assert len(set(low)) == len(low)
    assert not set(low) & TAKEN
    for name in names:
        if name in OWN and not (name == "sample_id" and "index" in names):
            assert kept[name] == name


def test_parts_that_spell_a_column_in_other_letters_have_one_column_of_it() -> None:
    assert kept_names(["image_link", "Title", "title"], TAKEN, CatalogColumns())["title"] == "Title"


def test_a_name_that_could_be_two_entities_is_neither() -> None:
    entities = ("max_load", "maxload", "width")
    assert matched(["Max Load", "WIDTH", "\uff57idth", "widths"], entities) == {
        "WIDTH": "width",
        "\uff57idth": "width",
    }


@given(st.integers(-(2**53) + 1, 2**53 - 1))
def test_any_whole_number_is_the_same_id_however_it_is_written(number: int) -> None:
    assert whole_id(f"{number}.0") == str(number)
    assert whole_id(str(number)) == str(number)


@pytest.mark.parametrize(
    ("name", "found"),
    [("a.CSV.gz", "csv"), ("a.Parquet/", "parquet"), ("a.b.NDJSON", "json"), ("a.csv.GZ", None)],
)
def test_a_format_is_told_by_the_name(name: str, found: str | None) -> None:
    assert format_by_name(name) == found


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("2026-11-29T10:00:00.csv", "2026-11-29T10:00:00.csv"),
        ("file:///a b/c#d%20.csv", "/a b/c#d%20.csv"),
        ("file:/a/b.csv", "/a/b.csv"),
        ("a:b/c.csv", "a:b/c.csv"),
        ("s3a://shop/a.csv", None),
        ("hdfs:///a.csv", None),
    ],
)
def test_a_path_of_this_machine_is_told_from_others(path: str, found: str | None) -> None:
    assert local_path(path) == (None if found is None else Path(found))
