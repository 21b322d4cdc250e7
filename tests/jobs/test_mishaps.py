"""What goes wrong with a machine, a disk or a file ends in one line and status 2, no traceback."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from tests.jobs.conftest import BRIEF, ROOT, run_job

LINKS = [f"http://127.0.0.1:1/{n}.jpg" for n in range(4000)]
QUICK = [x for pair in ("ocr.engine=tesseract", *BRIEF) for x in ("--set", pair)]


def frame(rows: int) -> pd.DataFrame:
    links = LINKS[:rows]
    return pd.DataFrame({"image_link": links, "group_id": "1", "entity_name": "width"})


@pytest.fixture
def catalog(tmp_path: Path) -> Path:
    path = tmp_path / "catalog.csv"
    frame(1).to_csv(path, index=False)
    return path


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line on stderr, but for what the log tells of a run before."""
    lines = [line for line in done.stderr.splitlines() if " INFO " not in line]
    assert done.returncode == 2, done.stderr
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("error: ")
    return lines[0]


def enriched(catalog: Path, lake: Path, **env: str) -> str:
    return refused(run_job("enrich", "--catalog", catalog, "--lake", lake, *QUICK, env=env))


def test_no_java_says_where_it_was_looked_for_and_how_to_get_it(
    catalog: Path, tmp_path: Path
) -> None:
    said = enriched(catalog, tmp_path / "lake", JAVA_HOME="/nonexistent")
    assert "JAVA_HOME is /nonexistent, which has no bin/java" in said
    assert "apt-get install openjdk-17" in said
    here = {"PATH": "/nonexistent", "JAVA_HOME": ""}
    assert "none is on the PATH" in enriched(catalog, tmp_path / "lake", **here)


def test_a_lake_where_no_folder_can_be_made(catalog: Path, tmp_path: Path) -> None:
    assert "catalog.csv is a file, not a folder" in enriched(catalog, catalog / "lake")
    assert "/proc" in enriched(catalog, Path("/proc/lake"))  # also root may write nothing there


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_lake_that_may_not_be_written(catalog: Path, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    assert "no right to write to" in enriched(catalog, tmp_path / "closed/lake", JAVA_HOME="/none")


def test_a_parquet_file_cut_short_or_damaged_within(tmp_path: Path) -> None:
    whole = tmp_path / "whole.parquet"
    frame(4000).to_parquet(whole)
    content = whole.read_bytes()
    half = len(content) // 2
    (tmp_path / "short.parquet").write_bytes(content[:half])
    (tmp_path / "hole.parquet").write_bytes(content[:4] + bytes(half) + content[4 + half :])
    lake = tmp_path / "lake"
    assert "short.parquet: not a readable parquet" in enriched(tmp_path / "short.parquet", lake)
    said = enriched(tmp_path / "hole.parquet", lake)
    assert "hole.parquet cannot be read, it may be damaged or cut short: " in said


def test_a_list_of_waves_that_is_damaged_is_named(catalog: Path, tmp_path: Path) -> None:
    lake = tmp_path / "lake"
    run_job("enrich", "--catalog", catalog, "--lake", lake, *QUICK)
    lists = sorted((lake / "images/_waves").glob("*.json"))
    lists[-1].write_text('{"version": 3, "wav')
    assert f"{lists[-1].name} is not what this package writes" in enriched(catalog, lake)
    done = run_job("status", "--lake", lake)
    assert f"{lists[-1].name} is not what this package writes" in refused(done)


def test_without_the_spark_extra_the_command_says_what_to_install(
    catalog: Path, tmp_path: Path
) -> None:
    bare = tmp_path / "bare"  # an interpreter that has all packages but pyspark
    bare.mkdir()
    hidden = "import sys; sys.modules['pyspark'] = sys.modules['py4j'] = None"
    (bare / "sitecustomize.py").write_text(hidden)
    path = {"PYTHONPATH": f"{bare}:{ROOT}"}
    done = run_job("enrich", "--catalog", catalog, "--lake", tmp_path / "lake", env=path)
    assert 'enrich needs pyspark: pip install "entity-extract[spark]"' in refused(done)
    shutil.rmtree(bare)


def test_a_pipe_that_is_closed_ends_it_as_others_are_by_sigpipe_without_a_word(
    catalog: Path, tmp_path: Path
) -> None:
    run_job("enrich", "--catalog", catalog, "--lake", tmp_path / "lake", *QUICK)
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "entity_extract", "status", "--lake", tmp_path / "lake"]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, text=True, cwd=ROOT)
    os.close(write)
    assert (done.returncode, done.stderr) == (141, "")
