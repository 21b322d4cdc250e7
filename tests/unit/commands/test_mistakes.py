"""What a newcomer gets wrong at first: one line that says what to do, before anything is read."""

from pathlib import Path

import pytest
from PIL import Image

from entity_extract.commands.main import main

CATALOG = "image_link,entity_name\na.png,item_weight\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("catalog.csv").write_text(CATALOG)
    Path("photos").mkdir()
    for place in ("a.png", "photos/a.png"):
        Image.new("RGB", (40, 40), "white").save(place)
    return tmp_path


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """The one line that the command ends with."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    told = [line for line in capsys.readouterr().err.splitlines() if " INFO " not in line]
    assert ended.value.code == 2
    assert len(told) == 1
    assert told[0].startswith("error: ")
    assert not Path("lake").exists()
    return told[0].removeprefix("error: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--answers", "a.xls"],
            "--answers a.xls: .xls is not written; name a file that ends in .csv, .parquet or .pq",
        ),
        (["--answers", "answers"], "--answers answers: its name has no ending; name a file that"),
        (
            ["--answers", "photos/"],
            "--answers photos: is a folder; name a file in it, such as photos/answers.csv",
        ),
        (["--answers", "a.png/a.csv"], "a.png is a file, not a folder"),
        (["--answers", "catalog.csv"], "--answers catalog.csv: the catalog lies there; name anot"),
        (["--lake", "catalog.csv"], "--lake catalog.csv: the catalog lies there; name another"),
        (["--lake", "a.png"], "a.png is a file, not a folder"),
        (["--limit", "0"], "argument --limit: must be at least 1, not 0 (entity-extract enrich --"),
        (["--limit", "-1"], "argument --limit: must be at least 1, not -1"),
        (["--limit", "ten"], "argument --limit: must be a whole number, not ten"),
        (["--model", "nowhere"], "nowhere: no model bundle there: no such folder"),
        (["--model", "a.png"], "a.png: no model bundle there: it is a file, and a model is a fol"),
        (["--model", "photos"], "photos: no model bundle there: bundle.json: No such file"),
        (["--catalog", "catalogue.csv"], "no such file or folder; did you mean catalog.csv?"),
        (["--catalog", "foto/"], "foto/: no such file or folder; did you mean photos?"),
        (["--catalog", "photos/*.png"], "patterns are not read: name the folder, photos"),
        (["--catalog", "https://a.example/c.csv"], "a catalog is no web page: curl -LO it, and na"),
        (["--lake", "https://a.example/lake"], "a web server takes no files; name a folder of th"),
        (["--engine", "sparc"], "did you mean spark? (entity-extract enrich --help)"),
        (["--metrics-file", "photos"], "metrics for Prometheus, photos: it is a folder"),
        (["--set", "catalog.entities=weight"], "no entity 'weight'; did you mean item_weight? Th"),
    ],
)
def test_enrich(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    asked = {"--catalog": "catalog.csv", "--lake": "lake"} | dict([words])
    assert said in refused(capsys, "enrich", *(word for pair in asked.items() for word in pair))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "--model", "photos"], "photos is not empty and not a model bundle"),
        (["train", "--model", "a.png"], "a.png is a file, not a folder"),
        (["evaluate", "--out", "a.png"], "--out a.png: "),
    ],
)
def test_what_would_only_be_found_out_after_hours(
    capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert said in refused(capsys, *words, "--catalog", "catalog.csv", "--lake", "lake")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--serve", "--port", "80000"], "argument --port: must be a port, from 0 (a free one) to"),
        (
            ["--out", "page.pdf"],
            "--out page.pdf: .pdf is not written; name a file that ends in .ht",
        ),
        (["--accepted", "a.xlsx"], "--accepted a.xlsx: .xlsx is not written"),
        (["--out", "photos"], "--out photos: is a folder"),
        (["--lake", "a.png"], "a.png: no lake there: it is a file, and a lake is a folder"),
    ],
)
def test_review(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    assert said in refused(capsys, "review", "--lake", "lake", *words)


def test_a_lake_that_is_a_file_and_a_command_that_there_is_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "a.png: no lake there" in refused(capsys, "status", "--lake", "a.png")
    assert "did you mean enrich? (entity-extract --help)" in refused(capsys, "enrch", "--lake")
