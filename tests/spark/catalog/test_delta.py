"""Delta's format: a catalog read by a session with Delta's jars, and by one without; and a lake."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from deltalake import DeltaTable, write_deltalake
from pyspark.sql import SparkSession

from entity_extract.config import CatalogConfig
from entity_extract.errors import UserError
from entity_extract.schema import PREDICTIONS
from entity_extract.spark.catalog.rows import read_catalog
from tests.jobs.conftest import ROOT
from tests.spark.lake.nights import AS_TEXT

# One session of its own for all questions: jars are settled when a JVM starts.
ASK = """
import json, sys
from pathlib import Path
from entity_extract.config import CatalogConfig, load_config
from entity_extract.errors import UserError
from entity_extract.spark.catalog.rows import read_catalog
from entity_extract.spark.catalog.source import source_of
from entity_extract.spark.session.session import spark_session
from tests.spark.lake.delta_lake import used
from tests.spark.lake.nights import enriched_every_night

def answer(spark, path):
    try:
        rows = read_catalog(spark, path, CatalogConfig())
        labels = {row.image_link: row.entity_value for row in rows.collect()}
        return {"labels": labels, "name": source_of(spark, path, CatalogConfig()).name}
    except UserError as err:
        return {"refused": str(err)}

config = load_config(["local.toml", "delta.toml"])
brief = {
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1",
    "spark.sql.shuffle.partitions": "1",
}
with spark_session("tests", config.spark | brief) as spark:
    lake, nights, marked, *paths = sys.argv[1:]
    enriched_every_night(spark, Path(nights))
    for statement in (
        "CREATE TABLE delta.`{}` USING delta TBLPROPERTIES ('delta.enableDeletionVectors' = true, "
        "'delta.columnMapping.mode' = 'name') AS SELECT l AS image_link, '1' AS group_id, "
        "'width' AS entity_name, '5 inch' AS entity_value FROM VALUES ('a'), ('b') AS v(l)",
        "DELETE FROM delta.`{}` WHERE image_link = 'b'",
    ):
        spark.sql(statement.format(marked))
    answers = {path: answer(spark, path) for path in [marked, *paths]}
    print(json.dumps({lake: used(spark, Path(lake)), **answers}))
