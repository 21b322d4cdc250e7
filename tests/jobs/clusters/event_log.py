"""What Spark notes of its tasks in an event log: how often each was begun, and what came of it."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_EVENT = "SparkListener"
_STAGE, _START, _END = f"{_EVENT}StageSubmitted", f"{_EVENT}TaskStart", f"{_EVENT}TaskEnd"
_JOB, _JOB_END = f"{_EVENT}JobStart", f"{_EVENT}JobEnd"
_OF_JOBS = f'{{"Event":"{_EVENT}Job'.encode()


@dataclass
class Tasks:
    """Of the stages in whose plan stands one operator."""

    begun: Counter[tuple[int, int]] = field(default_factory=Counter)  # by stage and partition
    rows: dict[tuple[int, int], int] = field(default_factory=dict)  # that each is given
    ends: Counter[str] = field(default_factory=Counter)
    speculative: int = 0  # of those begun

    def most_rows(self) -> int:
        """Looked at by all of them together, had each that was begun come to its end."""
        return sum(times * self.rows.get(task, 0) for task, times in self.begun.items())


def tasks_by_operator(log: Path, *operators: str) -> dict[str, Tasks]:
    """Of a log that is one file; `operators` as plans name them."""
    found: dict[str, Tasks] = defaultdict(Tasks)
    of_stage: dict[int, str] = {}
    for event in map(json.loads, log.read_text().splitlines()):
        if event["Event"] == _STAGE:
            stage = event["Stage Info"]
            names = _operators(stage)
            of_stage.update((stage["Stage ID"], name) for name in operators if name in names)
        elif event["Event"] in (_START, _END) and event["Stage ID"] in of_stage:
            _note(event, found[of_stage[event["Stage ID"]]])
    return found


class Jobs:
    """Which are under way, by the log of a run that goes on; of jobs Spark notes it at once."""

    def __init__(self, folder: Path) -> None:
        """`folder`: in which the log is, or will be."""
        self._folder = folder
        self._read = 0  # bytes
        self._running: dict[int, set[str]] = {}

    def at(self, operator: str) -> bool:
        """Whether one runs that has it in the plan of a stage."""
        for log in self._folder.iterdir():
            with log.open("rb") as file:
                file.seek(self._read)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._read += len(line)
                    self._note(line)
        return any(operator in operators for operators in self._running.values())

    def _note(self, line: bytes) -> None:
        if not line.startswith(_OF_JOBS):
            return
        event = json.loads(line)
        if event["Event"] == _JOB:
            found = map(_operators, event["Stage Infos"])
            self._running[event["Job ID"]] = set().union(*found)
        else:
            del self._running[event["Job ID"]]


def _operators(stage: dict[str, Any]) -> set[str]:
    def scopes() -> Iterator[str]:
        for rdd in stage["RDD Info"]:
            if "Scope" in rdd:
                yield json.loads(rdd["Scope"])["name"]

    return set(scopes())


def _note(event: dict[str, Any], tasks: Tasks) -> None:
    info = event["Task Info"]
    task = (event["Stage ID"], info["Partition ID"])
    if event["Event"] == _START:
        tasks.begun[task] += 1
        tasks.speculative += info["Speculative"]
        return
    reason = event["Task End Reason"]["Reason"]
    tasks.ends[reason] += 1
    if reason == "Success":
        tasks.rows[task] = event["Task Metrics"]["Shuffle Read Metrics"]["Total Records Read"]
