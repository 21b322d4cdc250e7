"""A night without news is told from the files alone; whatever has changed, all is looked at."""

import base64
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from entity_extract.commands.main import main
from tests.unit.local.runs import card

SETTINGS = ("ocr.engine=tesseract", "reread.share=0", "quality.min_rows=1")
LINKS = {grams: base64.b64encode(card(f"Net {grams} g")).decode() for grams in (250, 500)}
STANDS = "catalog, settings and lake are as run"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "pyspark", None)


def catalog(*rows: str) -> None:
    lines = (f"{row},teas,item_weight" for row in rows)
    text = "\n".join(["image_link,group_id,entity_name", *lines])
    Path("catalog.csv").write_text(f"{text}\n", "utf-8")


def link(grams: int) -> str:
    return f'"data:image/png;base64,{LINKS[grams]}"'


def command(*more: str) -> list[str]:
    asked = ["--catalog", "catalog.csv", "--lake", "lake", "--answers", "answers.csv"]
    return ["enrich", *asked, *more, *(word for pair in SETTINGS for word in ("--set", pair))]


@pytest.fixture
def night(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    def one(*more: str, status: int = 0) -> str:
        capsys.readouterr()
        if status:
            with pytest.raises(SystemExit) as ended:
                main(command(*more))
            assert ended.value.code == status
        else:
            main(command(*more))
        said = capsys.readouterr()
        return said.err + said.out

    return one


def manifests() -> list[dict[str, Any]]:
    found = [json.loads(path.read_text()) for path in Path("lake/runs").glob("*.json")]
    return sorted(found, key=lambda manifest: str(manifest["started"]))


Night = Callable[..., str]


def test_a_night_without_news_reads_no_catalog_and_says_the_same(night: Night) -> None:
    catalog(link(500), "ftp://shop.example/a.jpg")
    metrics = ("--metrics-file", "metrics.prom")
    first = night(*metrics)
    assert STANDS not in first
    answers, told = Path("answers.csv").read_bytes(), Path("metrics.prom").read_text("utf-8")
    Path("metrics.prom").unlink()
    again = night(*metrics)
    assert STANDS in again
    assert "2 catalog rows, 2 distinct links" in again
    assert "nothing new: the lake already holds all that could be read" in again
    assert "bad_link 1: ftp links are not fetched" in again
    assert "quality: answered 1 of 2 (50.0%)" in again
    assert Path("answers.csv").read_bytes() == answers
    rows = [line for line in told.splitlines() if "_rows" in line]
    assert rows
    assert set(rows) <= set(Path("metrics.prom").read_text("utf-8").splitlines())
    before, now = manifests()
    assert {name: stage["rows"] for name, stage in now["stages"].items()} == dict.fromkeys(
        ("read", "predict"), 0
    )
    assert now["settled"] == before["settled"]
    assert now["versions"] == before["versions"]
    assert STANDS in night(*metrics)


def test_the_same_rows_written_again_are_no_news(night: Night) -> None:
    catalog(link(500))
    night()
    catalog(link(500))
    assert STANDS in night()


def vacuumed() -> None:
    sets = [word for pair in SETTINGS for word in ("--set", pair)]
    main(["vacuum", "--lake", "lake", "--retry", "bad_link", *sets])


@pytest.mark.parametrize(
    ("happens", "more"),
    [
        (lambda: catalog(link(500), "ftp://shop.example/a.jpg", link(250)), ()),
        (lambda: catalog("ftp://shop.example/a.jpg", link(500)), ()),
        (lambda: Path("answers.csv").unlink(), ()),
        (lambda: Path("answers.csv").write_text("index,prediction\n", "utf-8"), ()),
        (vacuumed, ()),
        (lambda: None, ("--set", "predict.min_confidence=0.9")),
        (lambda: None, ("--answers-columns", "entity_name,prediction")),
        (lambda: None, ("--limit", "1", "--answers", "trial.csv")),
        (lambda: None, ("--set", "quality.accept=true")),
    ],
    ids=[
        *("a row more", "other order", "answers gone", "answers of others", "a link forgotten"),
        *("a key", "columns of answers", "a trial", "accepted"),
    ],
)
def test_whatever_has_changed_is_looked_at(
    night: Night, happens: Callable[[], object], more: tuple[str, ...]
) -> None:
    catalog(link(500), "ftp://shop.example/a.jpg")
    night()
    assert STANDS in night()
    happens()
    assert STANDS not in night(*more)
    assert Path("answers.csv").read_text("utf-8").count("500 gram") == 1


def test_a_trial_leaves_the_answers_of_last_night(night: Night) -> None:
    catalog(link(500), link(250))
    night()
    answers = Path("answers.csv").read_bytes()
    said = night("--limit", "1", status=2)
    assert "--limit: answers.csv is there already" in said
    assert Path("answers.csv").read_bytes() == answers


def test_corrections_that_change_are_looked_at(night: Night) -> None:
    Path("corrections.csv").write_text("image_link,group_id,entity_name,entity_value\n", "utf-8")
    catalog(link(500))
    given = ("--set", "catalog.corrections=corrections.csv")
    night(*given)
    assert STANDS in night(*given)
    with Path("corrections.csv").open("a") as file:
        file.write("https://shop.example/b.jpg,teas,item_weight,12 gram\n")
    assert STANDS not in night(*given)


def test_what_may_still_be_had_is_asked_for_each_night(night: Night) -> None:
    catalog(link(500), "http://127.0.0.1:9/a.jpg")
    asked = ("--set", "fetch.allow_private=true", "--set", "fetch.max_attempts=3")
    for _ in range(3):
        assert STANDS not in night(*asked)
    assert STANDS in night(*asked)


def test_what_a_run_ended_with_it_ends_with_again(night: Night) -> None:
    catalog("ftp://shop.example/a.jpg")
    for told in (False, True):
        assert (STANDS in night(status=3)) is told
    catalog(link(500), "ftp://shop.example/a.jpg")
    breached = ("--set", "quality.min_answered=0.9")
    for told in (False, True):
        assert (STANDS in night(*breached, status=4)) is told


def test_a_run_that_another_holds_up_waits_for_it(night: Night) -> None:
    from entity_extract.config import load_config
    from entity_extract.local.lake import LocalLake

    catalog(link(500))
    night()
    with LocalLake("lake", load_config().lake).writing("other", "enrich"):
        assert "other" in night("--set", "lake.wait_s=0", status=75)
