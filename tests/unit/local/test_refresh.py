"""Pictures that change under their names, without Spark: files at once, links when they are due."""

import os
import sys
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest

from entity_extract.commands.main import main
from entity_extract.lake.files import LakeFiles
from tests.server import shop_server
from tests.unit.local.runs import card

SETTINGS = (
    "ocr.engine=tesseract",
    "reread.share=0",
    "fetch.allow_private=true",
    "quality.min_rows=1",
)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "pyspark", None)


def enrich(catalog: str, *settings: str) -> list[str]:
    """The answers, in the catalog's order."""
    asked = ["--catalog", catalog, "--lake", "lake", "--answers", "answers.csv"]
    sets = [word for pair in (*SETTINGS, *settings) for word in ("--set", pair)]
    main(["enrich", *asked, *sets])
    return [*pd.read_csv("answers.csv", keep_default_na=False)["prediction"]]


def checks() -> Counter[str]:
    """What links that were asked for again gave, by status."""
    rows = LakeFiles("lake").dataset("checks")
    return Counter() if rows is None else Counter(rows.to_table()["status"].to_pylist())


def test_a_picture_that_takes_anothers_name_is_read_and_answered_without_being_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder, weigh = Path("photos"), 'catalog.entities=["item_weight"]'
    folder.mkdir()
    for name, text in (("a", "500 g"), ("b", "250 g"), ("c", "100 g")):
        folder.joinpath(f"{name}.png").write_bytes(card(f"Net {text}"))
    folder.joinpath("d.png").write_bytes(card("Net 750 g")[:300])  # on its way here
    assert enrich("photos", weigh) == ["500 gram", "250 gram", "100 gram", ""]
    assert enrich("photos", weigh) == ["500 gram", "250 gram", "100 gram", ""]
    assert checks() == Counter()
    folder.joinpath("a.png").write_bytes(card("Net 900 g"))
    folder.joinpath("d.png").write_bytes(card("Net 750 g"))
    os.utime(folder / "b.png", ns=(1, 1))  # the same picture, copied anew
    capsys.readouterr()
    assert enrich("photos", weigh) == ["900 gram", "250 gram", "100 gram", "750 gram"]
    said = capsys.readouterr().out
    assert "refresh: 3 rows" in said
    assert "predict: 2 new rows" in said
    assert checks() == {"ok": 2, "not_modified": 1}
    enrich("photos", weigh)
    assert "refresh: 0 rows" in capsys.readouterr().out


def test_what_was_read_of_a_file_that_is_gone_stays_and_one_that_comes_late_is_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = f"fetch.file_root={Path.cwd()}"
    Path("a.png").write_bytes(card("Net 500 g"))
    Path("catalog.csv").write_text(
        "image_link,entity_name\na.png,item_weight\nlate.png,item_weight\n"
    )
    assert enrich("catalog.csv", root) == ["500 gram", ""]
    kept = Path("a.png").rename("elsewhere.png")
    Path("late.png").write_bytes(card("Net 250 g"))
    assert enrich("catalog.csv", root) == ["500 gram", "250 gram"]
    assert checks() == {"no_file": 1, "ok": 1}
    capsys.readouterr()
    enrich("catalog.csv", root)
    assert "refresh: 0 rows" in capsys.readouterr().out  # that it is gone is known
    kept.rename("a.png")
    assert enrich("catalog.csv", root) == ["500 gram", "250 gram"]
    assert checks() == {"not_modified": 1, "ok": 1}


def test_links_seen_too_long_ago_are_asked_for_again_and_read_where_they_have_changed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = {f"/{name}.png": card(f"Net {n} g") for name, n in (("a", 500), ("b", 250), ("c", 90))}
    with shop_server(files) as shop:
        shop.tells_etags = True
        rows = [f"{shop.url(path)},item_weight" for path in files]
        Path("catalog.csv").write_text("\n".join(["image_link,entity_name", *rows, ""]))
        before = enrich("catalog.csv", "fetch.refresh_hours=1")
        assert before == ["500 gram", "250 gram", "90 gram"]
        assert checks() == Counter()
        shop.files["/b.png"] = card("Net 750 g")
        del shop.files["/c.png"]
        again = enrich("catalog.csv", "fetch.refresh_hours=1e-9")
        assert again == ["500 gram", "750 gram", "90 gram"]
        assert checks() == {"not_modified": 1, "ok": 1, "http_error": 1}
        assert "(1 ok, 1 unchanged, 1 failed (http_error 1))" in capsys.readouterr().out
        assert "If-None-Match" in shop.headers_seen["/a.png"]
