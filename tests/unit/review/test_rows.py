"""What stands on the page of a row comes from where its answer came from."""

from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from entity_extract.learning.prediction.bundle_files import default_bundle
from entity_extract.records import record_of
from tests.unit.learning_cases import PICTURE, printed
from tests.unit.review.cases import predictions, reviewed, write_lake


def records(text: str, line: int = 0) -> list[dict[str, object]]:
    return [record_of(word) for word in printed(text, line=line, top=100 + 90 * line)]


def images(words: list[list[dict[str, object]]]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "image_link": [f"https://shop.example/{place}.jpg" for place in range(len(words))],
            "reader_version": "v1",
            "status": "ok",
            "reason": "",
            "width": PICTURE[0],
            "height": PICTURE[1],
            "words": words,
            "strokes": [[] for _ in words],
            "thumbnail": b"",
            "content_sha256": [f"{place:064x}" for place in range(len(words))],
        }
    )


def test_an_answer_of_a_second_look_is_shown_with_what_was_read_then(tmp_path: Path) -> None:
    first = [records("New and tasty"), records("Net weight 750 g")]
    second = records("Net weight 250 g", line=1)
    read = images(first)
    catalog = pd.DataFrame({"image_link": read["image_link"]})
    catalog = catalog.assign(group_id="tea", entity_name="item_weight", entity_value=None)
    whole = read.assign(words=[first[0] + second, first[1]])
    answers = predictions(catalog, whole, default_bundle())
    answers = answers.assign(reader_version="v1", reread=[True, False])
    looks = pd.DataFrame(
        {
            "image_link": [read["image_link"][0]] * 2,
            "content_sha256": [read["content_sha256"][0]] * 2,
            "fetched_at": [datetime(2026, 11, day, tzinfo=UTC) for day in (30, 29)],
            "words": [second, records("900 g", line=1)],  # the latest counts
            "reread_version": ["r2", "r1"],
        }
    )
    tables = {"images": read, "predictions": answers, "rereadings": looks}
    found = reviewed(write_lake(tmp_path / "lake", tables)).rows
    rows = {row.prediction: row for row in found}
    assert rows.keys() == {"250 gram", "750 gram"}
    assert rows["250 gram"].lines == ("New and tasty", "Net weight 250 g")
    assert rows["750 gram"].lines == ("Net weight 750 g",)
    for row in found:
        assert row.explained is not None
        assert row.explained.boxes[0] == row.box
