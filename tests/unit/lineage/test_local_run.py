"""A run without Spark tells OpenLineage what it read and wrote, too."""

import base64
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from entity_extract.commands.main import main
from tests.server import encoded
from tests.unit.lineage.collector import collecting, faults


def test_it_names_its_engine_and_what_it_wrote(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    image = Image.new("RGB", (400, 200), "white")
    ImageDraw.Draw(image).text((60, 70), "500 g", fill="black", font_size=60)
    link = "data:image/png;base64," + base64.b64encode(encoded(image, "PNG")).decode()
    Path("catalog.csv").write_text(f'image_link,entity_name\n"{link}",item_weight\n')
    asked = ["--catalog", "catalog.csv", "--lake", "lake", "--answers", "answers.csv"]
    with collecting() as server:
        settings = ["--set", "ocr.engine=tesseract", "--set", f"lineage.url={server.url}"]
        main(["enrich", "--engine", "local", *asked, *settings])
    assert "500 gram" in Path("answers.csv").read_text()
    began, ended = server.events
    assert [fault for event in server.events for fault in faults(event)] == []
    assert (began["eventType"], ended["eventType"]) == ("START", "COMPLETE")
    assert ended["run"]["facets"]["processing_engine"]["name"] == "pyarrow"
    written = {one["name"]: one for one in ended["outputs"]}
    here = str(tmp_path.resolve())
    assert {f"{here}/lake/images", f"{here}/lake/predictions", f"{here}/answers.csv"} <= set(
        written
    )
