"""The job that renders and serves the sample catalog, run as its users run it."""

import csv
import io
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from PIL import Image

from entity_extract.commands import sample_catalog
from entity_extract.commands.main import parser
from entity_extract.errors import UserError

ROOT = Path(__file__).parents[3]


def main(*words: str) -> None:
    sample_catalog.run(parser().parse_args(["sample-catalog", *words]))


def test_it_writes_the_catalog_and_says_where(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main("--out", str(tmp_path / "shop"), "--rows", "2", "--port", "5001")
    table = tmp_path / "shop" / "catalog.csv"
    assert f"{table}  (2 rows)" in capsys.readouterr().out
    assert "http://127.0.0.1:5001/" in table.read_text("utf-8")


@pytest.mark.parametrize("rows", ["0", "-1", "many"])
def test_a_senseless_number_of_rows_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], rows: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main("--out", str(tmp_path / "shop"), "--rows", rows)
    assert stopped.value.code == 2
    assert "--rows" in capsys.readouterr().err
    assert not (tmp_path / "shop").exists()


def test_a_taken_port_is_an_error_before_anything_is_drawn(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        with pytest.raises(UserError, match="in use"):
            main("--out", str(tmp_path), "--rows", "1", "--serve", "--port", port)
    assert list(tmp_path.iterdir()) == []


def test_an_out_that_is_a_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "shop").write_text("a file")
    with pytest.raises(UserError, match="shop"):
        main("--out", str(tmp_path / "shop"), "--rows", "1")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_its_own_links_until_a_signal(tmp_path: Path, ending: signal.Signals) -> None:
    command = [sys.executable, "-m", "jobs.sample_catalog", "--out", str(tmp_path), "--rows", "1"]
    with subprocess.Popen(
        [*command, "--serve", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as job:
        assert job.stdout is not None
        lines = [job.stdout.readline() for _ in range(3)]
        assert lines[2].startswith("serving")
        with (tmp_path / "catalog.csv").open(encoding="utf-8", newline="") as file:
            link = next(csv.DictReader(file))["image_link"]
        with urllib.request.urlopen(link, timeout=5) as answer:
            Image.open(io.BytesIO(answer.read())).load()
        job.send_signal(ending)
        assert job.wait(20) == 0
