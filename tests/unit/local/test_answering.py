"""Many rows are answered by a process for each core, and as by one alone."""

import base64
import shutil
from pathlib import Path

import pyarrow as pa
import pytest

from entity_extract.config import load_config
from entity_extract.lake.files import LakeFiles
from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.local import answering
from entity_extract.local.pipeline import LocalPipeline, opened_pipeline
from entity_extract.runs.run import Run
from tests.unit.local.runs import card

ROWS = 150  # in three parts
QUICK = ("ocr.engine=tesseract", "lake.wait_s=0", "reread.share=0")


def done(lake: Path, catalog: Path, *stages: str) -> None:
    config = load_config([], QUICK)
    asked = {"catalog": str(catalog), "lake": str(lake)}
    with opened_pipeline(Run("tests", config), config, **asked) as pipeline:
        for stage in stages:
            BY_NAME[stage](pipeline)
        pipeline.finish()


BY_NAME = {
    "read": LocalPipeline.read,
    "predict": lambda pipeline: pipeline.predict(default_bundle()),
}


def answers(lake: Path) -> pa.Table:
    found = LakeFiles(lake).dataset("predictions")
    assert found is not None
    return found.to_table().drop_columns(["run_id"])


def test_many_rows_are_answered_side_by_side_as_they_are_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = "data:image/png;base64," + base64.b64encode(card("500 g 12 V")).decode()
    entities = ("item_weight", "voltage", "width", "beauty")
    rows = [f'"{link}",{place},{entities[place % 4]}' for place in range(ROWS)]
    catalog, alone, many = (tmp_path / name for name in ("catalog.csv", "alone", "many"))
    catalog.write_text("\n".join(["image_link,group_id,entity_name", *rows, ""]))
    done(alone, catalog, "read")
    shutil.copytree(alone, many)
    done(alone, catalog, "predict")
    monkeypatch.setattr(answering, "_MANY", 10)
    done(many, catalog, "predict")
    assert answers(many).num_rows == ROWS
    assert answers(many).equals(answers(alone))
    assert {"500 gram", "12 volt", ""} == set(answers(many)["prediction"].to_pylist())
