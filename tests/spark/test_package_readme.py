"""The examples of the package's README, run as they stand there."""

import doctest
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

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
