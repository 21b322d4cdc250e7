"""The last lines of a run: what is new, what has no reading, for which reasons, what to do."""

from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from entity_extract.commands.main import main


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    image = Image.new("RGB", (400, 120), "white")
    ImageDraw.Draw(image).text((40, 40), "Net 500 g", "black", font_size=36)
    image.save("a.png")
    return tmp_path


def night(capsys: pytest.CaptureFixture[str], *links: str) -> str:
    Path("catalog.csv").write_text("\n".join(["image_link", *links, ""]))
    settings = ("catalog.entities=item_weight", "ocr.engine=tesseract", "reread.looks=[]")
    assigned = [word for one in settings for word in ("--set", one)]
    root = ("--set", f"fetch.file_root={Path.cwd()}")
    main(["enrich", "--catalog", "catalog.csv", "--lake", "lake", *assigned, *root])
    captured = capsys.readouterr()
    return captured.err + captured.out


def test_each_reason_is_told_with_what_to_do_and_that_nothing_is_new_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("b.png").symlink_to("a.png")
    Path("c.png").mkdir()
    links = ("a.png", "none.png", "gone.png", "b.png", "c.png", *(f"ftp://{n}" for n in range(7)))
    said = night(capsys, *links)
    assert "without a reading: 11 of 12 links" in said
    told = [line.strip() for line in said.splitlines() if line.startswith("    no_file")]
    assert [line.partition(", which")[0] for line in told] == [
        "no_file 2: no such file",
        "no_file 1: a folder",
        "no_file 1: a symbolic link",
    ]
    assert "put the file itself where the link says, readable: the next run sees it; " in said
    assert said.count("    bad_link 1: ftp links are not fetched: 'ftp://") == 5
    assert "    bad_link 2 for 2 more reasons: entity-extract status tells them" in said
    said = night(capsys, *links)
    assert "nothing new: the lake already holds all that could be read" in said
    assert "without a reading: 11 of 12 links" in said


def test_one_of_anything_is_no_plural_and_a_file_that_came_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    night(capsys, "a.png", "late.png")
    Path("late.png").write_bytes(Path("a.png").read_bytes())
    said = night(capsys, "a.png", "late.png")
    assert "refresh: 1 link to do" in said
    assert "refresh: 1 row," in said
    assert "without a reading" not in said
