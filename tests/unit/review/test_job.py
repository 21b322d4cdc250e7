"""The job as its users run it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest

from entity_extract.catalog.corrections import read_corrections
from entity_extract.commands import review
from entity_extract.commands.main import parser
from entity_extract.errors import UserError
from tests.unit.review.cases import Shop
from tests.unit.review.test_server import data_of, decide

ROOT = Path(__file__).parents[3]


def ask(*words: str) -> None:
    """The command in this process, its mistakes as they were raised."""
    review.run(parser(only="review").parse_args(["review", *words]))


def options(cards: Shop, folder: Path) -> list[str]:
    return ["--lake", str(cards.lake), "--corrections", str(folder / "corrections.csv")]


@contextmanager
def job(cards: Shop, folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`jobs.review --serve`, and its URL."""
    command = [sys.executable, "-m", "jobs.review", *options(cards, folder), "--serve"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            told = next(line for line in process.stdout if line.startswith("serving"))
            yield process, told.split()[1]
        finally:
            process.kill()


def test_what_was_confirmed_outlives_a_kill_and_is_there_next_time(
    cards: Shop, tmp_path: Path
) -> None:
    with job(cards, tmp_path) as (process, url):
        places = [row["place"] for row in data_of(url) if row["status"] == "ok"][:3]
        for place in places:
            assert decide(url, place, "not stated")[0] == 200
        process.kill()
    assert len(read_corrections(str(tmp_path / "corrections.csv"))) == 3
    with job(cards, tmp_path) as (process, url):
        assert sum(row["said"] is not None for row in data_of(url)) == 3
        process.send_signal(signal.SIGTERM)
        assert process.stdout is not None
        assert "3 corrections: " in process.stdout.read()
        assert process.wait(30) == 0
    assert len(read_corrections(str(tmp_path / "corrections.parquet"))) == 3


def test_without_a_server_it_writes_page_tasks_and_what_passes(
    cards: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {name: tmp_path / name for name in ("review.html", "tasks.json", "accepted.csv")}
    written = ["--out", "--to-label-studio", "--accepted"]
    named = [word for pair in zip(written, map(str, files.values()), strict=True) for word in pair]
    loose = ["--set", "review.precision=0.5", "--set", "review.min_values=2"]
    ask(*options(cards, tmp_path), *named, *loose)
    said = capsys.readouterr().out
    assert "accepted without a look: " in said
    accepted = pd.read_csv(files["accepted.csv"], keep_default_na=False)
    assert f"accepted: {len(accepted)} rows" in said
    assert len(accepted) > 3
    assert (accepted["prediction"] != "").all()
    assert all(file.stat().st_size > 100 for file in files.values())
    assert (tmp_path / "tasks.xml").read_text().startswith("<View>")
    assert not (tmp_path / "corrections.csv").exists()


def test_alone_it_says_how_to_look_at_the_answers(
    cards: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ask(*options(cards, tmp_path), "--entity", "Item Weight")
    last = capsys.readouterr().out.splitlines()[-1]
    assert "--serve" in last
    assert "--out review.html" in last


def test_label_studios_export_goes_into_the_corrections(
    cards: Shop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "export.json").write_text('[{"annotations": []}]')
    ask(*options(cards, tmp_path), "--from-label-studio", str(tmp_path / "export.json"))
    assert "0 corrections, 1 tasks without" in capsys.readouterr().out
    assert read_corrections(str(tmp_path / "corrections.csv")) == {}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (["--lake", "no-lake"], "no lake there"),
        (["--model", "no-model"], "no model bundle"),
        (["--entity", "colour"], "--entity colour: no answer of the lake; there are "),
        (["--set", "review.precision=1.5"], "review.precision"),
        (["--set", "review.precision_of.colour=0.9"], "no entity 'colour'"),
        (["--catalog", "none.csv"], "no such file"),
        (["--from-label-studio", "none.json"], "cannot be read"),
    ],
)
def test_a_mistake_is_told_in_a_line(
    cards: Shop, tmp_path: Path, wrong: list[str], said: str
) -> None:
    with pytest.raises(UserError, match=said):
        ask(*options(cards, tmp_path), *wrong)


def test_it_loads_neither_spark_nor_torch() -> None:
    code = (
        "import entity_extract.commands.review, sys; print({'pyspark', 'torch'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
