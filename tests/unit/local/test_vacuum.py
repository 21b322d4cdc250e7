"""A lake is cleaned, and tried, where there is no Spark."""

import json
import sys
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from entity_extract.commands.main import main
from entity_extract.lake.files import LakeFiles
from tests.server import encoded

ENTITIES = 'catalog.entities=["item_weight","voltage"]'


@pytest.fixture(autouse=True)
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "pyspark", None)
    for name, grams in (("a", 500), ("b", 250)):
        image = Image.new("RGB", (400, 200), "white")
        ImageDraw.Draw(image).text((60, 70), f"{grams} g", fill="black", font_size=60)
        Path(f"{name}.png").write_bytes(encoded(image, "PNG"))
    Path("catalog.csv").write_text("image_link\na.png\nb.png\n")


def enrich(*more: str) -> None:
    settings = [
        "ocr.engine=tesseract",
        "reread.looks=[]",
        f"fetch.file_root={Path.cwd()}",
        ENTITIES,
    ]
    assigned = [word for setting in settings for word in ("--set", setting)]
    asked = ["--catalog", "catalog.csv", "--lake", "lake", "--answers", "answers.csv"]
    main(["enrich", *asked, *assigned, *more])


def statuses() -> list[str]:
    rows = LakeFiles("lake").dataset("images")
    return [] if rows is None else sorted(rows.to_table(["status"])["status"].to_pylist())


def test_failures_are_forgotten_and_asked_for_anew() -> None:
    whole = Path("b.png").read_bytes()
    Path("b.png").write_bytes(b"no picture")
    enrich()
    enrich()
    assert statuses() == ["not_an_image", "ok"]
    main(["vacuum", "--lake", "lake", "--retry", "not_an_image"])
    assert statuses() == ["ok"]
    Path("b.png").write_bytes(whole)
    enrich()
    assert statuses() == ["ok", "ok"]
    assert "1,item_weight,250 gram" in Path("answers.csv").read_text()


def test_of_a_small_lake_failures_are_forgotten_without_spark_where_there_is_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Path("b.png").write_bytes(b"no picture")
    enrich()
    monkeypatch.delitem(sys.modules, "pyspark")
    main(["vacuum", "--lake", "lake", "--retry", "not_an_image"])
    assert statuses() == ["ok"]
    manifests = [json.loads(path.read_text()) for path in Path("lake/runs").glob("*.json")]
    assert {one["job"]: one.get("engine") for one in manifests}["vacuum"] == "local"


def test_a_limit_counts_rows_of_the_catalog_not_what_is_asked_of_each() -> None:
    enrich("--limit", "1")
    assert statuses() == ["ok"]
    answers = Path("answers.csv").read_text().splitlines()
    assert answers == ["index,entity_name,prediction", "0,item_weight,500 gram", "0,voltage,"]
