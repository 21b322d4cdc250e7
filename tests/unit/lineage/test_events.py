"""Events on their way to a real server: what they say, and that no run fails or waits for one."""

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from entity_extract.config import ConfigError, QualityConfig, load_config
from entity_extract.errors import Stopped, UserError
from entity_extract.lineage.client import check_lineage
from entity_extract.lineage.datasets import Dataset, table_of
from entity_extract.lineage.events import Lineage, RunAbout
from entity_extract.lineage.places import place_of
from entity_extract.quality.judged import judged
from entity_extract.schema import PREDICTIONS
from tests.unit.lineage.collector import collecting, faults
from tests.unit.quality.cases import figures, groups

ABOUT = RunAbout(
    job="enrich",
    about="catalog in, predictions out",
    run_id="20261130T095000-7abea2",
    started=datetime(2026, 11, 30, 9, 50, tzinfo=UTC),
    engine="spark",
    engine_version="3.5.9",
    level="error",
)
CATALOG = Dataset(place_of("s3a://shop/catalog"), "The catalog.", version="12")
OUT = table_of(PREDICTIONS, place_of("/srv/lake"), rows=7)


@pytest.fixture(autouse=True)
def _nobody_has_set_anything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    for name in ("URL", "API_KEY", "CONFIG", "NAMESPACE", "PARENT_ID", "DISABLED"):
        monkeypatch.delenv(f"OPENLINEAGE_{name}", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    yield
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE__")]:
        del os.environ[name]  # where the client writes down what it has made of OPENLINEAGE_URL


def told(*assignments: str, error: BaseException | None = None) -> float:
    """Sends a run's two events; how long that took, in seconds."""
    config = load_config(assignments=assignments).lineage
    check_lineage(config)
    since = time.monotonic()
    lineage = Lineage(config, ABOUT)
    lineage.began([CATALOG])
    versions = {"model_version": "m1", "catalog": "s3a://shop/catalog@v12"}
    said = {"error": error, "said": "" if error is None else str(error)}
    lineage.ended([CATALOG], [OUT], versions=versions, quality=None, **said)  # type: ignore[arg-type]
    return time.monotonic() - since


def test_a_run_is_two_events_of_one_run_that_the_specification_takes() -> None:
    with collecting() as server:
        told(f"lineage.url={server.url}", "lineage.namespace=shop")
    begun, ended = server.events
    assert [faults(event) for event in server.events] == [[], []]
    assert {path for path, _ in server.asked} == {"/api/v1/lineage"}
    assert (begun["eventType"], ended["eventType"]) == ("START", "COMPLETE")
    assert begun["run"]["runId"] == ended["run"]["runId"]
    assert (begun["job"]["namespace"], begun["job"]["name"]) == ("shop", "enrich")
    assert begun["producer"].startswith("pkg:pypi/entity-extract@")
    engine = ended["run"]["facets"]["processing_engine"]
    assert (engine["name"], engine["version"]) == ("spark", "3.5.9")
    tags = {tag["key"]: tag["value"] for tag in ended["run"]["facets"]["tags"]["tags"]}
    assert tags["run_id"] == ABOUT.run_id
    assert tags["model_version"] == "m1"
    (read,), (written,) = ended["inputs"], ended["outputs"]
    assert (read["namespace"], read["name"]) == ("s3://shop", "catalog")
    assert read["facets"]["version"]["datasetVersion"] == "12"
    assert (written["namespace"], written["name"]) == ("file", "/srv/lake/predictions")
    assert written["outputFacets"]["outputStatistics"]["rowCount"] == 7
    fields = {one["name"]: one for one in written["facets"]["schema"]["fields"]}
    assert fields["value"]["type"] == "double"
    assert fields["value"]["description"] == PREDICTIONS.described["value"].about


def test_a_run_that_failed_says_why_and_no_secret_and_one_that_was_stopped_is_aborted() -> None:
    with collecting() as server:
        url = f"lineage.url={server.url}"
        told(url, error=UserError("s3a://AKIA:hunter2@shop/catalog: no such file"))
        told(url, error=Stopped(15))
    _, failed, _, stopped = server.events
    assert [faults(event) for event in server.events] == [[], [], [], []]
    assert failed["eventType"] == "FAIL"
    message = failed["run"]["facets"]["errorMessage"]["message"]
    assert message == "s3a://***@shop/catalog: no such file"
    assert stopped["eventType"] == "ABORT"


def test_bounds_of_quality_are_tests_of_the_run_and_the_answers_have_figures() -> None:
    answered = figures(groups("item_weight", {"gram": 600, "": 200}))
    quality = judged(answered, None, QualityConfig(min_answered=0.9), trial=False)
    with collecting() as server:
        lineage = Lineage(load_config(assignments=[f"lineage.url={server.url}"]).lineage, ABOUT)
        written = replace(OUT, quality=quality)
        lineage.ended([CATALOG], [written], versions={}, quality=quality)
    (event,) = server.events
    assert faults(event) == []
    assert event["eventType"] == "COMPLETE"
    tests = {one["name"]: one for one in event["run"]["facets"]["test"]["tests"]}
    assert tests["rows"]["status"] == "pass"
    told = tests["quality.min_answered"]
    assert (told["status"], told["severity"]) == ("fail", "error")
    assert (told["expected"], told["actual"]) == ("at least 0.9", "0.75")
    metrics = event["outputs"][0]["facets"]["dataQualityMetrics"]
    assert metrics["rowCount"] == 800
    assert metrics["columnMetrics"]["value"]["nullCount"] == 200


def test_what_the_specification_forbids_is_seen() -> None:
    with collecting() as server:
        told(f"lineage.url={server.url}")
    (event, *_) = server.events
    assert faults({**event, "eventType": "DONE"})
    assert faults({**event, "run": {"runId": "7"}})
    nameless = {"processing_engine": {**event["run"]["facets"]["processing_engine"], "version": 3}}
    assert faults({**event, "run": {**event["run"], "facets": nameless}})
    assert faults({**event, "run": {**event["run"], "facets": {"x": {"_schemaURL": "x"}}}})


def test_who_started_it_and_the_key_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = "f99310b4-3c3c-4a1a-8b2b-c1b95c24ff11"
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", f"airflow/nightly.enrich/{run}")
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "hunter2")
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "shop")
    with collecting() as server:
        told(f"lineage.url={server.url}")
    parent = server.events[0]["run"]["facets"]["parent"]
    assert faults(server.events[0]) == []
    assert (parent["job"]["name"], parent["run"]["runId"]) == ("nightly.enrich", run)
    assert server.events[0]["job"]["namespace"] == "shop"
    assert server.asked[0][1]["Authorization"] == "Bearer hunter2"


