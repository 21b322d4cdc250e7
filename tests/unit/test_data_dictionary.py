"""The page of the lake's tables says what the schema says."""

import pytest

from deploy.artefacts.data_dictionary import PAGE, page
from entity_extract.schema import TABLES, Column, TableSpec


def test_the_page_is_the_one_that_the_schema_makes() -> None:
    assert PAGE.read_text("utf-8") == page(TABLES), "stale: make data-dictionary"


def test_a_table_that_is_declared_comes_with_its_columns_types_and_sentences() -> None:
    spec = TableSpec(
        "reviews",
        "What a person says.",
        {"row_key": Column("string", "Of the row."), "by": Column("int", "Who.")},
        key=("row_key", "by"),
        version="by",
    )
    _, _, said = page([spec]).partition("## reviews\n\n")
    assert said.startswith("What a person says.\nKey: `row_key`, `by`.\n\n")
    assert said.endswith("| `row_key` | `string` | Of the row. |\n| `by` | `int` | Who. |\n")


@pytest.mark.parametrize("spec", TABLES, ids=lambda spec: spec.name)
def test_each_column_has_one_line_of_a_sentence(spec: TableSpec) -> None:
    for name, column in spec.described.items():
        assert column.about.endswith("."), name
        assert not set("|\n") & set(column.about), name
