"""The file for Prometheus, and the board that shows what is in it."""

import json
import re
import sys
from pathlib import Path

import pytest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families

from entity_extract.config import QualityConfig
from entity_extract.errors import UserError
from entity_extract.quality.judged import Quality, Reference, judged
from entity_extract.quality.metrics import RunLabels
from entity_extract.quality.prometheus import check_metrics, write_metrics
from tests.unit.quality.cases import figures, groups

BOARD = Path(__file__).parents[3] / "deploy/grafana/entity-extract.json"
RUN = RunLabels("s3a://AKIA:hunter44@shop/lake", "enrich", "m1")
LAKE = "s3a://***@shop/lake"


@pytest.fixture
def quality() -> Quality:
    found = figures(
        groups("item_weight", {"gram": 600, "kilogram": 200, "": 200}, 0.97),
        groups("voltage", {"volt": 700}, 0.31),
    )
    config = QualityConfig(min_answered=0.9, max_psi=0.25)
    return judged(found, Reference(run_id="r0", figures=found), config, trial=False)


@pytest.fixture
def families(quality: Quality, tmp_path: Path) -> dict[str, Metric]:
    path = tmp_path / "entity_extract.prom"
    path.write_text("of the run before")
    write_metrics(path, quality, RUN, seconds=12.5)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    return {one.name: one for one in text_string_to_metric_families(path.read_text())}


def value(families: dict[str, Metric], sample: str, **labels: str) -> float:
    (found,) = (
        one.value
        for family in families.values()
        for one in family.samples
        if one.name == sample and one.labels == {"lake": LAKE, **labels}
    )
    return float(found)


def test_the_figures_are_there_under_their_labels(families: dict[str, Metric]) -> None:
    assert value(families, "entity_extract_rows", entity="item_weight") == 1000
    assert value(families, "entity_extract_answered_rows", entity="item_weight") == 800
    assert value(families, "entity_extract_unit_rows", entity="item_weight", unit="gram") == 600
    assert value(families, "entity_extract_links_read") == 1500
    assert value(families, "entity_extract_run_accepted") == 0
    assert value(families, "entity_extract_run_seconds") == 12.5
    said = {"check": "quality.min_answered", "entity": "all", "figure": "answered"}
    assert value(families, "entity_extract_check_passed", **said) == 0
    assert value(families, "entity_extract_psi", entity="voltage", figure="units") == 0
    said = {"entity": "item_weight", "candidates": "2"}
    assert value(families, "entity_extract_candidates_rows", **said) == 800


def test_confidence_is_a_histogram_of_those_rows_that_have_one(
    families: dict[str, Metric],
) -> None:
    assert families["entity_extract_confidence"].type == "histogram"
    of = {"entity": "item_weight"}
    assert value(families, "entity_extract_confidence_bucket", le="0.95", **of) == 0
    assert value(families, "entity_extract_confidence_bucket", le="+Inf", **of) == 800
    assert value(families, "entity_extract_confidence_count", **of) == 800
    assert value(families, "entity_extract_confidence_sum", **of) == pytest.approx(776)
    of = {"entity": "voltage"}
    assert value(families, "entity_extract_confidence_bucket", le="0.3", **of) == 0
    assert value(families, "entity_extract_confidence_bucket", le="0.35", **of) == 700


def test_each_metric_and_label_of_the_board_is_one_that_is_written(
    families: dict[str, Metric],
) -> None:
    samples = [one for family in families.values() for one in family.samples]
    labels = {name: set[str]() for name in (one.name for one in samples)}
    for one in samples:
        labels[one.name] |= one.labels.keys()
    board = json.loads(BOARD.read_text())
    asked = [
        (target["expr"], target.get("legendFormat", ""))
        for panel in board["panels"]
        for target in panel.get("targets", [])
    ]
    asked += [(v["query"], "") for v in board["templating"]["list"] if v["type"] == "query"]
    assert len(asked) > 8
    for expression, legend in asked:
        named = set(re.findall(r"entity_extract_\w+", expression))
        assert named, expression
        assert named <= labels.keys(), expression
        known = set.union(*(labels[name] for name in named))
        used = re.findall(r"(\w+)=~?\"", expression) + re.findall(r"{{(\w+)}}", legend)
        used += [n for by in re.findall(r"by \(([^)]*)\)", expression) for n in by.split(", ")]
        assert set(used) <= known, (expression, legend)


def test_what_cannot_be_written_is_said_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_metrics(None)
    check_metrics(tmp_path / "x.prom")
    with pytest.raises(UserError, match="no folder to write to"):
        check_metrics(tmp_path / "missing" / "x.prom")
    with pytest.raises(UserError, match="it is a folder"):
        check_metrics(tmp_path)
    monkeypatch.setitem(sys.modules, "prometheus_client", None)
    with pytest.raises(UserError, match=r'pip install "entity-extract\[prometheus\]"'):
        check_metrics(tmp_path / "x.prom")
