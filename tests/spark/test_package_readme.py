"""The examples of the package's pages, run as they stand there."""

import doctest
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from entity_extract.config import Config
from entity_extract.spark.tables.lake import Lake

README = Path(__file__).parents[2] / "entity_extract" / "README.md"


def test_the_three_doors_do_what_the_readme_says(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    # A fence ends an example; to doctest it would be a line of its output.
    text = README.read_text("utf-8").replace("\n```\n", "\n\n")
    examples = doctest.DocTestParser().get_doctest(text, {"spark": spark}, "README", None, 0)
    assert len(examples.examples) > 15
    said: list[str] = []
    result = doctest.DocTestRunner().run(examples, out=said.append)
    assert not result.failed, "".join(said)


def test_a_lake_has_the_table_that_the_page_on_growing_declares(
    spark: SparkSession, root: Path, config: Config
) -> None:
    blocks = README.with_name("GROWING.md").read_text("utf-8").split("```python\n")[1:]
    (block,) = (b.split("```")[0] for b in blocks if "TableSpec" in b.split("```")[0])
    names: dict[str, Any] = {"spark": spark, "root": str(root), "config": config, "Lake": Lake}
    exec(block, names)  # noqa: S102
    assert names["lake"][names["REVIEWS"]].read().columns[:2] == ["row_key", "verdict"]