"""


def row(link: str, value: str = "5 inch") -> dict[str, object]:
    return {"image_link": link, "group_id": 7, "entity_name": "width", "entity_value": value}


def write_table(path: Path) -> None:
    """Two versions: in the second `a` has another label."""
    write_deltalake(path, pa.Table.from_pylist([row("a"), row("b")]))
    DeltaTable(path).update(predicate="image_link = 'a'", updates={"entity_value": "'6 inch'"})


@dataclass(frozen=True)
class Answers:
    folder: Path
    by_path: dict[str, dict[str, object]]

    def of(self, name: str) -> dict[str, object]:
        return self.by_path[str(self.folder / name)]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> Answers:
    folder = tmp_path_factory.mktemp("delta")
    write_table(folder / "plain")
    write_table(folder / "broken")
    (folder / "broken/_delta_log/00000000000000000001.json").write_text("{no json\n")
    (folder / "empty/_delta_log").mkdir(parents=True)
    names = ["lake", "nights[1]", "marked", "plain", "plain@v0", "plain@v9", "broken", "empty"]
    done = subprocess.run(
        [sys.executable, "-c", ASK, *(str(folder / name) for name in names)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    return Answers(folder, json.loads(done.stdout.splitlines()[-1]))


def test_an_updated_table_is_read_as_it_is_now_and_its_version_told(answers: Answers) -> None:
    assert answers.of("plain") == {
        "labels": {"a": "6 inch", "b": "5 inch"},
        "name": f"{answers.folder / 'plain'}@v1",
    }


def test_an_earlier_version_is_read_where_it_is_named(answers: Answers) -> None:
    assert answers.of("plain@v0")["labels"] == {"a": "5 inch", "b": "5 inch"}


def test_deletion_vectors_and_column_mapping_are_sparks_to_read(answers: Answers) -> None:
    assert answers.of("marked")["labels"] == {"a": "5 inch"}


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("plain@v9", "version 9"),
        ("broken", "00000000000000000001.json cannot be read, it may be damaged"),
        ("empty", "empty: cannot be read"),
    ],
)
def test_a_table_that_cannot_be_read_is_one_line(answers: Answers, name: str, said: str) -> None:
    refused = str(answers.of(name)["refused"])
    assert said in refused
    assert "\n" not in refused


def test_a_lake_in_delta_replaces_what_a_later_wave_brings_anew(answers: Answers) -> None:
    steps = answers.of("lake")
    assert steps["begun"] == ""
    assert steps["r1-read00000"] == "a:1 b:1? c:1?"
    assert steps["r2-read00000"] == "a:1 b:2 c:1? d:2?"
    assert steps["r2-refresh00000"] == "a:3 b:2 c:1? d:2? e:3"
    assert steps["r2-predict00000"] == "a:3 b:2 c:1? d:2? e:4 f:4"  # of the run's own rows, too
    assert steps["r1-read00000 gave"] == {"wave=r1-read00000": 1, "wave=r1-read00000-open": 2}
    assert steps["r2-read00000 gave"] == {"wave=r2-read00000": 1, "wave=r2-read00000-open": 1}
    assert steps["r2-refresh00000 gave"] == {"wave=r2-refresh00000": 2}


def test_a_lake_in_delta_is_cleaned_and_loses_no_row_by_it(answers: Answers) -> None:
    steps = answers.of("lake")
    assert steps["dropped"] == [3, "b:2 e:4 f:4"]
    assert steps["fewer waves"] == [0, 0]  # Delta's files are fewer; waves are its rows' own mark
    assert steps["purged"] == [True, "b:2 e:4 f:4"]
    assert steps["staged"] == []


@pytest.mark.parametrize("replace", [False, True])
def test_who_is_taken_for_dead_while_making_rows_adds_none_to_delta(
    answers: Answers, replace: bool
) -> None:
    assert answers.of("lake")[f"late, replace={replace}"] == "b:2 e:4 f:4"


@pytest.mark.parametrize("replace", [False, True])
def test_who_sleeps_before_a_commit_to_delta_comes_too_late(
    answers: Answers, replace: bool
) -> None:
    said, held = answers.of("lake")[f"slept, replace={replace}"]
    assert said.startswith("another run has written to it")
    assert held == "b:2 e:4 f:4 h:2"


def test_a_column_whose_type_changes_is_kept_as_text_in_delta(answers: Answers) -> None:
    rows = DeltaTable(answers.folder / "nights[1]" / "predictions").to_pandas()
    cells = rows.sort_values("image_link")["price"]
    assert [None if pd.isna(cell) else cell for cell in cells] == AS_TEXT
    for name in ("price_in_$", "price_in_$_2", "_", "Size", "a.b`c"):
        assert rows[name].notna().sum() == len(AS_TEXT) / 2


def test_columns_have_their_sentences_as_comments_in_delta(answers: Answers) -> None:
    table = DeltaTable(answers.folder / "nights[1]" / "predictions")
    said = {field.name: field.metadata.get("comment") for field in table.schema().fields}
    assert said["unit_si"] == PREDICTIONS.described["unit_si"].about
    assert said["price"] is None


def test_a_session_without_delta_says_which_conf_file_has_it(
    spark: SparkSession, tmp_path: Path
) -> None:
    write_table(tmp_path / "catalog")
    with pytest.raises(UserError, match=r"catalog, a Delta table, needs .* delta\.toml"):
        read_catalog(spark, str(tmp_path / "catalog"), CatalogConfig())


def test_read_as_parquet_it_needs_no_delta(spark: SparkSession, tmp_path: Path) -> None:
    write_table(tmp_path / "catalog")
    rows = read_catalog(spark, str(tmp_path / "catalog"), CatalogConfig(format="parquet"))
    assert rows.count() > 2
