"""A table of the lake: each wave is there whole or not at all, wherever a crash comes."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession

from entity_extract import schema
from entity_extract.spark.lake import Lake, Table
from entity_extract.spark.storage import Storage

# image_link, split, and whether a later run tries again; `splits` is the smallest of the tables.
Entry = tuple[str, str, bool]


def rows(spark: SparkSession, *entries: Entry) -> DataFrame:
    columns = f"{schema.ddl(schema.SPLITS)}, open boolean"
    return spark.createDataFrame([(a, b, "m", retry) for a, b, retry in entries], columns)


def publish(table: Table, wave: str, *entries: Entry, replace: bool = False) -> DataFrame:
    return table.publish(rows(table.lake.spark, *entries), wave, replace=replace)


def entries_of(found: DataFrame) -> list[Entry]:
    return sorted((row.image_link, row.split, row.open) for row in found.collect())


def in_pandas(root: Path) -> list[tuple[str, str]]:
    """The table as anyone opens it who knows nothing of waves."""
    frame = pd.read_parquet(root / "splits")
    return sorted(zip(frame["image_link"], frame["split"], strict=True))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


class Photographed(Storage):
    """Real storage that copies the whole lake before each step: what a crash there would leave."""

    def __init__(self, spark: SparkSession, root: Path, album: Path) -> None:
        super().__init__(spark, str(root))
        self._folder = root
        self._album = album
        self.pictures: list[Path] = []
        root.mkdir(exist_ok=True)

    def _picture(self) -> None:
        self.pictures.append(self._album / f"{len(self.pictures):02d}")
        shutil.copytree(self._folder, self.pictures[-1])

    def move(self, source: str, target: str) -> None:
        self._picture()
        super().move(source, target)

    def remove(self, path: str) -> None:
        self._picture()
        super().remove(path)


def photographed(lake: Lake, root: Path, album: Path) -> Photographed:
    storage = Photographed(lake.spark, root, album)
    lake.storage = storage
    return storage


def test_published_rows_are_read_back_with_what_is_still_open(lake: Lake) -> None:
    entries = [("a", "train", False), ("b", "train", True)]
    assert entries_of(publish(lake.splits, "w1", *entries)) == entries
    assert entries_of(lake.splits.read()) == entries


def test_publish_returns_its_own_wave_and_not_the_rest_of_the_table(lake: Lake) -> None:
    publish(lake.splits, "w1", ("a", "train", False), ("b", "train", True), ("c", "train", True))
    found = publish(lake.splits, "w2", ("b", "new", False))
    assert entries_of(found) == [("b", "new", False)]


def test_a_table_opens_with_plain_pandas_whatever_columns_its_waves_have(
    lake: Lake, root: Path
) -> None:
    publish(lake.splits, "w1", ("a", "train", False))
    further = rows(lake.spark, ("b", "train", False)).selectExpr("*", "1.5 AS `price in $`")
    lake.splits.publish(further.selectExpr("*", "'x' AS `item.colour`"), "w2", replace=False)
    assert in_pandas(root) == [("a", "train"), ("b", "train")]
    assert entries_of(lake.splits.read()) == [("a", "train", False), ("b", "train", False)]
    own = pd.read_parquet(root / "splits" / "wave=w2")
    assert own["price in $"].astype(float).tolist() == [1.5]
    assert own["item.colour"].tolist() == ["x"]


def test_the_mark_of_open_rows_is_no_column_of_the_files(lake: Lake, root: Path) -> None:
    publish(lake.splits, "w1", ("a", "train", False), ("b", "train", True))
    assert set(pd.read_parquet(root / "splits").columns) == {*schema.SPLITS, "wave"}


def test_a_later_row_takes_the_place_of_an_open_one_and_the_other_open_rows_stay(
    lake: Lake, root: Path
) -> None:
    publish(lake.splits, "w1", ("a", "1", False), ("b", "1", True), ("c", "1", True))
    publish(lake.splits, "w2", ("b", "2", False), ("d", "2", True))
    after = [("a", "1", False), ("b", "2", False), ("c", "1", True), ("d", "2", True)]
    assert entries_of(lake.splits.read()) == after
    publish(lake.splits, "w3", ("c", "3", True), ("d", "3", False))
    after = [("a", "1", False), ("b", "2", False), ("c", "3", True), ("d", "3", False)]
    assert entries_of(lake.splits.read()) == after
    assert in_pandas(root) == [entry[:2] for entry in after]


def test_settled_rows_are_not_rewritten_when_open_ones_are_replaced(lake: Lake, root: Path) -> None:
    publish(lake.splits, "w1", ("a", "1", False), ("b", "1", True))
    before = {path: path.stat().st_mtime_ns for path in root.glob("splits/wave=w1/*.parquet")}
    publish(lake.splits, "w2", ("b", "2", False))
    after = {path: path.stat().st_mtime_ns for path in root.glob("splits/wave=w1/*.parquet")}
    assert before
    assert after == before


def test_replacing_settled_rows_keeps_their_neighbours_with_all_their_columns(
    lake: Lake, root: Path
) -> None:
    first = rows(lake.spark, ("a", "1", False), ("b", "1", False)).selectExpr("*", "7 AS `no.`")
    lake.splits.publish(first, "w1", replace=True)
    publish(lake.splits, "w2", ("c", "1", True), replace=True)
    publish(lake.splits, "w3", ("b", "2", False), replace=True)
    after = [("a", "1", False), ("b", "2", False), ("c", "1", True)]
    assert entries_of(lake.splits.read()) == after
    files = [pd.read_parquet(path) for path in root.glob("splits/wave=*")]
    kept = next(frame for frame in files if "a" in frame["image_link"].tolist())
    assert kept["no."].tolist() == [7]


def test_rows_of_another_version_are_not_replaced(lake: Lake) -> None:
    publish(lake.splits, "w1", ("a", "1", False))
    other = rows(lake.spark, ("a", "2", False)).selectExpr(
        "image_link", "split", "'m2' AS model_version", "open"
    )
    lake.splits.publish(other, "w2", replace=True)
    assert entries_of(lake.splits.read()) == [("a", "1", False), ("a", "2", False)]


def test_publishing_nothing_changes_nothing(lake: Lake, root: Path) -> None:
    lake.splits.ensure()
    assert entries_of(publish(lake.splits, "w0")) == []
    assert in_pandas(root) == []
    publish(lake.splits, "w1", ("a", "1", True))
    assert entries_of(publish(lake.splits, "w2", replace=True)) == []
    assert in_pandas(root) == [("a", "1")]


def test_an_empty_table_opens_as_a_table_until_it_has_rows(lake: Lake, root: Path) -> None:
    assert entries_of(lake.splits.read()) == []
    lake.splits.ensure()
    assert [*pd.read_parquet(root / "splits").columns] == [*schema.SPLITS, "wave"]
    assert entries_of(lake.splits.read()) == []
    publish(lake.splits, "w1", ("a", "1", False))
    lake.splits.ensure()
    assert [path.name for path in (root / "splits").iterdir()] == ["wave=w1"]


def test_a_question_asked_of_an_empty_table_outlives_its_first_wave(lake: Lake) -> None:
    lake.splits.ensure()
    before = lake.splits.read()
    publish(lake.splits, "w1", ("a", "1", False))
    assert entries_of(before) == []


def test_wherever_publishing_is_cut_off_no_row_is_lost_or_doubled(
    lake: Lake, root: Path, tmp_path: Path
) -> None:
    publish(lake.splits, "w1", ("a", "1", False), ("b", "1", True), ("c", "1", True))
    before = in_pandas(root)
    storage = photographed(lake, root, tmp_path / "album")
    publish(lake.splits, "w2", ("b", "2", False), ("d", "2", True))
    after = in_pandas(root)
    assert after == [("a", "1"), ("b", "2"), ("c", "1"), ("d", "2")]

    commit = "_staging/splits/w2/commit.json"
    turn = next(n for n, picture in enumerate(storage.pictures) if (picture / commit).exists())
    for picture in storage.pictures[:turn]:
        assert in_pandas(picture) == before  # what is staged is not seen
    recovered = []
    for picture in storage.pictures:
        Lake(lake.spark, str(picture)).recover()
        recovered.append(in_pandas(picture))
        assert list(picture.glob("_staging/*/*")) == []
    assert 0 < turn < len(recovered) - 3  # cut off before the commit, and in each step after it
    assert recovered == [before] * turn + [after] * (len(recovered) - turn)


def test_a_folder_that_an_object_store_had_moved_in_part_is_completed(
    lake: Lake, root: Path, tmp_path: Path
) -> None:
    storage = photographed(lake, root, tmp_path / "album")
    many = rows(lake.spark, *((f"l{n}", "1", False) for n in range(6))).repartition(2, "image_link")
    lake.splits.publish(many, "w1", replace=False)
    whole = in_pandas(root)
    committed = [p for p in storage.pictures if (p / "_staging/splits/w1/commit.json").exists()]
    staged = sorted(committed[0].glob("_staging/splits/w1/new/open=false/*.parquet"))
    assert len(staged) > 1
    (committed[0] / "splits/wave=w1").mkdir(parents=True)
    shutil.copy(staged[0], committed[0] / "splits/wave=w1")  # copied, the original not yet deleted
    Lake(lake.spark, str(committed[0])).recover()
    assert in_pandas(committed[0]) == whole


def test_json_is_read_back_as_written(lake: Lake) -> None:
    for content in ({"n": 1}, {"größe": ["5 inch", None]}):
        lake.storage.write_json("runs/r1.json", content)
        assert lake.storage.read_json("runs/r1.json") == content
    assert lake.storage.names("runs") == ["r1.json"]
