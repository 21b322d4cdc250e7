"""A lake that a changing catalog has gone through for seven nights holds what a fresh one would."""

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from tests.jobs.conftest import ROOT
from tests.spark.lake.seven_nights import SEEN, seven_nights

ROWS = 7


def check(lake: pd.DataFrame, fresh: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(lake, fresh)
    assert len(lake) == ROWS
    assert set(lake["prediction"].fillna("")) == set(SEEN)


def test_seven_nights_of_parquet_are_as_the_last(spark: SparkSession, tmp_path: Path) -> None:
    check(*seven_nights(spark, tmp_path, "parquet"))


@pytest.mark.slow
@pytest.mark.faults
def test_seven_nights_of_delta_are_as_the_last(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.spark.lake.seven_nights", str(tmp_path), "delta"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=1200,
    )
    assert done.returncode == 0, done.stderr[-6000:]
    check(*(pd.read_csv(tmp_path / f"{name}.csv", dtype=str) for name in ("lake", "fresh")))
