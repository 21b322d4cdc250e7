"""Every command of the pages, typed as it stands there, in a folder with what the page names.

A section's commands are typed one after the other. What no test can run, and what others run, is
told by accounts.py.
"""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from entity_extract.catalog.corrections import read_corrections
from tests.docs.accounts import is_run
from tests.docs.pages import NAMES, Command, commands
from tests.docs.promises import assert_kept
from tests.docs.reader import Reader, draw, keep_weights, model_in
from tests.unit.lineage.collector import Collector, collecting
from tests.unit.review.test_server import data_of, decide

Place = tuple[str, str]

# Read first, in one folder: what they leave is what the other sections take for given.
FIRST: tuple[Place, ...] = (
    ("jobs/README.md", "First steps"),
    ("jobs/README.md", "Your own catalog"),
)
NEWCOMERS = "README.md"  # takes nothing for given
# Typed before a section that takes more for given.
GIVEN: dict[Place, list[str]] = {
    ("jobs/README.md", "Two models side by side"): [
        "entity-extract enrich --catalog catalog.parquet --lake lake-of-the-new-model --model new"
    ],
}
_SERVES = " --serve"


def planned() -> dict[Place, list[Command]]:
    """By page and section what is run there: each command once, where it is read first, and all of
    a newcomer's."""
    seen: set[str] = set()
    found: dict[Place, list[Command]] = {place: [] for place in FIRST}
    for page in dict.fromkeys([NEWCOMERS, FIRST[0][0], *NAMES]):
        for command in commands(page):
            if is_run(command) and command.text not in seen:
                found.setdefault((page, command.section), []).append(command)
            if page != NEWCOMERS:
                seen.add(command.text)
    return found


PLANNED = planned()


def follow(reader: Reader, place: Place) -> None:
    for text in GIVEN.get(place, []):
        assert reader.types(text).status == 0
    for command in PLANNED[place]:
        if command.text.endswith(_SERVES):
            look_at_the_review(reader, command)
            continue
        done = reader.types(command.text)
        assert done.status == 0, done.told()
        assert "Traceback" not in done.stderr, done.told()
        assert_kept(command, reader)


def look_at_the_review(reader: Reader, command: Command) -> None:
    """Accepts an answer on its page, and ends it with Ctrl-C."""
    with reader.starts(command.text) as process:
        try:
            assert process.stdout is not None
            told = next((line for line in process.stdout if line.startswith("serving")), None)
            assert told is not None, process.communicate()[1]
            url = told.split()[1]
            row = next(row for row in data_of(url) if row["prediction"])
            assert decide(url, row["place"], "accepted")[0] == 200
            process.send_signal(signal.SIGINT)
            assert "1 corrections: corrections.csv" in process.communicate(timeout=60)[0]
            assert process.returncode == 0
        finally:
            process.kill()
    said = read_corrections(str(reader.folder / "corrections.csv"))
    assert list(said.values()) == [row["prediction"]]


@pytest.fixture(scope="module")
def marquez() -> Iterator[Collector]:
    with collecting() as server:
        yield server


@pytest.fixture(scope="module")
def newcomer(marquez: Collector, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """With the files alone that the pages name, and what is typed for what they stand in for."""
    folder = tmp_path_factory.mktemp("reader")
    keep_weights(folder / "cache")
    (folder / "files").mkdir()
    draw(folder / "files")
    instead = {
        "https://marquez.example.com": lambda _: marquez.url,
        "https://mlflow.example.com": lambda _: "sqlite:///mlflow.db",
        "@champion": lambda _: "@challenger",  # the alias that the command before it gives
        "s3a://shop/": lambda _: "shop/",
        "5c1f0e7d21ab": lambda folder: model_in(folder / "lake", "earlier_answers"),
        "0b7c55e1d9f4": lambda folder: model_in(folder / "lake", "predictions"),
    }
    return Reader(folder / "files", folder / "cache", instead)


@pytest.fixture(scope="module")
def settled(newcomer: Reader, tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Who has been through the FIRST sections: with answers, a lake and a model."""
    reader = newcomer.copied(tmp_path_factory.mktemp("settled") / "files")
    for place in FIRST:
        follow(reader, place)
    return reader


def test_the_first_sections_lead_to_answers_and_a_model(settled: Reader) -> None:
    answers = pd.read_csv(settled.folder / "answers.csv", keep_default_na=False)
    assert list(answers.columns) == ["index", "prediction"]
    assert (answers["prediction"] != "").sum() >= 4
    read = settled.said["entity-extract read photo.jpg --entity item_weight --draw seen.png"]
    assert re.search(r"item_weight +500 gram", read.stdout)


@pytest.mark.parametrize("place", [one for one in PLANNED if one not in FIRST], ids=": ".join)
def test_the_commands_of_a_section_do_what_it_says(
    place: Place, marquez: Collector, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    before: Reader = request.getfixturevalue("newcomer" if place[0] == NEWCOMERS else "settled")
    reader = before.copied(tmp_path / "files")
    marquez.events.clear()
    follow(reader, place)
    if place[1] == "OpenLineage":
        assert [event["eventType"] for event in marquez.events] == ["START", "COMPLETE"]
