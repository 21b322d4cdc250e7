"""How far a run is, as a person at a terminal sees it, and as a log does."""

import contextlib
import io
import logging
import os
import pty
import re
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread

import pandas as pd
import pytest
from pyspark.sql import SparkSession

from entity_extract.config import LogConfig
from entity_extract.lake.waves import Wave
from entity_extract.runs.progress import Progress
from entity_extract.spark.runs.watchers import watchers

ROWS = 40


def waited(spark: SparkSession, heartbeat_s: float = 60.0) -> None:
    """One wave of 40 rows in two tasks, which take some seconds."""

    def slow(batches: Iterator[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        for batch in batches:
            for place in range(len(batch)):
                time.sleep(0.2)
                yield batch.iloc[place : place + 1]

    with watchers(spark, LogConfig(heartbeat_s=heartbeat_s)) as watching:
        progress = Progress("read", "r1", watching)
        progress.begin(ROWS)
        with progress.wave(ROWS) as publish:
            spark.range(ROWS, numPartitions=4).mapInPandas(slow, "id long").collect()
            publish([Wave(name="wave=r1-read00000", rows=ROWS)])


def _all_of(terminal: int, shown: bytearray) -> None:
    """What is written to it until nobody has its other end any more."""
    with contextlib.suppress(OSError):
        while chunk := os.read(terminal, 4096):
            shown += chunk
    os.close(terminal)


def test_on_a_terminal_a_bar_moves_inside_a_wave_with_rate_and_time_left(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(ours, (24, 80))
    shown = bytearray()
    reader = Thread(target=_all_of, args=(ours, shown))
    reader.start()
    with open(theirs, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        waited(spark)
    reader.join()
    seen = [int(rows) for rows in re.findall(rf"\| *(\d+)/{ROWS} \[", shown.decode())]
    assert seen == sorted(seen)
    assert seen[:1] == [0], shown
    assert seen[-1] == ROWS
    assert any(0 < rows < ROWS for rows in seen)
    assert re.search(r"\[\d\d:\d\d<\d\d:\d\d, +[\d.]+ ?(links/s|s/links)\]", shown.decode())


def test_in_a_log_there_is_no_bar_and_no_control_character(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "log").open("w") as log:
        monkeypatch.setattr(sys, "stderr", log)
        waited(spark)
    assert (tmp_path / "log").read_text() == ""


def test_where_there_is_no_terminal_a_line_tells_now_and_then_how_far_a_wave_is(
    spark: SparkSession, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    caplog.set_level(logging.INFO)
    waited(spark, heartbeat_s=0.5)
    beats = [line for line in caplog.messages if "kept" in line]
    inside = re.compile(
        rf"read: (\d+) of {ROWS} links \(\d+%\), [\d.]+/s, \d+ s left; 0 kept, 0 of them failed"
    )
    found = [int(match[1]) for match in map(inside.fullmatch, beats) if match]
    assert found, beats
    assert found == sorted(found)
    assert 0 < found[0] < ROWS
