"""A table of the lake: each wave counts whole or not at all, wherever a crash comes."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from entity_extract import schema
from entity_extract.config import LakeConfig
from entity_extract.errors import UserError
from entity_extract.lake.compaction import MANY, batched
from entity_extract.lake.files import LakeFiles
from entity_extract.lake.wave_log import Written
from entity_extract.lake.waves import Wave
from entity_extract.spark.tables.hadoop_storage import HadoopStorage
from entity_extract.spark.tables.lake import Lake
from entity_extract.spark.tables.parquet import ParquetTable
from entity_extract.spark.tables.table import Table

# image_link, split, and whether a later run tries again; `splits` is the smallest of the tables.
Entry = tuple[str, str, bool]


def rows(spark: SparkSession, *entries: Entry) -> DataFrame:
    columns = f"{schema.ddl(schema.SPLITS.columns)}, open boolean"
    return spark.createDataFrame([(a, b, "m", retry) for a, b, retry in entries], columns)


def publish(lake: Lake, wave: str, *entries: Entry, replace: bool = False) -> list[Entry]:
    waves = lake.splits.publish(rows(lake.spark, *entries), wave, replace=replace)
    return entries_of(lake.splits, [wave.name for wave in waves])


def entries_of(table: Table, waves: list[str] | None = None) -> list[Entry]:
    return sorted((row.image_link, row.split, row.open) for row in table.read(waves).collect())


def in_pandas(root: Path) -> list[tuple[str, str]]:
    """The table as anyone opens it who knows nothing of waves."""
    frame = pd.read_parquet(root / "splits")
    return sorted(zip(frame["image_link"], frame["split"], strict=True))


def by_the_list(root: Path) -> list[tuple[str, str]]:
    """The table as our own readers see it that have no Spark."""
    found = LakeFiles(root).dataset("splits")
    assert found is not None
    frame = found.to_table().to_pandas()
    return sorted(zip(frame["image_link"], frame["split"], strict=True))


class Photographed(HadoopStorage):
    """Real storage that copies the whole lake before each step: what a crash there would leave."""

    def __init__(self, spark: SparkSession, root: Path, album: Path, kind: str) -> None:
        super().__init__(spark, str(root))
        self.renames = kind != "object store"
        self._at_once = kind != "replaces in two steps"
        self._folder = root
        self._album = album
        self.pictures: list[Path] = []

    def _picture(self) -> None:
        self.pictures.append(self._album / f"{len(self.pictures):02d}")
        shutil.copytree(self._folder, self.pictures[-1], ignore=shutil.ignore_patterns("_lease"))

    def move(self, source: str, target: str) -> None:
        self._picture()
        super().move(source, target)

    def remove(self, path: str) -> None:
        self._picture()
        super().remove(path)

    def write_text(self, path: str, text: str) -> None:
        self._picture()
        super().write_text(path, text)

    def create(self, path: str, text: str) -> bool:
        self._picture()
        return super().create(path, text)

    def _replace(self, temporary: str, path: str) -> None:
        if self._at_once:
            super()._replace(temporary, path)
        else:  # as Hadoop does for webhdfs and abfs
            self.remove(path)
            self.move(temporary, path)


def photographed(lake: Lake, root: Path, album: Path, kind: str) -> Photographed:
    storage = Photographed(lake.spark, root, album, kind)
    lake.splits.storage = lake.splits.log.files = storage  # type: ignore[attr-defined]
    return storage


def test_published_rows_are_read_back_with_what_is_still_open(lake: Lake) -> None:
    entries = [("a", "train", False), ("b", "train", True)]
    assert publish(lake, "w1", *entries) == entries
    assert entries_of(lake.splits) == entries


def test_publish_tells_what_counts_of_its_own_wave_and_not_of_the_rest(lake: Lake) -> None:
    publish(lake, "w1", ("a", "train", False), ("b", "train", True), ("c", "train", True))
    assert publish(lake, "w2", ("b", "new", False)) == [("b", "new", False)]


def test_rows_are_counted_by_status_where_they_have_one(lake: Lake) -> None:
    statuses = [("a", "ok", False), ("b", "ok", False), ("c", "timeout", True)]
    made = lake.spark.createDataFrame(statuses, "image_link string, status string, open boolean")
    waves = lake.images.publish(made, "w1", replace=False)
    assert [(wave.rows, wave.by_status) for wave in waves] == [(2, {"ok": 2}), (1, {"timeout": 1})]
    assert [wave.open for wave in waves] == [False, True]


def test_a_table_opens_with_plain_pandas_whatever_columns_its_waves_have(
    lake: Lake, root: Path
) -> None:
    publish(lake, "w1", ("a", "train", False))
    further = rows(lake.spark, ("b", "train", False)).selectExpr("*", "1.5 AS `price in $`")
    lake.splits.publish(further.selectExpr("*", "'x' AS `item.colour`"), "w2", replace=False)
    assert in_pandas(root) == [("a", "train"), ("b", "train")]
    assert entries_of(lake.splits) == [("a", "train", False), ("b", "train", False)]
    own = pd.read_parquet(root / "splits" / "wave=w2")
    assert own["price in $"].astype(float).tolist() == [1.5]
    assert own["item.colour"].tolist() == ["x"]


def test_columns_have_their_sentences_as_comments_also_once_waves_were_put_together(
    lake: Lake, root: Path
) -> None:
    publish(lake, "w1", ("a", "train", False))
    publish(lake, "w2", ("b", "train", False))
    further = rows(lake.spark, ("c", "train", False)).selectExpr("*", "1 AS `a.b``c`")
    lake.splits.publish(further, "w3", replace=False)
    for _ in range(2):
        files = lake.spark.read.parquet(str(root / "splits"))
        files.createOrReplaceTempView("described")
        said = {c.col_name: c.comment for c in lake.spark.sql("DESCRIBE described").collect()}
        assert said["split"] == schema.SPLITS.described["split"].about
        assert said["wave"] is None
        lake.splits.compact("put-together", rows=10)


def test_the_mark_of_open_rows_is_no_column_of_the_files(lake: Lake, root: Path) -> None:
    publish(lake, "w1", ("a", "train", False), ("b", "train", True))
    assert set(pd.read_parquet(root / "splits").columns) == {*schema.SPLITS.columns, "wave"}


def test_a_later_row_takes_the_place_of_an_open_one_and_the_other_open_rows_stay(
    lake: Lake, root: Path
) -> None:
    publish(lake, "w1", ("a", "1", False), ("b", "1", True), ("c", "1", True))
    publish(lake, "w2", ("b", "2", False), ("d", "2", True))
    after = [("a", "1", False), ("b", "2", False), ("c", "1", True), ("d", "2", True)]
    assert entries_of(lake.splits) == after
    publish(lake, "w3", ("c", "3", True), ("d", "3", False))
    after = [("a", "1", False), ("b", "2", False), ("c", "3", True), ("d", "3", False)]
    assert entries_of(lake.splits) == after
    assert in_pandas(root) == [entry[:2] for entry in after]


def test_a_wave_replaces_rows_that_an_earlier_wave_of_its_run_has_carried_over(lake: Lake) -> None:
    publish(lake, "r1-0", ("a", "1", True), ("b", "1", True), ("c", "1", True))
    publish(lake, "r2-0", ("a", "2", False))
    publish(lake, "r2-1", ("b", "2", False))
    assert entries_of(lake.splits) == [("a", "2", False), ("b", "2", False), ("c", "1", True)]


def test_settled_rows_are_not_rewritten_when_open_ones_are_replaced(lake: Lake, root: Path) -> None:
    publish(lake, "w1", ("a", "1", False), ("b", "1", True))
    before = {path: path.stat().st_mtime_ns for path in root.glob("splits/wave=w1/*.parquet")}
    publish(lake, "w2", ("b", "2", False))
    after = {path: path.stat().st_mtime_ns for path in root.glob("splits/wave=w1/*.parquet")}
    assert before
    assert after == before


def test_replacing_settled_rows_keeps_their_neighbours_with_all_their_columns(
    lake: Lake, root: Path
) -> None:
    first = rows(lake.spark, ("a", "1", False), ("b", "1", False)).selectExpr("*", "7 AS `no.`")
    lake.splits.publish(first, "w1", replace=True)
    publish(lake, "w2", ("c", "1", True), replace=True)
    publish(lake, "w3", ("b", "2", False), replace=True)
    after = [("a", "1", False), ("b", "2", False), ("c", "1", True)]
    assert entries_of(lake.splits) == after
    files = [pd.read_parquet(path) for path in root.glob("splits/wave=*")]
    kept = next(frame for frame in files if "a" in frame["image_link"].tolist())
    assert kept["no."].tolist() == [7]


def test_rows_of_another_version_are_not_replaced(lake: Lake) -> None:
    publish(lake, "w1", ("a", "1", False))
    other = rows(lake.spark, ("a", "2", False)).selectExpr(
        "image_link", "split", "'m2' AS model_version", "open"
    )
    lake.splits.publish(other, "w2", replace=True)
    assert entries_of(lake.splits) == [("a", "1", False), ("a", "2", False)]


def test_publishing_nothing_changes_nothing(lake: Lake, root: Path) -> None:
    lake.splits.ensure()
    assert publish(lake, "w0") == []
    assert in_pandas(root) == []
    publish(lake, "w1", ("a", "1", True))
    assert publish(lake, "w2", replace=True) == []
    assert in_pandas(root) == [("a", "1")]


def test_an_empty_table_opens_as_a_table_until_it_has_rows(lake: Lake, root: Path) -> None:
    assert entries_of(lake.splits) == []
    lake.splits.ensure()
    assert [*pd.read_parquet(root / "splits").columns] == [*schema.SPLITS.columns, "wave"]
    assert entries_of(lake.splits) == []
    publish(lake, "w1", ("a", "1", False))
    lake.splits.ensure()
    assert [path.name for path in (root / "splits").glob("wave=*")] == ["wave=w1"]


def test_a_question_asked_of_an_empty_table_outlives_its_first_wave(lake: Lake) -> None:
    lake.splits.ensure()
    before = lake.splits.read()
    publish(lake, "w1", ("a", "1", False))
    assert before.count() == 0


@pytest.mark.parametrize("kind", ["file system", "object store", "replaces in two steps"])
def test_wherever_publishing_is_cut_off_no_row_is_lost_or_doubled(
    lake: Lake, root: Path, tmp_path: Path, kind: str
) -> None:
    publish(lake, "w1", ("a", "1", False), ("b", "1", True), ("c", "1", True))
    before = in_pandas(root)
    storage = photographed(lake, root, tmp_path / "album", kind)
    publish(lake, "w2", ("b", "2", False), ("d", "2", True))
    after = by_the_list(root)
    assert after == [("a", "1"), ("b", "2"), ("c", "1"), ("d", "2")]

    seen = [by_the_list(picture) for picture in storage.pictures]
    turn = seen.index(after)
    assert 0 < turn < len(seen)  # cut off before the list is replaced, and after
    assert seen == [before] * turn + [after] * (len(seen) - turn)
    recovered = []
    for picture in storage.pictures:
        with Lake(lake.spark, str(picture), LakeConfig()).writing("rerun", "test"):
            recovered.append(in_pandas(picture))  # nothing is left that does not count
        assert list(picture.glob("_staging/*")) == []
    assert recovered == seen


def test_plain_pandas_sees_nothing_of_a_wave_until_it_is_whole(
    lake: Lake, root: Path, tmp_path: Path
) -> None:
    publish(lake, "w1", ("a", "1", False))
    storage = photographed(lake, root, tmp_path / "album", "file system")
    many = rows(lake.spark, *((f"l{n}", "1", False) for n in range(6))).repartition(2, "image_link")
    lake.splits.publish(many, "w2", replace=False)
    assert len(list((root / "splits" / "wave=w2").glob("*.parquet"))) > 1
    assert {len(in_pandas(picture)) for picture in storage.pictures} == {1, 7}


def test_a_wave_is_not_published_twice_whatever_the_storage(lake: Lake) -> None:
    publish(lake, "w1", ("a", "1", True))
    for renames in (True, False):
        lake.storage.renames = renames
        with pytest.raises(RuntimeError, match="wave=w1-open already"):
            publish(lake, "w1", ("b", "2", False))
    assert entries_of(lake.splits) == [("a", "1", True)]


def test_what_is_rewritten_stays_in_waves_of_about_the_size_asked_for(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = Lake(spark, str(tmp_path), LakeConfig(wave_links=6))

    def sizes() -> list[int]:
        listed = LakeFiles(tmp_path).waves("splits")
        assert listed is not None
        return sorted(wave.rows for wave in listed.waves)

    with lake.writing("r1", "test"):
        for name in "abc":
            publish(lake, f"w{name}", *((f"{name}{n}", "1", False) for n in range(3)))
        assert lake.splits.drop("image_link LIKE '%2'", "r1-drop") == 3
        assert sizes() == [2, 4]
        publish(lake, "wd", *((f"d{n}", "1", False) for n in range(3)))
        replaced = [(f"{name}0", "2", False) for name in "abcd"]
        publish(lake, "we", *replaced, replace=True)
        assert sizes() == [2, 3, 4]
    kept = [("a1", "1"), ("b1", "1"), ("c1", "1"), ("d1", "1"), ("d2", "1")]
    assert in_pandas(tmp_path) == sorted([*kept, *((link, new) for link, new, _ in replaced)])


def test_few_waves_are_rewritten_at_once_however_small_they_are() -> None:
    waves = [Wave(name=f"wave={number}", rows=1) for number in range(250)]
    assert [len(group) for group in batched(waves, 1000)] == [100, 100, 50]


def test_small_waves_are_put_together_where_they_have_grown_many(lake: Lake, root: Path) -> None:
    table, lease = lake.splits, lake.lease
    assert isinstance(table, ParquetTable)
    assert lease is not None
    waves, base = [], f"{lease.staging}/splits/many"
    for number in range(MANY - 1):
        waves.append(Wave(name=f"wave=r0-read{number:05}", rows=1))
        folder = root / base / waves[-1].name
        folder.mkdir(parents=True)
        row = {"image_link": [f"l{number}"], "split": ["1"], "model_version": ["m"]}
        pq.write_table(pa.table(row), folder / "part-0.parquet")
    table.log.publish(lease, without=(), plus=[Written(base, tuple(waves))])

    def listed() -> dict[str, int]:
        found = LakeFiles(root).waves("splits")
        assert found is not None
        return {wave.name: wave.rows for wave in found.waves}

    assert len(listed()) == MANY - 1
    new = rows(lake.spark, ("a", "1", False), ("b", "1", True))
    assert sum(wave.rows for wave in table.publish(new, "r1-read00000", replace=False)) == 2
    together = "wave=r1-read00000-tidied-kept0"
    assert listed() == {together: MANY, "wave=r1-read00000-open": 1}
    held = [*((f"l{number}", "1") for number in range(MANY - 1)), ("a", "1"), ("b", "1")]
    assert in_pandas(root) == by_the_list(root) == sorted(held)
    # Who read the table before knows these rows by the wave in which they stood then.
    replaced = rows(lake.spark, ("l3", "2", False))
    table.publish(replaced, "r1-read00001", replace=True, among=[waves[3].name])
    held[3] = ("l3", "2")
    assert in_pandas(root) == by_the_list(root) == sorted(held)


def test_publishing_needs_the_lease(lake: Lake, root: Path) -> None:
    other = Lake(lake.spark, str(root), LakeConfig())
    with pytest.raises(RuntimeError, match="writing"):
        publish(other, "w1", ("a", "1", False))
    assert entries_of(lake.splits) == []


def test_a_wave_whose_list_was_lost_is_neither_read_nor_removed(lake: Lake, root: Path) -> None:
    publish(lake, "w1", ("a", "1", False))
    shutil.rmtree(root / "splits" / "_waves")
    with pytest.raises(UserError, match="which of them"):
        Lake(lake.spark, str(root), LakeConfig()).splits.read()
    with pytest.raises(UserError, match="which of them"):
        lake.recover()
    assert in_pandas(root) == [("a", "1")]


def test_a_list_that_is_none_is_refused_by_name(lake: Lake, root: Path) -> None:
    (root / "splits" / "_waves" / "00000009.json").write_text('{"waves": [{"rows": "many"}]}')
    with pytest.raises(UserError, match=r"splits/_waves/00000009\.json"):
        Lake(lake.spark, str(root), LakeConfig()).splits.read()


def test_a_lake_of_the_version_before_is_taken_over(spark: SparkSession, tmp_path: Path) -> None:
    for wave, entry in {"r1-00000": ("a", "1"), "r1-00000-open": ("b", "1")}.items():
        old = spark.createDataFrame([(*entry, "m")], schema.ddl(schema.SPLITS.columns))
        old.write.parquet(str(tmp_path / "splits" / f"wave={wave}"))
    lake = Lake(spark, str(tmp_path), LakeConfig())
    with pytest.raises(UserError, match=r"0\.1\.0"):
        lake.splits.read()
    with lake.writing("r2", "test"):
        assert entries_of(lake.splits) == [("a", "1", False), ("b", "1", True)]
        publish(lake, "r2-00000", ("b", "2", False))
    assert in_pandas(tmp_path) == [("a", "1"), ("b", "2")]


def test_an_unfinished_lake_of_the_version_before_is_refused(
    spark: SparkSession, tmp_path: Path
) -> None:
    unfinished = tmp_path / "_staging" / "splits" / "w1" / "commit.json"
    unfinished.parent.mkdir(parents=True)
    unfinished.write_text("{}")
    with (
        pytest.raises(UserError, match="interrupted"),
        Lake(spark, str(tmp_path), LakeConfig()).writing("r2", "test"),
    ):
        pass
    assert unfinished.exists()


def test_a_newer_lake_is_refused(lake: Lake, root: Path) -> None:
    mark = json.loads((root / "_lake.json").read_text())
    (root / "_lake.json").write_text(json.dumps(mark | {"schema_version": 99}))
    with pytest.raises(UserError, match="99"):
        Lake(lake.spark, str(root), LakeConfig())
    with pytest.raises(UserError, match="99"):
        LakeFiles(root).dataset("splits")


def test_json_is_read_back_as_written(lake: Lake) -> None:
    for content in ({"n": 1}, {"größe": ["5 inch", None]}):
        lake.storage.write_json("runs/r1.json", content)
        assert lake.storage.read_json("runs/r1.json") == content
    assert lake.storage.names("runs") == ["r1.json"]
    assert lake.storage.read_json("runs/r2.json") is None
