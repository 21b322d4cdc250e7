"""Tasks for Label Studio, and what it exports once people have looked at them."""

import copy
import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from entity_extract.errors import UserError
from entity_extract.review.label_studio import imported, interface, tasks
from entity_extract.review.rows import ReviewRow
from tests.unit.review.cases import CONFIG, Shop, reviewed

DOMAIN = CONFIG.domain


@pytest.fixture(scope="module")
def rows(cards: Shop) -> list[ReviewRow]:
    return [row for row in reviewed(cards.lake).rows if row.status == "ok"]


def annotated(task: dict[str, Any], *results: list[dict[str, Any]] | None) -> dict[str, Any]:
    """As Label Studio exports it: each result an annotation of a later hour, None a skipped one."""
    done = [
        {
            "id": hour,
            "completed_by": 1,
            "was_cancelled": result is None,
            "created_at": "2026-11-30T01:00:00.000000Z",
            "updated_at": f"2026-11-30T{hour:02}:00:00.123456Z",
            "result": result or [],
        }
        for hour, result in enumerate(results, start=2)
    ]
    return {"id": 1, **copy.deepcopy(task), "annotations": done}


def taken(task: dict[str, Any], text: str | None = None) -> list[dict[str, Any]]:
    """The prediction taken as it stands, or with another value."""
    result: list[dict[str, Any]] = copy.deepcopy(task["predictions"][0]["result"])
    for region in result:
        if text is not None and region["type"] == "textarea":
            region["value"]["text"] = [text]
    return result


def export(folder: Path, exported: list[dict[str, Any]]) -> Path:
    path = folder / "export.json"
    path.write_text(json.dumps(exported), "utf-8")
    return path


def test_every_answer_comes_back_as_it_went(rows: list[ReviewRow], tmp_path: Path) -> None:
    made = json.loads(json.dumps(tasks(rows)))
    found = imported(export(tmp_path, [annotated(t, taken(t)) for t in made]), DOMAIN)
    assert found.passed_over == ()
    assert [one.id for one in found.corrections] == [row.id for row in rows]
    assert [one.entity_value for one in found.corrections] == [row.prediction for row in rows]
    said = {
        one.decision for one, row in zip(found.corrections, rows, strict=True) if row.prediction
    }
    assert said == {"accepted"}
    assert {one.corrected_at for one in found.corrections} == {"2026-11-30T02:00:00+00:00"}


def test_boxes_are_per_cent_of_the_picture_and_can_be_told_back(rows: list[ReviewRow]) -> None:
    looked_at = 0
    for row, task in zip(rows, tasks(rows), strict=True):
        for region in task["predictions"][0]["result"]:
            if region["type"] != "rectanglelabels":
                continue
            assert (region["original_width"], region["original_height"]) == row.size
            value = region["value"]
            assert all(0 <= value[side] <= 100 for side in ("x", "y", "width", "height"))
            width, height = region["original_width"], region["original_height"]
            sides = (("x", width), ("y", height), ("width", width), ("height", height))
            back = tuple(round(value[side] * whole / 100) for side, whole in sides)
            assert back == row.box
            looked_at += 1
    assert looked_at > 5


def test_the_interface_has_what_the_tasks_name(rows: list[ReviewRow]) -> None:
    view = ElementTree.fromstring(interface(DOMAIN))  # noqa: S314  (our own)
    controls = {tag.get("name"): tag.get("toName") for tag in view if tag.get("toName")}
    labels = {tag.get("value") for tag in view.iter("Label")}
    shown = {tag.get("value", "").removeprefix("$") for tag in view if "$" in tag.get("value", "")}
    for task in tasks(rows):
        assert shown <= task["data"].keys()
        for region in task["predictions"][0]["result"]:
            assert controls[region["from_name"]] == region["to_name"]
            assert set(region["value"].get("rectanglelabels", ())) <= labels


def test_the_annotation_that_was_changed_last_counts_and_a_skipped_one_does_not(
    rows: list[ReviewRow], tmp_path: Path
) -> None:
    task = next(t for t in tasks(rows) if t["data"]["prediction"].endswith("gram"))
    exported = annotated(task, taken(task, "7 gram"), taken(task, "1,5 kg"), None)
    (found,) = imported(export(tmp_path, [exported]), DOMAIN).corrections
    assert (found.entity_value, found.decision) == ("1.5 kilogram", "typed")


def test_a_task_without_a_usable_value_is_told_and_the_others_stand(
    rows: list[ReviewRow], tmp_path: Path
) -> None:
    task = next(t for t in tasks(rows) if t["data"]["prediction"].endswith("gram"))
    none = {"from_name": "stated", "to_name": "picture", "type": "choices"}
    exported = [
        annotated(task, taken(task, "5 volt")),
        annotated(task),
        annotated(task, None),
        annotated(task, []),
        {"annotations": []},
        {"image": "of another project"},
        "no task",
        annotated(task, [{**none, "value": {"choices": ["not stated"]}}]),
    ]
    found = imported(export(tmp_path, exported), DOMAIN)  # type: ignore[arg-type]
    assert [one.entity_value for one in found.corrections] == [""]
    assert len(found.passed_over) == 7
    for said, place in zip(("gram", "skipped", "skipped", "0 values"), range(4), strict=True):
        assert said in found.passed_over[place]


@pytest.mark.parametrize("content", ["", "{}", "[", "\udcff"])
def test_what_is_no_export_is_refused(content: str, tmp_path: Path) -> None:
    path = tmp_path / "export.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(UserError, match=r"export\.json"):
        imported(path, DOMAIN)
