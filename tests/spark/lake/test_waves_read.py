"""A part of a stage's work reads the waves that its rows stand in, however many the lake has."""

import json
import subprocess
import sys
from pathlib import Path

from pyspark.sql import SparkSession

from tests.jobs.conftest import ROOT
from tests.spark.lake.waves_read import WAVES, rows_a_part

# Spark's own count is of batches and pages, too; three times the waves read three times the rows
# where each part looks at all.
AT_MOST = 1.3


def check(fewer: list[float], more: list[float]) -> None:
    assert all(rows > 0 for rows in fewer)
    growth = [after / before for before, after in zip(fewer, more, strict=True)]
    assert all(factor < AT_MOST for factor in growth), (fewer, more)


def test_a_part_reads_no_more_of_a_lake_of_more_waves(spark: SparkSession, tmp_path: Path) -> None:
    check(*(rows_a_part(spark, tmp_path / str(n), "parquet", n) for n in WAVES))


def test_nor_does_it_in_delta(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.spark.lake.waves_read", str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    check(*json.loads(done.stdout.splitlines()[-1]))
