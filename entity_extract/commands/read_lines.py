"""What `entity-extract read` prints of a picture: answers, or all that it holds."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from entity_extract.config.decided import advice
from entity_extract.extraction.answer import Answer
from entity_extract.extraction.unasked import Quantities, Quantity
from entity_extract.quantities.geometry import Box
from entity_extract.status import Status

UNASKED: Final = (
    "each percentage holds if that question suits the picture, which nothing here tells; "
    "--entity NAME asks it"
)
_MOST: Final = 0.99


@dataclass(frozen=True)
class Said:
    """By entity, where some are asked; else all quantities of the picture."""

    what: Mapping[str, Answer] | Quantities

    @property
    def status(self) -> Status:
        return self._picture.status

    @property
    def reason(self) -> str:
        return self._picture.reason or ""

    @property
    def _picture(self) -> Answer | Quantities:
        return self.what if isinstance(self.what, Quantities) else next(iter(self.what.values()))

    @property
    def boxes(self) -> list[tuple[str, Box]]:
        """With what is to stand at each."""
        if isinstance(self.what, Quantities):
            return [(one.text, one.box) for one in self.what.found if one.box is not None]
        return [
            (f"{entity} {answer.text}", answer.box)
            for entity, answer in self.what.items()
            if answer and answer.box is not None
        ]


def as_text(picture: str, said: Said) -> list[str]:
    lines = [picture if picture.isprintable() else ascii(picture)]  # strangers name files, too
    if isinstance(said.what, Quantities):
        lines += _found(said.what)
    else:
        width = max(map(len, said.what))
        for entity, answer in said.what.items():
            told = f"{answer.text}  ({_percent(answer.confidence)})" if answer else "-"
            lines.append(f"  {entity:{width}}  {told}")
    if said.status is not Status.OK:
        lines.append(f"  {said.status}: {said.reason}")
        if todo := _todo(said.status, said.reason):
            lines.append(f"    {todo}")
    return lines


def _found(read: Quantities) -> list[str]:
    if not read.found:
        return ["  no quantity was read"] if read.status is Status.OK else []
    width = max(len(one.text) for one in read.found)
    return [f"  {one.text:{width}}  {_could(one)}" for one in read.found]


def _could(one: Quantity) -> str:
    if not one.if_asked:
        return f"behind another for {', '.join(one.behind)}"
    return ", ".join(f"{entity} {_percent(sure)}" for entity, sure in one.if_asked.items())


def _percent(share: float) -> str:
    """Never all of them."""
    return ">99%" if share > _MOST else f"{share:.0%}"


def _todo(status: Status, reason: str) -> str:
    """There is no lake here: what can be done is to set a key."""
    return advice(status, reason, "") if any(key in reason for key in status.keys) else ""


def as_json(picture: str, said: Said) -> list[str]:
    """An object per answer, or per quantity, a line each; one of a picture without any."""
    about = {"status": said.status.value, "reason": said.reason or None}
    if isinstance(said.what, Quantities):
        found = [_quantity(one) for one in said.what.found] or [{"quantity": None}]
    else:
        found = [_answer(entity, answer) for entity, answer in said.what.items()]
    return [json.dumps({"picture": picture, **one, **about}, ensure_ascii=False) for one in found]


def _answer(entity: str, answer: Answer) -> dict[str, Any]:
    return {
        "entity": entity,
        "prediction": answer.text,
        "value": answer.value,
        "unit": answer.unit,
        "confidence": round(answer.confidence, 4),
        "box": answer.box and answer.box._asdict(),
        "runner_up": answer.runner_up,
    }


def _quantity(one: Quantity) -> dict[str, Any]:
    return {
        "quantity": one.text,
        "if_asked": {entity: round(sure, 4) for entity, sure in one.if_asked.items()},
        "behind": one.behind,
        "box": one.box and one.box._asdict(),
    }
