"""How many files a table has: of the size asked for, however many tasks wrote them."""

from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from entity_extract.config import LakeConfig
from entity_extract.lake.file_sizes import SURPLUS, files_for
from entity_extract.lake.pace import Pace
from entity_extract.spark.pending import Pending
from entity_extract.spark.tables.lake import Lake

TASKS = SURPLUS + 8


def splits(spark: SparkSession, first: int, last: int, *, tasks: int) -> DataFrame:
    """Rows of the table `splits`, as so many tasks make them."""
    return spark.range(first, last, numPartitions=tasks).select(
        F.concat(F.lit("link"), "id").alias("image_link"),
        F.lit("train").alias("split"),
        F.lit("m").alias("model_version"),
        F.lit(False).alias("open"),
    )


def files(root: Path, table: str = "splits") -> list[Path]:
    return sorted((root / table).glob("wave=*/*.parquet"))


def test_so_many_files_as_their_bytes_ask_for() -> None:
    assert [files_for(sizes, 100) for sizes in ([], [1], [50, 50], [50, 51], [1000])] == [
        *(1, 1, 1),
        *(2, 10),
    ]


def test_what_many_tasks_wrote_is_put_together_before_it_counts(
    lake: Lake, spark: SparkSession, root: Path
) -> None:
    waves = lake.splits.publish(splits(spark, 0, 1000, tasks=TASKS), "r1-0", replace=False)
    assert [wave.rows for wave in waves] == [1000]
    assert len(files(root)) == 1
    assert pd.read_parquet(root / "splits")["image_link"].nunique() == 1000
    assert not list(root.glob("_staging/**/*.merged"))


def test_files_are_as_large_as_asked_for(spark: SparkSession, tmp_path: Path) -> None:
    rows = splits(spark, 0, 200_000, tasks=TASKS)
    lake = Lake(spark, str(tmp_path), LakeConfig(file_mib=0.5))
    with lake.writing("r", "test"):
        lake.splits.publish(rows, "r1-0", replace=False)
    sizes = [path.stat().st_size for path in files(tmp_path)]
    assert 1 < len(sizes) < TASKS / 2
    assert max(sizes) < 2 * 0.5 * 2**20
    assert len(pd.read_parquet(tmp_path / "splits")) == 200_000


def test_compaction_puts_files_together_within_a_wave_and_across_waves(
    spark: SparkSession, tmp_path: Path
) -> None:
    lake = Lake(spark, str(tmp_path), LakeConfig(wave_links=1000))
    with lake.writing("r", "test"):
        for night in range(6):
            rows = splits(spark, 100 * night, 100 * night + 100, tasks=12)
            lake.splits.publish(rows, f"r{night}-0", replace=False)
        large = splits(spark, 10_000, 12_000, tasks=12)  # enough rows for a wave by itself
        lake.splits.publish(large, "r9-0", replace=False)
        assert len(files(tmp_path)) == 7 * 12
        assert lake.splits.compact("r10-compact", rows=1000) == (5, 7 * 12 - 2)
        assert lake.splits.compact("r11-compact", rows=1000) == (0, 0)
        assert lake.splits.read().count() == 2600
    assert len(files(tmp_path)) == 2


@pytest.mark.parametrize("tasks", [3, 40])
def test_what_is_staged_is_a_file_a_part_and_not_one_a_task_and_part(
    lake: Lake, spark: SparkSession, root: Path, tasks: int
) -> None:
    lake.splits.publish(splits(spark, 0, 400, tasks=tasks), "r1-0", replace=False)
    pending = Pending(lake, "test", lake.splits.read(), key="image_link", pace=Pace(100))
    staged = sorted(root.glob("_staging/**/pending/test/pending_part=*"))
    assert len(staged) == 4
    assert [len(list(part.glob("*.parquet"))) for part in staged] == [1] * 4
    assert sum(part.size for part in pending) == 400