def test_a_server_that_hangs_costs_the_timeout_once_and_a_warning(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with collecting(None) as server:
        assert told(f"lineage.url={server.url}", "lineage.timeout_s=0.4") < 2
    warned = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(warned) == 1
    assert "the run goes on" in warned[0].getMessage()


@pytest.mark.parametrize("status", [500, 401])
def test_a_server_that_refuses_is_one_warning_without_its_password(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    with collecting(status) as server:
        told(f"lineage.url={server.url.replace('//', '//me:hunter2@')}")
    warned = [one for one in caplog.records if one.levelno >= logging.WARNING]
    assert len(warned) == 1
    assert str(status) in warned[0].getMessage()
    assert "hunter2" not in caplog.text


def test_a_server_that_is_not_there_is_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    with collecting() as server:
        url = server.url
    told(f"lineage.url={url}")
    assert len([one for one in caplog.records if one.levelno >= logging.WARNING]) == 1


def test_a_file_gets_a_line_for_each_event(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    told(f"lineage.file={path}")
    told(f"lineage.file={path}")
    events = [json.loads(line) for line in path.read_text().splitlines()]
    assert [event["eventType"] for event in events] == ["START", "COMPLETE"] * 2
    assert [faults(event) for event in events] == [[]] * 4


def test_the_clients_own_settings_say_where(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with collecting() as server:
        monkeypatch.setenv("OPENLINEAGE_URL", server.url)
        told("lineage.enabled=true")
    assert [event["eventType"] for event in server.events] == ["START", "COMPLETE"]


def test_what_cannot_work_is_told_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"lineage\.enabled: where to"):
        told("lineage.enabled=true")
    with pytest.raises(UserError, match=r"lineage\.file"):
        told(f"lineage.file={tmp_path}/none/events.jsonl")
    with pytest.raises(ConfigError, match="both set"):
        load_config(assignments=["lineage.url=http://x", "lineage.file=y"])
    with pytest.raises(ConfigError, match=r"lineage\.url"):
        load_config(assignments=["lineage.url=marquez:5000"])
    (tmp_path / "openlineage.yml").write_text("transport: {type: no.such.Transport}")
    with pytest.raises(UserError, match=r"no\.such"):
        told("lineage.enabled=true")
    monkeypatch.setitem(sys.modules, "openlineage.client", None)
    with pytest.raises(UserError, match=r'pip install "entity-extract\[openlineage\]"'):
        told(f"lineage.file={tmp_path}/events.jsonl")
    check_lineage(load_config().lineage)
