"""Answers as tasks of Label Studio, and its annotations as corrections.

https://labelstud.io/guide/task_format: boxes in per cent of the picture, from its corner.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from xml.sax.saxutils import quoteattr

from entity_extract.catalog.corrections import CATALOG_KEY, RowId
from entity_extract.config import Domain
from entity_extract.errors import UserError
from entity_extract.review.decisions import Correction, Decision, Refused, decided
from entity_extract.review.rows import ReviewRow
from entity_extract.review.store import CorrectionStore, replaced
from entity_extract.review.why import Box
from entity_extract.schema import ENTITY_NAME, GROUP_ID, IMAGE_LINK
from entity_extract.status import Status

NOT_STATED: Final = "not stated"
_PICTURE, _BOX, _VALUE, _STATED = "picture", "box", "value", "stated"
_DATA: Final = (IMAGE_LINK, GROUP_ID, ENTITY_NAME, CATALOG_KEY)


def interface(domain: Domain) -> str:
    """The labelling interface (XML) for a project with these tasks."""
    labels = "".join(f"<Label value={quoteattr(name)}/>" for name in domain.entity_names)
    return (
        "<View>"
        f'<Header value="$question"/><Image name="{_PICTURE}" value="$image" zoom="true"/>'
        f'<RectangleLabels name="{_BOX}" toName="{_PICTURE}">{labels}</RectangleLabels>'
        f'<TextArea name="{_VALUE}" toName="{_PICTURE}" maxSubmissions="1" editable="true" '
        'placeholder="number and unit, such as 500 gram"/>'
        f'<Choices name="{_STATED}" toName="{_PICTURE}" choice="single">'
        f'<Choice value="{NOT_STATED}"/></Choices>'
        "</View>\n"
    )


def tasks(rows: Sequence[ReviewRow]) -> list[dict[str, Any]]:
    """Of the rows whose picture was read, one each, with the answer as a prediction."""
    return [_task(row) for row in rows if row.size is not None]


def _task(row: ReviewRow) -> dict[str, Any]:
    ids = dict(zip(_DATA, row.id, strict=True))
    question = row.id.entity_name.replace("_", " ")
    told = {"prediction": row.prediction, "model_version": row.model_version}
    data = {"image": row.id.image_link, "question": question, **ids, **told}
    result = [_answer(row.prediction)]
    if row.box is not None and row.prediction:
        result.append(_rectangle(row.box, row.size or (1, 1), row.id.entity_name))
    prediction = {
        "model_version": row.model_version,
        "score": row.confidence,
        "result": result,
    }
    return {"data": data, "predictions": [prediction]}


def _answer(text: str) -> dict[str, Any]:
    told: dict[str, Any] = {"to_name": _PICTURE}
    if text:
        return {
            **told,
            "id": _VALUE,
            "from_name": _VALUE,
            "type": "textarea",
            "value": {"text": [text]},
        }
    return {
        **told,
        "id": _STATED,
        "from_name": _STATED,
        "type": "choices",
        "value": {"choices": [NOT_STATED]},
    }


def _rectangle(box: Box, size: tuple[int, int], entity: str) -> dict[str, Any]:
    left, top, width, height = box
    return {
        "id": _BOX,
        "from_name": _BOX,
        "to_name": _PICTURE,
        "type": "rectanglelabels",
        "original_width": size[0],
        "original_height": size[1],
        "image_rotation": 0,
        "value": {
            "x": 100 * left / size[0],
            "y": 100 * top / size[1],
            "width": 100 * width / size[0],
            "height": 100 * height / size[1],
            "rotation": 0,
            "rectanglelabels": [entity],
        },
    }


@dataclass(frozen=True)
class Imported:
    """`passed_over` says of each task that gave no correction which and why."""

    corrections: tuple[Correction, ...]
    passed_over: tuple[str, ...]


def imported(path: Path, domain: Domain) -> Imported:
    """Of an export in Label Studio's JSON. Of a task the annotation that was changed last counts; a
    skipped one does not. Raises UserError where it is no such file."""
    try:
        exported = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as err:
        raise UserError(f"{path}: cannot be read as Label Studio's JSON: {err}") from None
    if not isinstance(exported, list):
        raise UserError(f"{path}: not an export of tasks: choose JSON, not JSON-MIN or another")
    corrections, passed_over = [], []
    for place, task in enumerate(exported, start=1):
        try:
            corrections.append(_correction(task, domain))
        except (Refused, KeyError, TypeError, AttributeError, ValueError) as err:
            why = str(err) if isinstance(err, Refused) else f"not a task of the review ({err!r})"
            passed_over.append(f"task {place}: {why}")
    return Imported(tuple(corrections), tuple(passed_over))


def _correction(task: dict[str, Any], domain: Domain) -> Correction:
    """Raises Refused; KeyError and the like where it is of another form."""
    done = [one for one in task["annotations"] if not one.get("was_cancelled")]
    if not done:
        raise Refused("not annotated, or skipped")
    latest = max(done, key=_changed)
    data = task["data"]
    row = RowId(*(str(data[name]) for name in _DATA))
    prediction, values = str(data["prediction"]), list(_values(latest["result"]))
    if len(values) != 1:
        raise Refused(f"{len(values)} values, not one and not {NOT_STATED!r}")
    value = values[0]
    kind = Decision.TYPED if value else Decision.NOT_STATED
    correction = decided(
        row,
        kind,
        value,
        domain,
        prediction=prediction,
        candidates=(),
        model_version=str(data["model_version"]),
        status=Status.OK,
        at=_changed(latest),
    )
    if correction.entity_value == prediction:
        return correction._replace(decision=Decision.ACCEPTED.value)
    return correction


def _changed(annotation: dict[str, Any]) -> datetime:
    found = datetime.fromisoformat(str(annotation.get("updated_at") or annotation["created_at"]))
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _values(result: Sequence[dict[str, Any]]) -> Iterator[str]:
    """What is written, and "" where it is said that there is no value."""
    for region in result:
        if region["from_name"] == _VALUE:
            yield from (text.strip() for text in region["value"]["text"])
        elif region["from_name"] == _STATED:
            yield ""


def write_tasks(rows: Sequence[ReviewRow], path: Path, domain: Domain) -> Path:
    """Writes the tasks, and beside them the interface, whose path it returns. Raises UserError."""
    beside = path.with_suffix(".xml")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replaced(path, json.dumps(tasks(rows), indent=1).encode())
        replaced(beside, interface(domain).encode())
    except OSError as err:
        raise UserError(f"{path}: {err.strerror or err}") from None
    return beside


def took_over(export: Path, corrections: Path, domain: Domain) -> str:
    """Puts an export's corrections into the file `corrections`; says how many, and of each task
    without one why. Raises UserError."""
    found = imported(export, domain)
    with CorrectionStore(corrections) as store:
        try:
            store.put(*found.corrections)
        except OSError as err:
            raise UserError(f"{corrections}: {err.strerror or err}") from None
    counts = f"{len(found.corrections):,} corrections, {len(found.passed_over):,} tasks without"
    return "\n  ".join([f"{export}: {counts}", *found.passed_over])
