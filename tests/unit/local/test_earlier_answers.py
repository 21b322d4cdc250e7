"""Answers of two models in one lake, without Spark."""

import base64
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from entity_extract.commands.main import main
from entity_extract.lake.files import LakeFiles
from tests.server import encoded

KEEP = ["--set", "lake.keep_earlier_answers=true"]
METRIC = ["--set", "predict.prefer=metric"]  # another way of asking is another model_version


def night(catalog: str, *settings: str) -> None:
    asked = ["enrich", "--engine", "local", "--catalog", catalog, "--lake", "lake"]
    main([*asked, "--set", "ocr.engine=tesseract", "--set", "reread.looks=[]", *settings])


def held(table: str) -> set[tuple[str, str]]:
    """(entity, how the model was asked)."""
    rows = LakeFiles("lake").dataset(table)
    found = [] if rows is None else rows.to_table(["entity_name", "model_version"]).to_pylist()
    assert len({tuple(row.items()) for row in found}) == len(found)
    return {(row["entity_name"], row["model_version"].partition("-")[2]) for row in found}


def test_what_an_earlier_model_answered_stays_and_leaves_with_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = Image.new("RGB", (400, 200), "white")
    ImageDraw.Draw(image).text((60, 40), "500 g  12 V", fill="black", font_size=50)
    link = "data:image/png;base64," + base64.b64encode(encoded(image, "PNG")).decode()
    head, *rows = ["image_link,entity_name", f'"{link}",item_weight', f'"{link}",voltage']
    Path("both.csv").write_text("\n".join([head, *rows, ""]))
    Path("one.csv").write_text("\n".join([head, rows[0], ""]))
    night("both.csv")
    night("both.csv", *METRIC)
    assert held("earlier_answers") == set()  # off: replaced
    night("both.csv", *KEEP)
    assert held("predictions") == {("item_weight", ""), ("voltage", "")}
    assert held("earlier_answers") == {("item_weight", "metric"), ("voltage", "metric")}
    night("one.csv", "--set", "catalog.complete=true")
    assert held("predictions") == {("item_weight", "")}
    assert held("earlier_answers") == {("item_weight", "metric")}
